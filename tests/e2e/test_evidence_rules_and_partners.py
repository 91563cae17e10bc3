"""The pages of what is proven, what holds and who gets data are usable by everybody, in both themes."""

import re

import pytest
from playwright.sync_api import Page, expect

from .pages import assert_page_sound, screenshot, sign_in


def test_the_privacy_officer_verifies_the_log_and_reads_the_proof_of_an_entry(page: Page) -> None:
    sign_in(page, "lotte")
    page.goto("/evidence/")
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("nothing was altered, removed or added")).to_be_visible()
    assert_page_sound(page)
    screenshot(page, "evidence")
    page.locator("tbody a").last.click()
    expect(page.get_by_role("heading", name="What the log commits to")).to_be_visible()
    assert_page_sound(page)
    screenshot(page, "evidence-entry")


@pytest.mark.parametrize(
    "path",
    [
        "/rules/",
        "/rules/?on=2026-08-10",
        "/rules/fields/",
        "/rules/activities/",
        "/rules/wordings/",
        "/rules/retention/",
        "/rules/retention/rule/",
        "/rules/retention/versions/1/",
        "/rules/retention/records/?month=beyond&action=erase",
        "/rules/retention/holds/",
    ],
)
def test_the_rules_pages_are_sound(page: Page, path: str) -> None:
    sign_in(page, "lotte")
    page.goto(path)
    assert_page_sound(page)
    if path == "/rules/":
        screenshot(page, "rules")


def test_an_administrator_sees_why_a_partner_is_stopped_and_makes_a_key(page: Page) -> None:
    sign_in(page, "nora")
    page.goto("/partners/")
    expect(page.locator("#partner-CC-TUNIS")).to_contain_text("(g) erasure or return at the end")
    expect(page.locator("#partner-CC-TUNIS")).to_contain_text("and 1 more reason")
    assert_page_sound(page)
    screenshot(page, "partners")
    page.locator("#partner-CC-GENT").get_by_role("link").click()
    page.get_by_role("button", name="Make a key").click()
    expect(page.locator(".receipt")).to_contain_text("Key for Belcentrum Gent made")
    assert_page_sound(page)


def test_customer_service_reads_the_record_and_signs_it_by_keyboard(page: Page) -> None:
    sign_in(page, "kim")
    page.goto("/evidence/record/")
    expect(page.get_by_role("heading", name="Record of processing activities of Warmhuis NV")).to_be_visible()
    assert_page_sound(page)
    page.get_by_label("Class by law").select_option("ordinary")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page).to_have_url(re.compile("class=ordinary"))
    page.goto("/evidence/record/sign-off/")
    page.get_by_role("button", name="Sign off version").press("Enter")
    expect(page.get_by_text("Signed off as it is")).to_be_visible()
    assert_page_sound(page)
