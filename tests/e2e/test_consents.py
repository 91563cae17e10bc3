"""A consent by keyboard: asked and given, its receipt printed, withdrawn in as few keys, taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import open_page
from .pages import assert_page_sound, keys, sign_in, speak
from .server import DEMO, Served
from .test_the_whole_path import look_up

INGRID = "ingrid.verhoeven@example.com"


@pytest.fixture(scope="module")
def stocked(product: Served) -> Served:
    done = product.run("import", str(DEMO.parent / "lists" / "webshop-be.csv"), "--source", "WEBSHOP-BE")
    assert done.returncode == 0, done.stderr
    return product


@pytest.fixture
def agent(browser: Browser, stocked: Served) -> Iterator[Page]:
    page = _signed_in(browser, stocked, "anna")
    page.goto("/desk/")
    yield page
    page.context.close()


def _signed_in(browser: Browser, product: Served, username: str) -> Page:
    page = open_page(browser, product.url)
    sign_in(page, username)
    speak(page, "en")
    return page


def test_given_with_a_receipt_then_withdrawn_in_as_few_keys_and_taken_back(agent: Page):
    look_up(agent, INGRID)
    giving = keys(agent, "c")
    expect(agent.locator(".script blockquote")).to_contain_text("Mag Warmhuis NV u bellen")
    assert_page_sound(agent)
    giving += keys(agent, "y")
    expect(agent.locator(".receipt")).to_contain_text("Consent recorded")
    with agent.expect_popup() as printed:
        keys(agent, "p")
    receipt = printed.value
    expect(receipt.locator("html")).to_have_attribute("lang", "nl")
    expect(receipt.locator(".said")).to_contain_text("zei u opnieuw ja")
    assert_page_sound(receipt)
    receipt.close()

    ending = keys(agent, "x")
    expect(agent.locator("#act .choice").first).to_be_focused()
    expect(agent.locator("#act .choice").first).to_contain_text("Telephone marketing")
    assert_page_sound(agent)
    ending += keys(agent, "Enter")
    expect(agent.locator(".receipt")).to_contain_text("The consent is withdrawn")
    assert ending <= giving <= 3
    keys(agent, "u")
    expect(agent.get_by_text("The withdrawal is taken back")).to_be_visible()
    assert_page_sound(agent)


def test_the_officer_sees_consents_over_time_wordings_and_proof(
    browser: Browser, stocked: Served, agent: Page
):
    look_up(agent, INGRID)
    keys(agent, "c")
    expect(agent.locator(".script blockquote")).to_be_visible()
    keys(agent, "n")
    expect(agent.locator(".receipt")).to_be_visible()
    officer = _signed_in(browser, stocked, "lotte")
    officer.goto("/people/consents/")
    expect(officer.locator("figure.chart")).to_be_visible()
    assert_page_sound(officer)
    officer.get_by_text("Show as table").click()
    assert_page_sound(officer)
    officer.get_by_role("link", name="Wordings").last.click()
    expect(officer.get_by_text("SPOKEN-CALLS").first).to_be_visible()
    assert_page_sound(officer)
    officer.goto("/desk/letters/")
    assert_page_sound(officer)
    officer.goto("/desk/")
    look_up(officer, INGRID)
    officer.get_by_role("button", name="Proof of consents").press("Enter")
    expect(officer.get_by_text("The proof is kept until")).to_be_visible()
    assert_page_sound(officer)
    officer.context.close()
