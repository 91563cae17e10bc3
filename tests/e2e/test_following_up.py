"""What is followed up after the call: a datum put right by keyboard, with whoever still holds what was wrong;
people who must be told where their data came from; records that may be one person; what must stay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from .conftest import open_page
from .pages import assert_page_sound, keys, sign_in, speak
from .server import DEMO, Served, served
from .test_the_whole_path import look_up

SVEN = "sven.dekker@example.com"
ALIKE = (
    "Klantnummer\tVoornaam\tAchternaam\tPostcode\tWoonplaats\tTelefoon\n"
    "K1\tAnaïs\tZakova\t3511 AB\tUtrecht\t0612345678\n"
    "K2\tAnais\tZakova\t3512 CD\t\t0612345678\n"
)
WIDTHS = (1280, 360)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A product of its own: what is corrected here must not be another elsewhere."""
    folder = tmp_path_factory.mktemp("corrections")
    with served(folder) as running:
        for command in (
            ("import", str(DEMO.parent / "lists" / "callback-nl.csv"), "--source", "CALLBACK-NL"),
            ("screen", "--campaign", "HEATPUMP-NL", "--centre", "CC-UTRECHT", "--source", "CALLBACK-NL"),
            ("release", "HEATPUMP-NL@CC-UTRECHT", "--out", str(folder / "released.csv")),
        ):
            done = running.run(*command)
            assert done.returncode == 0, done.stderr
        (folder / "alike.tsv").write_text(ALIKE)
        for command in (
            ("import", str(folder / "alike.tsv"), "--source", "CUSTOMERS-NL"),
            ("import", str(DEMO.parent / "lists" / "partner-fr.csv"), "--source", "PARTNER-FR"),
        ):
            done = running.run(*command)
            assert done.returncode == 0, done.stderr
        yield running


def signed_in(browser: Browser, own: Served, username: str) -> Page:
    page = open_page(browser, own.url)
    sign_in(page, username)
    speak(page, "en")
    return page


def test_a_name_is_put_right_and_told_until_the_centre_answers(browser: Browser, own: Served):
    agent = signed_in(browser, own, "anna")
    agent.goto("/desk/")
    look_up(agent, SVEN)
    keys(agent, "e")
    expect(agent.locator("#id_field")).to_be_focused()
    assert_page_sound(agent)
    agent.locator("#id_field").select_option("last_name")
    keys(agent, "Tab", *"Dekker-Maas", "Enter")
    expect(agent.locator(".receipt")).to_contain_text("Corrected")
    expect(agent.locator("#told")).to_contain_text("still holds the old value")
    assert_page_sound(agent)

    lead = signed_in(browser, own, "lotte")
    lead.goto("/lists/")
    lead.get_by_role("link", name="Corrections").focus()
    keys(lead, "Enter")
    expect(lead.locator("tbody")).to_contain_text("still holds the old value")
    expect(lead.locator("tbody")).to_contain_text("The person")
    expect(lead.locator("tbody")).not_to_contain_text("<")
    assert_page_sound(lead)
    lead.set_viewport_size(ViewportSize(width=360, height=740))
    assert_page_sound(lead)

    out = own.data / "outbox"
    done = own.run("feed", "write", "CC-UTRECHT", str(out))
    assert done.returncode == 0, done.stderr
    right = (out / "values-1-1.csv").read_text(encoding="utf-8-sig").splitlines()
    assert right[0] == "cursor,reference,field,value" and right[1].endswith("last_name,Dekker-Maas")
    for page in (agent, lead):
        page.context.close()


def test_who_must_be_told_is_found_written_to_and_excused(browser: Browser, own: Served):
    officer = signed_in(browser, own, "lotte")
    officer.goto("/people/notices/")
    assert_page_sound(officer, widths=WIDTHS)
    officer.get_by_role("link", name="Comparison site France").focus()
    keys(officer, "Enter")
    expect(officer.get_by_role("heading", level=1)).to_be_visible()
    officer.get_by_text("Record an exemption").focus()
    keys(officer, "Enter")
    assert_page_sound(officer, widths=WIDTHS)
    officer.goto("/people/notices/")
    keys(officer, "n")
    expect(officer.get_by_role("status")).to_contain_text("on the way to be told")
    assert_page_sound(officer, widths=WIDTHS)
    officer.get_by_role("table").last.locator("a[data-row]").first.click()
    expect(officer.get_by_text("Evidence per person")).to_be_visible()
    assert_page_sound(officer, widths=WIDTHS)
    officer.context.close()


def test_two_records_stand_side_by_side_with_what_differs(browser: Browser, own: Served):
    officer = signed_in(browser, own, "lotte")
    officer.goto("/people/links/")
    table = officer.get_by_role("table")
    expect(table).to_contain_text("Spelled otherwise")
    expect(table.get_by_role("row").filter(has_text="K1")).to_contain_text("Different")
    assert_page_sound(officer, widths=WIDTHS)
    keys(officer, "n")
    expect(officer.get_by_role("status")).to_contain_text("Kept as two people")
    officer.context.close()


def test_a_hold_begins_at_a_record_of_the_forecast(browser: Browser, own: Served):
    officer = signed_in(browser, own, "lotte")
    officer.goto("/rules/retention/")
    assert_page_sound(officer, widths=WIDTHS)
    officer.goto("/rules/retention/records/?month=beyond&action=erase")
    assert_page_sound(officer, widths=WIDTHS)
    officer.get_by_role("link", name="Hold").first.click()
    assert_page_sound(officer, widths=WIDTHS)
    keys(officer, "b")
    expect(officer).to_have_url(f"{own.url}/rules/retention/holds/")
    expect(officer.get_by_role("table").get_by_role("button", name="End it")).to_be_visible()
    assert_page_sound(officer, widths=WIDTHS)
    officer.goto("/lists/corrections/")
    assert_page_sound(officer, widths=WIDTHS)
    officer.context.close()
