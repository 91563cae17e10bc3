"""The life of a person's data at the desk, with one key: released, corrected; in languages and on paper."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.sync_api import Browser, expect

from .conftest import open_page
from .pages import assert_page_sound, keys, sign_in, speak
from .server import DEMO, Served
from .test_the_whole_path import look_up

NUMBER = "+32 470 00 11 22"
HEADER = (
    "Voornaam;Achternaam;E-mailadres;GSM-nummer;Postcode;Gemeente;Toestemmingstekst;Datum toestemming;Hobby\n"
)
ROW = "Ingrid;Verhoeven;life@example.com;0470 00 11 22;3000;{town};web-3;2026-08-11;lezen\n"


def stocked(product: Served) -> None:
    """One person of a list of our own: imported, released, corrected."""
    file = product.data / "life.csv"
    registers = DEMO.parent / "registers" / "be-dncm-2026-11-20.txt"
    release = ("release", "HEATPUMP-BE@CC-GENT", "--out", str(product.data / "gent.csv"))
    screen = ("screen", "--campaign", "HEATPUMP-BE", "--centre", "CC-GENT", "--source", "WEBSHOP-BE")
    import_it = ("import", str(file), "--source", "WEBSHOP-BE")
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    file.write_text(HEADER + ROW.format(town="Leuven"))
    assert product.run(*import_it).returncode == 0
    product.run("registers", "load", "BE-DNCM", str(registers), "--version", day)
    for command in (screen, release):
        done = product.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    file.write_text(HEADER + ROW.format(town="Heverlee"))
    assert product.run(*import_it).returncode == 0


def test_one_key_tells_the_life_of_the_data_and_no_value(browser: Browser, product: Served):
    stocked(product)
    page = open_page(browser, product.url)
    sign_in(page, "anna")
    speak(page, "en")
    page.goto("/desk/")
    look_up(page, NUMBER)
    keys(page, "h")
    title = page.get_by_role("heading", name="Life of these data")
    expect(title).to_be_focused()
    life = page.locator("#life")
    expect(life).to_contain_text("Given to Belcentrum Gent for")
    expect(life).to_contain_text("Corrected by row 2 of life.csv")
    expect(life).to_contain_text("Planned: To be erased after this day.")
    for value in ("Ingrid", "example.com", "470 00 11 22", "+32470001122"):
        expect(life).not_to_contain_text(value)
    assert_page_sound(page)
    page.emulate_media(media="print")
    expect(life.locator(".timeline").get_by_text("Obtained from").first).to_be_visible()
    page.emulate_media(media="screen")
    for language, words in (("nl", "Levensloop van deze gegevens"), ("de", "Werdegang dieser Daten")):
        speak(page, language)
        page.goto("/desk/")
        look_up(page, NUMBER)
        keys(page, "h")
        expect(page.get_by_role("heading", name=words)).to_be_focused()
        assert re.search(r"Belcentrum Gent", life.inner_text())
    assert_page_sound(page)
    page.context.close()
