"""A partner's page says what stands in the way, and doing what it says lets the list go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import open_page
from .pages import assert_page_sound, screenshot, sign_in, speak
from .server import DEMO, Served, served

LISTS = DEMO.parent / "lists"
# A partner about whom everything has something to say, with names as long as they come.
CHAIN = """
organisation: Warmhuis
partners:
  - code: CC-RABAT
    name: Société Marocaine de Relation Client et de Télémarketing Rabat-Salé SARL
    kind: call_centre
    country: MA
    accesses: [{country: US, ways: [remote_access, support]}, {country: BE, ways: [storage]}]
    contracts:
      - reference: WH-2026-09-annexe-sécurité
        valid_from: 2026-01-01
        valid_to: 2027-01-10
        points: {g: absent, a: met}
      - {reference: SCC-2026-09, kind: scc, module: "1", valid_from: 2026-01-01}
    transfers:
      - {country: MA, mechanism: scc, assessed_on: 2026-01-01, law_risk: medium, conclusion: sufficient}
    sub_processors:
      - {sub: HOST-NL, service: Hosting of the dialler, announced_on: 2026-10-01, decide_by: 2026-10-31}
  - code: HOST-NL
    name: Nederlandse Rekencentra voor Telecommunicatie BV
    kind: vendor
    country: NL
    sub_processors:
      - sub: HELP-IN
        service: Night support
        announced_on: 2026-11-01
        state: authorised
        terms_agreed_on: 2026-11-02
  - code: HELP-IN
    name: Night Help Private Limited
    kind: vendor
    country: IN
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A product of its own: what is released here must not be missing elsewhere."""
    folder = tmp_path_factory.mktemp("partners")
    with served(folder) as running:
        (folder / "chain.yaml").write_text(CHAIN)
        for command in (
            ("apply", str(folder / "chain.yaml")),
            ("import", str(LISTS / "callback-nl.csv"), "--source", "CALLBACK-NL"),
        ):
            done = running.run(*command)
            assert done.returncode == 0, done.stderr
        yield running


@pytest.fixture
def officer(browser: Browser, own: Served) -> Iterator[Page]:
    yield from _signed_in(browser, own, "lotte")


@pytest.fixture
def lead(browser: Browser, own: Served) -> Iterator[Page]:
    yield from _signed_in(browser, own, "kim")


def _signed_in(browser: Browser, own: Served, username: str) -> Iterator[Page]:
    page = open_page(browser, own.url)
    sign_in(page, username)
    yield page
    page.context.close()


def note_clause(page: Page, code: str, answer: str, words: str = "") -> None:
    """Fill in one line of the clause table of Klantlijn Utrecht, without a mouse."""
    page.goto("/partners/CC-UTRECHT/")
    page.get_by_role("link", name="WH-2026-02").focus()
    page.keyboard.press("Enter")
    page.locator(f"#id_answer-{code}").focus()
    page.keyboard.type(answer)
    page.keyboard.press("Tab")
    page.keyboard.type("6")
    page.keyboard.press("Tab")
    page.keyboard.type(words)
    page.get_by_role("button", name="Note these points").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("See below what this means for the gate")).to_be_visible()


def test_a_clause_that_is_absent_stops_a_release_until_it_is_there(
    own: Served, officer: Page, lead: Page
) -> None:
    done = own.run("screen", "--campaign", "HEATPUMP-NL", "--centre", "CC-UTRECHT", "--source", "CALLBACK-NL")
    assert done.returncode == 0, done.stderr
    note_clause(officer, "g", "Absent")
    expect(officer.locator("#gate")).to_contain_text("(g) erasure or return at the end")

    lead.goto("/lists/")
    lead.locator("tbody a[data-row]").first.click()
    expect(lead.get_by_text("This list cannot be released")).to_be_visible()
    expect(lead.locator("#standing")).to_contain_text("(g) erasure or return at the end")
    expect(lead.get_by_role("button", name="Release")).to_have_count(0)

    note_clause(officer, "g", "Met", "wist alle gegevens bij het einde van de opdracht")
    expect(officer.locator("#gate")).to_contain_text("Open")
    assert_page_sound(officer)
    screenshot(officer, "partner")

    lead.reload()
    with lead.expect_download() as coming:
        lead.keyboard.press("r")
    assert coming.value.path().stat().st_size > 0
    expect(lead.locator("#standing")).to_contain_text("released to Klantlijn Utrecht")


def test_two_persons_override_a_reason_and_everybody_sees_it(officer: Page, lead: Page) -> None:
    note_clause(officer, "h", "Partly")
    lead.goto("/partners/CC-UTRECHT/")
    lead.get_by_text("Ask to override a reason").click()
    lead.get_by_label("Reason", exact=True).select_option("clauses of the contract – Klantlijn Utrecht")
    until = (datetime.now(UTC) + timedelta(days=5)).date()
    lead.get_by_label("Until").fill(until.isoformat())
    lead.get_by_label("Why it is right").fill("The audit clause is agreed and will be signed this week.")
    lead.get_by_role("button", name="Ask for this override").click()
    expect(lead.locator("#overrides")).to_contain_text("Waits for a second person")
    expect(lead.get_by_role("button", name="Approve")).to_have_count(0)
    expect(lead.locator("#gate")).to_contain_text("Stopped")

    officer.goto("/partners/CC-UTRECHT/")
    expect(officer.locator("#overrides")).to_contain_text("asked by Kim Bakker")
    officer.get_by_role("button", name="Approve").click()
    expect(officer.locator("#gate")).to_contain_text("Open, overridden")
    expect(officer.locator("#gate")).to_contain_text("Overridden by two persons until")
    assert_page_sound(officer)
    lead.goto("/")
    expect(lead.get_by_text("Overridden by two persons until").first).to_be_visible()


def test_the_pages_of_partners_are_sound_with_long_names_and_with_nothing_to_show(officer: Page) -> None:
    for name, path in {
        "partners": "/partners/",
        "partner-stopped": "/partners/CC-RABAT/",
        "partner-empty": "/partners/HELP-IN/",
        "partner-transfer": "/partners/CC-RABAT/transfers/US/",
    }.items():
        officer.goto(path)
        assert_page_sound(officer)
        _picture(officer, name)
    officer.goto("/partners/CC-RABAT/")
    officer.get_by_role("link", name="WH-2026-09").click()
    assert_page_sound(officer)
    _picture(officer, "partner-clauses")
    speak(officer, "pl")
    officer.goto("/partners/CC-RABAT/")
    assert_page_sound(officer, themes=("light",))
    _picture(officer, "partner-pl")


def _picture(page: Page, name: str) -> None:
    """The whole page into a folder that somebody who looks at the design names."""
    folder = os.environ.get("DUECAUSE_PICTURES")
    if not folder:
        return
    for width, theme in ((1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.screenshot(path=Path(folder) / f"{name}-{width}-{theme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
