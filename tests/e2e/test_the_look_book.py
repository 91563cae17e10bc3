"""Every component in a real browser: both themes, every width, by keyboard and without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import open_page
from .pages import assert_page_sound, screenshot
from .server import Served, served


@pytest.fixture(scope="module")
def look_book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(
        tmp_path_factory.mktemp("look-book"), settings="tests.apps.web.lookbook.settings", demo=False
    ) as running:
        yield running


@pytest.fixture
def book(browser: Browser, look_book: Served) -> Iterator[Page]:
    opened = open_page(browser, look_book.url)
    yield opened
    opened.context.close()


@pytest.mark.parametrize("path", ["/?message=1", "/form/", "/sign-in/?wrong=1", "/forbidden/"])
def test_every_component_is_sound_in_both_themes(book: Page, path: str) -> None:
    book.goto(path)
    book.evaluate("document.querySelectorAll('details.chart-twin').forEach(d => { d.open = true })")
    assert_page_sound(book)
    screenshot(book, "look-book" + path.split("?")[0].rstrip("/").replace("/", "-"))


def test_a_slash_goes_to_the_search_and_escape_leaves_it(book: Page) -> None:
    book.goto("/")
    book.keyboard.press("/")
    expect(book.locator("#search")).to_be_focused()
    book.keyboard.type("r?/")
    expect(book.locator("#search")).to_have_value("r?/")
    book.keyboard.press("Escape")
    expect(book.locator("#search")).not_to_be_focused()


def test_a_question_mark_lists_the_keys_of_this_page(book: Page) -> None:
    book.goto("/")
    book.keyboard.press("?")
    expect(book.locator("#keys")).to_be_visible()
    expect(book.locator("#keys dd").first).to_have_text("Release 1,204 numbers to CC Gent")
    expect(book.get_by_role("button", name="Switch single keys on")).to_be_hidden()
    book.keyboard.press("Escape")
    expect(book.locator("#keys")).to_be_hidden()


def test_single_keys_can_be_switched_off_and_stay_off(book: Page) -> None:
    book.goto("/")
    book.keyboard.press("?")
    book.get_by_role("button", name="Switch single keys off").click()
    book.keyboard.press("Escape")
    book.reload()
    book.keyboard.press("/")
    expect(book.locator("#search")).not_to_be_focused()


def test_what_is_swapped_in_takes_the_focus_and_its_keys_work(book: Page) -> None:
    book.goto("/")
    book.keyboard.press("s")
    first = book.locator("#swapped .choice").first
    expect(first).to_be_focused()
    expect(first).to_contain_text("The customer is on the line")


def test_the_theme_is_remembered_by_the_server_without_a_flash(book: Page) -> None:
    book.goto("/")
    book.get_by_text("Appearance").locator("..").click()
    book.get_by_role("button", name="Dark", exact=True).click()
    expect(book.locator("html")).to_have_attribute("data-theme", "dark")
    assert 'data-theme="dark"' in book.request.get("/").text()


def test_an_answer_that_fails_says_so_and_a_good_one_takes_it_away(book: Page) -> None:
    book.goto("/")
    book.locator("#fail-now").click()
    expect(book.locator("#trouble")).to_be_visible()
    book.locator("#swap-now").click()
    expect(book.locator("#trouble")).to_be_hidden()


def test_a_file_beyond_the_limit_is_refused_before_it_travels(book: Page) -> None:
    book.goto("/form/")
    book.locator("[name=list]").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"x" * 2000}
    )
    assert book.locator("[name=list]").evaluate("el => el.validationMessage") == "Too large"


def test_menus_language_and_theme_work_without_script(browser: Browser, look_book: Served) -> None:
    page = open_page(browser, look_book.url, java_script_enabled=False)
    page.goto("/")
    page.locator("summary", has_text="Appearance").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("summary", has_text="Language").first.click()
    page.get_by_role("button", name="Nederlands").click()
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    page.context.close()


def test_the_rail_folds_to_icons_and_stays_folded(book: Page) -> None:
    book.goto("/")
    wide = book.locator(".rail").bounding_box()
    book.get_by_role("button", name="Fold", exact=True).click()
    book.reload()
    narrow = book.locator(".rail").bounding_box()
    assert wide and narrow and narrow["width"] < wide["width"] / 2


FAULTS = {
    "contrast": '<p style="color:#999;background:#fff">Too pale to read</p>',
    "nameless": "<button></button>",
    "overflow": '<div style="width:900px">wide</div>',
    "clipped": '<svg viewBox="0 0 50 20" width="50" height="20"><text x="30" y="15">label</text></svg>',
    "covered": '<svg viewBox="0 0 90 20" width="90" height="20"><text x="0" y="15">one label</text>'
    '<text x="20" y="15">two</text></svg>',
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_itself_finds_what_it_looks_for(book: Page, fault: str) -> None:
    book.set_content(f"<!doctype html><html lang=en><title>t</title><main>{FAULTS[fault]}</main></html>")
    with pytest.raises(AssertionError):
        assert_page_sound(book, themes=("light",))


def test_a_style_that_the_policy_blocks_counts_as_a_fault(book: Page) -> None:
    book.goto("/")
    book.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<p style=\"color:red\">x</p>')"
    )
    with pytest.raises(AssertionError, match="Content Security Policy"):
        assert_page_sound(book, themes=())


def test_the_head_of_a_table_stays_in_sight(book: Page) -> None:
    book.set_viewport_size({"width": 1280, "height": 400})
    book.goto("/")
    table = book.locator("#rows .table")
    table.evaluate("el => window.scrollTo(0, el.getBoundingClientRect().top + window.scrollY)")
    head = table.locator("thead th").first.bounding_box()
    bar = book.locator(".top").bounding_box()
    assert head and bar and abs(head["y"] - bar["height"]) <= 1


def test_a_table_wider_than_its_place_scrolls_inside_its_box(book: Page) -> None:
    book.set_viewport_size({"width": 360, "height": 700})
    book.goto("/")
    box = book.locator(".table-scroll:has(.steps)")
    assert box.evaluate("el => el.scrollWidth > el.clientWidth && getComputedStyle(el).overflowX === 'auto'")
