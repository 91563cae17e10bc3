"""The door: signing in, signing out, and what a wrong password says."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .pages import assert_page_sound, screenshot, sign_in


def test_the_sign_in_page_is_sound(page: Page) -> None:
    page.goto("/sign-in/")
    expect(page.locator("[name=username]")).to_be_focused()
    assert_page_sound(page)
    screenshot(page, "sign-in")


def test_a_wrong_password_is_explained_and_the_name_kept(page: Page) -> None:
    page.goto("/sign-in/")
    page.locator("[name=username]").fill("lotte")
    page.locator("[name=password]").fill("not-the-password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("You are not signed in")
    expect(page.locator("[name=username]")).to_have_value("lotte")
    assert_page_sound(page)


def test_a_person_signs_in_and_out_by_keyboard_and_mouse(page: Page) -> None:
    sign_in(page, "lotte")
    expect(page.locator(".me")).to_have_text("Lotte Hendrickx")
    page.locator("summary", has_text="Lotte Hendrickx").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
