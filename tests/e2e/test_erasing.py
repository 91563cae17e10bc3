"""Two privacy officers erase a person in the browser, by keyboard, and read the certificate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import open_page
from .pages import assert_page_sound, keys, screenshot, sign_in, speak
from .server import Served, served

NUMBER = "+32470000188"
LIST = (
    "voornaam;achternaam;gsm;email;postcode;gemeente\n"
    f"Roosmarijn;Verdwijnen;{NUMBER};roosmarijn@verdwijnen.example;9000;Gent\n"
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A product of its own: other tests count who is in the register."""
    with served(tmp_path_factory.mktemp("erasing")) as running:
        yield running


@pytest.fixture
def officers(browser: Browser, own: Served) -> Iterator[tuple[Page, Page]]:
    pages = tuple(open_page(browser, own.url) for _ in range(2))
    for page, name in zip(pages, ("lotte", "marc"), strict=True):
        sign_in(page, name)
        speak(page, "en")
    yield pages
    for page in pages:
        page.context.close()


def test_two_officers_erase_a_person_and_read_the_certificate(
    officers: tuple[Page, Page], own: Served, tmp_path: Path
) -> None:
    first, second = officers
    file = tmp_path / "list.csv"
    file.write_text(LIST)
    done = own.run("import", str(file), "--source", "CUSTOMERS-BE")
    assert done.returncode == 0, done.stderr + done.stdout
    done = own.run("erase", "--number", NUMBER)
    assert done.returncode == 0, done.stderr
    first.goto("/requests/")
    first.get_by_role("link", name="Erase a person").click()
    expect(first.get_by_text("Nothing has been planned")).to_be_visible()
    assert_page_sound(first)
    keys(first, "p")
    expect(first.get_by_text("Another privacy officer approves")).to_be_visible()
    first.wait_for_load_state()
    keys(first, "w")
    expect(first.get_by_text("Verdwijnen")).to_be_visible()
    assert_page_sound(first)
    screenshot(first, "erasure-plan")
    second.goto(first.url)
    keys(second, "a")
    expect(second.get_by_text("Read back on")).to_be_visible(timeout=30_000)
    assert_page_sound(second)
    screenshot(second, "erasure-proven")
    with second.expect_download() as download:
        second.get_by_role("link", name="Download it with its proof").click()
    told = json.loads(Path(download.value.path()).read_text())
    assert set(told["certificate"]["read_back"].values()) == {0}
    keys(second, "c")
    expect(second.get_by_role("heading", name="Certificate of erasure")).to_be_visible()
    assert_page_sound(second)
    screenshot(second, "erasure-certificate")
    file.write_text(LIST + "Iemand;Anders;+32470000189;iemand@anders.example;9000;Gent\n")
    done = own.run("import", str(file), "--source", "CUSTOMERS-BE")
    assert "refused: 1" in done.stdout and "stored: 1" in done.stdout
