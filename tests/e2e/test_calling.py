"""A call from a list: its script is written on a page, put into force, read at the desk and noted with it."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import Browser, expect

from .conftest import open_page
from .pages import assert_page_sound, keys, sign_in, speak
from .server import DEMO, Served

NUMBER = "+32 470 00 11 33"
ROWS = (
    "Voornaam;Achternaam;E-mailadres;GSM-nummer;Postcode;Gemeente;Toestemmingstekst;Datum toestemming;Hobby\n"
    "Greet;Claes;calling@example.com;0470 00 11 33;3000;Leuven;web-3;2026-08-11;lezen\n"
)
CODE = "HEATPUMP-BE"
WIDTHS = (1280, 360)
PARTS = {
    "caller": "Goedendag, u spreekt met Belcentrum Gent.",
    "on_behalf_of": "Wij bellen voor Warmhuis.",
    "why": "Het gaat over warmtepompen; dit is een verkoopgesprek.",
    "privacy_policy": "Wat wij met uw gegevens doen, leest u op warmhuis.example/privacy.",
    "right_to_object": "U mag nu en later zeggen dat wij u niet meer bellen.",
}


def stocked(product: Served) -> None:
    file = product.data / "calling.csv"
    file.write_text(ROWS)
    registers = DEMO.parent / "registers" / "be-dncm-2026-11-20.txt"
    for command in (
        ("import", str(file), "--source", "WEBSHOP-BE"),
        ("registers", "load", "BE-DNCM", str(registers), "--version", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("screen", "--campaign", CODE, "--centre", "CC-GENT", "--source", "WEBSHOP-BE"),
        ("release", f"{CODE}@CC-GENT", "--out", str(product.data / "calling-gent.csv")),
    ):
        done = product.run(*command)
        # The register may be loaded already.
        assert done.returncode == 0 or command[0] == "registers", done.stdout + done.stderr


def test_a_script_is_written_put_into_force_and_read_in_the_call(browser: Browser, product: Served) -> None:
    stocked(product)
    lead = open_page(browser, product.url)
    sign_in(lead, "lotte")
    speak(lead, "en")
    lead.goto(f"/lists/campaigns/{CODE}/")
    keys(lead, "n")
    expect(lead.get_by_role("heading", name="In which language?")).to_be_visible()
    assert_page_sound(lead, widths=WIDTHS)
    lead.get_by_role("button", name="Dutch").press("Enter")
    expect(lead.get_by_role("heading", name="What is said in Dutch")).to_be_visible()
    for part, words in PARTS.items():
        lead.locator(f"[name={part}]").fill(words)
    assert_page_sound(lead, widths=WIDTHS)
    lead.get_by_role("button", name="Keep as draft").press("Enter")
    expect(lead.get_by_text("Draft", exact=True)).to_be_visible()
    assert_page_sound(lead, widths=WIDTHS)
    name = lead.get_by_role("heading", level=1).inner_text().rpartition(" ")[2]
    lead.get_by_role("button", name=f"Put {name} into force").press("Enter")
    expect(lead.get_by_text(f"{name} is what is said")).to_be_visible()
    lead.context.close()

    agent = open_page(browser, product.url)
    sign_in(agent, "anna")
    speak(agent, "en")
    agent.goto("/desk/")
    agent.locator("[data-search]").fill(NUMBER)
    agent.locator("[data-search]").press("Enter")
    expect(agent.locator(".result")).to_be_visible()
    agent.locator(".result").first.press("Enter")
    reason = agent.get_by_role("button", name="Call from a campaign list")
    expect(reason).to_be_visible()
    reason.press("Enter")
    script = agent.locator(".script")
    for words in PARTS.values():
        expect(script).to_contain_text(words)
    assert_page_sound(agent, widths=WIDTHS)
    keys(agent, "2")
    receipt = agent.get_by_role("status").filter(has_text="The call is noted")
    expect(receipt).to_contain_text(name)
    expect(receipt).to_be_focused()
    agent.context.close()


def test_the_page_of_deliveries_says_how_the_last_round_went(browser: Browser, product: Served) -> None:
    """The server does not exist: the round fails in words, and the page says so by itself."""
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    at = ("--host", "127.0.0.1", "--port", "9", "--user", "duecause", "--host-key", key)
    done = product.run("exchange", "set", "CC-GENT", *at, "--outgoing", "/out", "--incoming", "/in")
    assert done.returncode == 0, done.stdout + done.stderr
    lead = open_page(browser, product.url)
    sign_in(lead, "kim")
    speak(lead, "en")
    lead.goto("/lists/delivery/")
    deliver = lead.get_by_role("button", name="Deliver now")
    expect(lead.get_by_role("row").filter(has_text="127.0.0.1")).to_be_visible()
    if deliver.count():  # the worker may have begun a round by itself
        deliver.press("Enter")
    expect(lead.get_by_text("could not be reached")).to_be_visible(timeout=60_000)
    assert_page_sound(lead, widths=WIDTHS)
    lead.goto("/partners/")
    expect(lead.get_by_role("columnheader", name="What it was told")).to_be_visible()
    assert_page_sound(lead, widths=WIDTHS)
    lead.context.close()
