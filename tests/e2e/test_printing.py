"""A printed page says who was shown it and when, and holds nothing that only a screen can use."""

import pytest
from playwright.sync_api import Page, expect

from .pages import sign_in

INK_ON_PAPER = """() => {
  const channels = colour => {
    const canvas = document.createElement('canvas').getContext('2d');
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  return channels(getComputedStyle(document.querySelector('h1')).color);
}"""


@pytest.mark.parametrize("path", ["/", "/evidence/", "/partners/", "/rules/fields/", "/people/"])
def test_paper_holds_the_content_and_who_was_shown_it(page: Page, path: str) -> None:
    sign_in(page, "lotte")
    page.goto(path)
    expect(page.locator(".printed")).to_be_hidden()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".printed")).to_contain_text("as shown to Lotte Hendrickx on")
    expect(page.locator("h1")).to_be_visible()
    assert page.locator(":is(header.top, .rail, .bar, .tabs, main .button):visible").count() == 0
    assert max(page.evaluate(INK_ON_PAPER)) < 80, "dark ink, whatever the theme of the screen"
