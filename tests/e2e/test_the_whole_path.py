"""Messy lists in, an objection on the phone, screened lists out, a check before each call, proof of it all:
walked by keyboard as the people who do it."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Browser, Download, Page, Route, expect

from .conftest import open_page
from .pages import assert_fits, assert_page_sound, keys, screenshot, sign_in, speak
from .server import DEMO, Served

LISTS = DEMO.parent / "lists"
REGISTER = DEMO.parent / "registers" / "be-dncm-2026-11-20.txt"
IMPORTED = {
    "CUSTOMERS-NL": "customers-nl.tsv",
    "CALLBACK-NL": "callback-nl.csv",
    "WEBSHOP-BE": "webshop-be.csv",
    "PARTNER-FR": "partner-fr.csv",
}
COLUMNS = ["reference", "number", "first_name", "last_name", "language", "list"]
# Numbers of the organisation itself, from its file: on every released list two of them are planted.
OWN_NUMBERS = {"+31201099901", "+31201099902", "+3227009901", "+3227009902"}


@dataclass
class Released:
    """What a call centre holds: the rows of the file that was downloaded."""

    centre: str
    rows: list[dict[str, str]]

    @property
    def people(self) -> list[dict[str, str]]:
        return [row for row in self.rows if row["number"] not in OWN_NUMBERS]


@pytest.fixture(scope="module")
def stocked(product: Served) -> Served:
    """Four lists are in the register and today's national register is loaded."""
    for source, file in IMPORTED.items():
        done = product.run("import", str(LISTS / file), "--source", source)
        assert done.returncode == 0, done.stderr
    today = datetime.now(UTC).date()
    done = product.run("registers", "load", "BE-DNCM", str(REGISTER), "--version", str(today))
    assert done.returncode == 0, done.stderr
    return product


@pytest.fixture(scope="module")
def lead(browser: Browser, stocked: Served) -> Iterator[Page]:
    page = _signed_in(browser, stocked, "jonas")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def in_utrecht(lead: Page) -> Released:
    """Released to Klantlijn Utrecht by the team lead, without a mouse."""
    screen(lead, campaign="Heat pumps Netherlands", centre="Klantlijn Utrecht", sources=2, first="Call-back")
    assert_waterfall_adds_up(lead)
    assert_page_sound(lead)
    expect(lead.get_by_text("Klantlijn Utrecht may receive this list")).to_be_visible()
    with lead.expect_download() as coming:
        lead.keyboard.press("r")
    return Released("CC-UTRECHT", _rows(coming.value))


@pytest.fixture(scope="module")
def in_ghent(lead: Page) -> Released:
    """Released to Belcentrum Gent, with the mouse."""
    screen(lead, campaign="Heat pumps Belgium", centre="Belcentrum Gent", sources=1, first="Web shop Belgium")
    assert_waterfall_adds_up(lead)
    with lead.expect_download() as coming:
        lead.get_by_role("button", name="Release").click()
    expect(lead.locator(".receipt")).to_contain_text("numbers released to Belcentrum Gent")
    screenshot(lead, "list")
    assert_page_sound(lead)
    return Released("CC-GENT", _rows(coming.value))


@pytest.fixture
def agent(browser: Browser, stocked: Served) -> Iterator[Page]:
    page = _signed_in(browser, stocked, "anna")
    page.goto("/desk/")
    yield page
    page.context.close()


@pytest.fixture
def officer(browser: Browser, stocked: Served) -> Iterator[Page]:
    page = _signed_in(browser, stocked, "lotte")
    yield page
    page.context.close()


def _signed_in(browser: Browser, product: Served, username: str) -> Page:
    page = open_page(browser, product.url)
    sign_in(page, username)
    speak(page, "en")
    return page


def _rows(download: Download) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(download.path()).read_text("utf-8-sig"))))


def screen(page: Page, *, campaign: str, centre: str, sources: int, first: str) -> None:
    """Ask for a screening from the page of lists, by keyboard, and wait for its report."""
    page.goto("/lists/")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Screen a list")).to_be_visible()
    page.get_by_label("Campaign").focus()
    page.keyboard.type(campaign)
    page.keyboard.press("Tab")
    page.keyboard.type(centre)
    expect(page.locator("#about")).to_contain_text(centre)
    page.get_by_role("checkbox", name=first).focus()
    for _ in range(sources):
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Screen", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Rule pack")).to_be_visible(timeout=60_000)


def assert_waterfall_adds_up(page: Page) -> None:
    """Candidates less everything held back is what is left, figure by figure as the page shows them."""
    page.locator("details.chart-twin summary").first.click()
    rows = page.locator("details.chart-twin tbody tr").all()
    figures = [[_figure(cell) for cell in row.locator("td").all_inner_texts()] for row in rows]
    left = figures[0][-1]
    for removed, remaining in figures[1:-1]:
        left += removed
        assert remaining == left
    assert figures[-1][-1] == left
    page.locator("details.chart-twin summary").first.click()


def _figure(text: str) -> int:
    return int(text.replace("\N{MINUS SIGN}", "-").replace(",", "").strip() or 0)


def api_key(product: Served, centre: str) -> str:
    done = product.run("apikey", "create", centre)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def precall(page: Page, key: str, number: str) -> dict[str, str]:
    answer = page.request.post(
        "/api/precall",
        data=json.dumps({"number": number}),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    assert answer.status == 200
    return answer.json()["results"][0]


def send(page: Page, path: str, **fields: str) -> APIResponse:
    """What no button of the page sends: a form of the person's own making."""
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    headers = {"Referer": page.url, "HX-Request": "true"}
    return page.request.post(path, form={**fields, "csrfmiddlewaretoken": token}, headers=headers)


def look_up(page: Page, text: str) -> None:
    """As an agent does: slash, what the caller says, Enter, the first who was found, the first reason."""
    keys(page, "/", *text, "Enter")
    expect(page.locator(".result").first).to_be_focused()
    keys(page, "Enter")
    expect(page.locator(".choice").first).to_be_focused()
    keys(page, "1")
    expect(page.locator("#card")).to_be_visible()


def test_a_list_comes_in_through_the_browser_and_twice_changes_nothing(lead: Page, stocked: Served):
    assert_page_sound(lead)
    for attempt in ("first", "again"):
        lead.goto("/people/")
        assert_page_sound(lead)
        keys(lead, "n")
        expect(lead.get_by_role("heading", name="Import a list")).to_be_visible()
        assert_page_sound(lead)
        lead.get_by_role("radio", name="Trade fairs Belgium").press("Space")
        lead.locator("input[type=file]").set_input_files(LISTS / "fair-be.csv")
        lead.get_by_role("button", name="Look at it").press("Enter")
        take = lead.get_by_role("button", name="Import 600 rows from FAIR-BE")
        expect(take).to_be_visible()
        if attempt == "first":
            expect(lead.locator("#preview")).to_contain_text("Religion")
            assert_page_sound(lead)
            lead.get_by_role("rowheader", name="Religion").scroll_into_view_if_needed()
            screenshot(lead, "import-preview")
        take.press("Enter")
        expect(lead.get_by_text("The file itself was not kept, only this hash.")).to_be_visible(
            timeout=60_000
        )
    expect(lead.get_by_text("The same file was imported before: nothing changed")).to_be_visible()
    assert_page_sound(lead)
    lead.goto("/people/quarantine/")
    expect(lead.locator("tbody tr").first).to_be_visible()
    assert_page_sound(lead)


def test_a_list_leaves_with_few_fields_a_mark_and_two_planted_rows(in_utrecht: Released, in_ghent: Released):
    for released in (in_utrecht, in_ghent):
        assert list(released.rows[0]) == [
            "reference",
            "number",
            "first_name",
            "last_name",
            "language",
            "list",
        ]
        assert len({row["list"] for row in released.rows}) == 1
        assert len(released.rows) - len(released.people) == 2
        assert len(released.people) > 100


def test_nobody_is_on_the_lists_of_two_centres(in_utrecht: Released, in_ghent: Released):
    assert not {row["number"] for row in in_utrecht.people} & {row["number"] for row in in_ghent.people}


def test_the_check_before_a_call_allows_a_released_number_and_only_its_own_centre(
    lead: Page, stocked: Served, in_utrecht: Released
):
    number = in_utrecht.people[-1]["number"]
    assert precall(lead, api_key(stocked, "CC-UTRECHT"), number) == {
        "number": number,
        "decision": "allow",
        "reason": None,
    }
    elsewhere = precall(lead, api_key(stocked, "CC-GENT"), number)
    assert (elsewhere["decision"], elsewhere["reason"]) == ("deny", "not_on_your_list")


def test_an_agent_answers_a_caller_and_takes_an_objection_in_three_keys(
    agent: Page, stocked: Served, in_utrecht: Released
):
    number = in_utrecht.people[0]["number"]
    key = api_key(stocked, "CC-UTRECHT")
    assert precall(agent, key, number)["decision"] == "allow"
    assert_page_sound(agent)
    look_up(agent, number)
    assert_page_sound(agent)

    keys(agent, "w")
    said = agent.locator(".script blockquote")
    expect(said).to_contain_text("Wij kregen uw gegevens op")
    expect(said).to_contain_text("Klantlijn Utrecht")
    expect(said).to_have_attribute("lang", "nl")
    assert_page_sound(agent)
    screenshot(agent, "desk-source")

    pressed = keys(agent, "o")
    expect(agent.locator("#act .choice").first).to_be_focused()
    expect(agent.locator("#act .choice").first).to_contain_text("All marketing of Warmhuis")
    pressed += keys(agent, "Enter")
    expect(agent.locator(".receipt")).to_contain_text("The objection holds")
    held_since = time.monotonic()
    assert pressed <= 3
    denied = precall(agent, key, number)
    assert (denied["decision"], denied["reason"]) == ("deny", "denied")
    assert time.monotonic() - held_since < 1
    expect(agent.locator(".receipt")).to_contain_text("Klantlijn Utrecht")
    assert_page_sound(agent)
    screenshot(agent, "desk-receipt")


def test_an_objection_is_taken_with_the_mouse_and_taken_back_at_once(
    agent: Page, stocked: Served, in_utrecht: Released
):
    number = in_utrecht.people[1]["number"]
    key = api_key(stocked, "CC-UTRECHT")
    agent.get_by_role("searchbox").fill(number)
    agent.get_by_role("button", name="Look up").click()
    agent.locator(".result").first.click()
    agent.get_by_role("button", name="The customer is on the line").click()
    agent.locator("#card").get_by_text("Record objection").click()
    agent.get_by_role("button", name="All marketing of Warmhuis").click()
    expect(agent.locator(".receipt")).to_contain_text("The objection holds")
    assert precall(agent, key, number)["decision"] == "deny"
    agent.get_by_role("button", name="Undo").click()
    expect(agent.get_by_text("The objection is taken back")).to_be_visible()
    assert precall(agent, key, number)["decision"] == "allow"


def test_a_masked_value_is_shown_by_key_and_a_consent_has_words_to_read(agent: Page, in_utrecht: Released):
    look_up(agent, in_utrecht.people[2]["number"])
    before = agent.locator(".masked").count()
    keys(agent, "r")
    expect(agent.locator(".masked")).to_have_count(before - 1)
    keys(agent, "c")
    expect(agent.locator(".script blockquote")).to_contain_text("Mag Warmhuis NV u bellen")
    expect(agent.get_by_role("button", name="The person says yes")).to_be_focused()
    assert_page_sound(agent)
    keys(agent, "n")
    expect(agent.locator(".receipt")).to_contain_text("The answer “no” is recorded")


def test_a_caller_nobody_knows_can_object_too(agent: Page):
    keys(agent, "/", *"+32 499 99 99 99", "Enter")
    expect(agent.get_by_text("Nobody here for you")).to_be_visible()
    assert_page_sound(agent)
    keys(agent, "o")
    expect(agent.locator(".receipt")).to_contain_text("The objection holds")
    assert_page_sound(agent)


def test_the_desk_works_without_script(browser: Browser, stocked: Served, in_utrecht: Released):
    page = open_page(browser, stocked.url, java_script_enabled=False)
    sign_in(page, "kim")
    page.goto("/desk/")
    page.get_by_role("searchbox").fill(in_utrecht.people[3]["number"])
    page.get_by_role("button", name="Look up").click()
    page.locator(".result").first.click()
    page.get_by_role("button", name="The customer is on the line").click()
    page.locator("#card").get_by_role("button", name="Where did you get my data?").click()
    expect(page.locator(".script blockquote")).to_contain_text("Wij kregen uw gegevens op")
    page.go_back()
    page.locator("#card").get_by_text("Record objection").click()
    page.get_by_role("button", name="All marketing of Warmhuis").click()
    expect(page.locator(".receipt")).to_contain_text("The objection holds")
    page.context.close()


def test_a_late_answer_about_an_older_choice_does_not_overwrite_the_newer_one(lead: Page):
    held: list[Route] = []
    lead.goto("/lists/new/")
    about = re.compile(r"/lists/new/about/")
    lead.route(about, lambda route: held.append(route) if not held else route.continue_())
    with lead.expect_request(about):
        lead.get_by_label("Campaign").select_option("Heat pumps Netherlands")
    lead.get_by_label("Call centre").select_option("Centre Carthage")
    lead.wait_for_timeout(500)
    with lead.expect_response(lambda answer: answer.url == held[0].request.url):
        held[0].continue_()
    lead.wait_for_timeout(500)
    expect(lead.locator("#about")).to_contain_text("Centre Carthage")
    lead.unroute(about)
    assert_page_sound(lead)


def test_a_centre_without_transfer_basis_gets_nothing_and_is_told_why(lead: Page):
    screen(lead, campaign="Heat pumps Belgium", centre="Centre Carthage", sources=1, first="Web shop Belgium")
    expect(lead.get_by_text("This list cannot be released")).to_be_visible()
    expect(lead.get_by_text("there is no basis for the transfer")).to_be_visible()
    expect(lead.get_by_role("button", name="Release")).to_have_count(0)
    assert_page_sound(lead)


def test_the_french_campaign_releases_nobody_and_says_why(lead: Page):
    screen(
        lead,
        campaign="Energy renovation France",
        centre="Belcentrum Gent",
        sources=1,
        first="Comparison site",
    )
    expect(lead.get_by_text("Nobody may be called", exact=True)).to_be_visible()
    expect(lead.locator("main")).to_contain_text("L.223-1")
    expect(lead.get_by_role("button", name="Release")).to_have_count(0)
    assert_waterfall_adds_up(lead)
    assert_page_sound(lead)
    screenshot(lead, "nobody")


def test_what_a_technician_may_not_do_is_blocked_and_the_officer_is_alarmed(
    browser: Browser, stocked: Served, agent: Page, officer: Page, in_utrecht: Released
):
    agent.get_by_role("searchbox").fill(in_utrecht.people[4]["number"])
    agent.keyboard.press("Enter")
    address = agent.locator(".result").first.get_attribute("href")
    assert address
    technician = _signed_in(browser, stocked, "hugo")
    technician.goto(address)
    technician.get_by_role("button", name="Work order").press("Enter")
    expect(technician.locator("#card")).to_be_visible()
    assert_page_sound(technician)
    number = in_utrecht.people[4]["number"]
    answer = send(technician, f"{address}reveal/", group="phone")
    assert answer.ok and number[-6:] not in re.sub(r"\s", "", answer.text())
    technician.context.close()

    officer.goto("/alarms/")
    expect(officer.locator("tbody tr").first).to_contain_text("Hugo Janssens")
    assert number not in officer.content()
    assert_page_sound(officer)
    officer.get_by_role("button", name="Explained").first.press("Enter")
    expect(officer.get_by_role("heading", name="Alarms")).to_be_visible()


def test_the_officer_and_the_command_line_find_the_ledger_in_order(officer: Page, stocked: Served):
    officer.goto("/evidence/")
    officer.get_by_role("button", name="Verify now").press("Enter")
    expect(officer.get_by_text("nothing was altered, removed or added")).to_be_visible(timeout=60_000)
    assert_page_sound(officer)
    screenshot(officer, "evidence")
    officer.locator("[data-row]").first.press("Enter")
    expect(officer.get_by_text("Proof verified just now")).to_be_visible()
    assert_page_sound(officer)
    done = stocked.run("ledger", "verify")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("username", "picture"),
    [("lotte", "home-privacy"), ("jonas", "home-manager"), ("nora", ""), ("hugo", ""), ("freek", "")],
)
def test_everything_in_the_menu_of_each_profile_is_sound(
    browser: Browser, in_utrecht: Released, in_ghent: Released, stocked: Served, username: str, picture: str
):
    page = _signed_in(browser, stocked, username)
    page.goto("/")
    screenshot(page, picture)
    for address in menu_of(page):
        page.goto(address)
        assert_page_sound(page)
    page.context.close()


@pytest.mark.parametrize("language", ["nl", "fr", "de", "pl", "sv"])
def test_no_page_is_too_wide_in_another_language(browser: Browser, stocked: Served, language: str):
    page = _signed_in(browser, stocked, "lotte")
    speak(page, language)
    for address in [*menu_of(page), "/lists/new/", "/lists/check/", "/people/new/", "/people/links/"]:
        page.goto(address)
        assert_fits(page)
    page.context.close()


def menu_of(page: Page) -> list[str]:
    return [str(link.get_attribute("href")) for link in page.locator(".rail-link[href]").all()]
