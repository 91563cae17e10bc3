"""What docs/start.md does by hand: an agent takes a caller's objection. Arguments: ADDRESS NUMBER."""

from __future__ import annotations

import sys

from playwright.sync_api import expect, sync_playwright

from .conftest import ARGUMENTS, CHROMIUM, open_page
from .pages import sign_in


def main(address: str, number: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = open_page(browser, address)
        sign_in(page, "anna")
        page.goto("/desk/")
        page.keyboard.type(number)
        page.keyboard.press("Enter")
        expect(page.locator(".result").first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".choice").first).to_be_focused()
        page.keyboard.press("1")
        expect(page.locator("#card .button").first).to_be_focused()
        page.keyboard.press("o")
        expect(page.locator("#act .choice").first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".receipt")).to_be_visible()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
