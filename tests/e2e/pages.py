"""What a browser test asks of every page, and how it signs in and takes pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize

from .server import DEMO, ROOT

LOOPBACK = re.compile(r"^(https?://127\.0\.0\.1[:/]|data:|about:|blob:)")
# An answer such as 422 is part of the conversation; the browser logs it all the same.
EXPECTED = re.compile(r"Failed to load resource: .*status of (403|409|413|422)\b")
# A page that is left while its icon still travels. What we block ourselves fails in another way.
LEFT = "net::ERR_ABORTED"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PICTURES = ROOT / "docs" / "screenshots"
SHOWN: dict[str, list[tuple[int, Literal["light", "dark"]]]] = {
    "desk-receipt": [(1280, "light"), (360, "dark")],
    "desk-source": [(1280, "light")],
    "evidence": [(1280, "dark")],
    "home-manager": [(1280, "light")],
    "home-privacy": [(1280, "light")],
    "import-preview": [(1280, "light")],
    "list": [(1280, "light")],
    "nobody": [(1280, "light")],
}

LABELS = """() => {
  const seen = [...document.querySelectorAll('svg text')].map(el => [el, el.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0);
  const faults = [];
  for (const [el, box] of seen) {
    const frame = el.ownerSVGElement.getBoundingClientRect();
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1
        || box.bottom > frame.bottom + 1) faults.push('clipped: ' + el.textContent);
  }
  for (let i = 0; i < seen.length; i++) for (let j = i + 1; j < seen.length; j++) {
    const [a, one] = seen[i], [b, two] = seen[j];
    if (a.ownerSVGElement === b.ownerSVGElement && one.left < two.right - 1 && two.left < one.right - 1
        && one.top < two.bottom - 3 && two.top < one.bottom - 3)
      faults.push('overlapping: ' + a.textContent + ' / ' + b.textContent);
  }
  return faults;
}"""
WIDEST = """async () => {
  // The page answers to a new width one frame later.
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
  const room = document.documentElement.clientWidth;
  const over = document.documentElement.scrollWidth - room;
  if (over <= 0) return null;
  const wide = [...document.querySelectorAll('body *')]
    .filter(el => el.getBoundingClientRect().right > room + 1)
    .slice(0, 3).map(el => el.outerHTML.slice(0, 90));
  return over + ' px too wide: ' + wide.join(' | ');
}"""


def pin_to_loopback(context: BrowserContext) -> None:
    """Nothing a page asks for may come from elsewhere."""

    def decide(route: Route) -> None:
        if LOOPBACK.match(route.request.url):
            route.fallback()
        else:
            route.abort()

    context.route("**/*", decide)


_troubles: dict[int, list[str]] = {}


def watch(page: Page) -> Page:
    """Keep what the console complains about (blocked styles and scripts are among it)."""
    kept = _troubles[id(page)] = []
    page.on(
        "console",
        lambda message: (
            kept.append(message.text)
            if message.type in ("error", "warning") and not EXPECTED.search(message.text)
            else None
        ),
    )
    page.on("pageerror", lambda error: kept.append(str(error)))
    page.on(
        "requestfailed",
        lambda request: (
            kept.append(f"request failed: {request.url} {request.failure}")
            if request.failure != LEFT
            else None
        ),
    )
    page.on("close", lambda closed: _troubles.pop(id(closed), None))
    return page


def troubles(page: Page) -> list[str]:
    return _troubles.get(id(page), [])


def assert_page_sound(
    page: Page, *, themes: Sequence[str] = ("light", "dark"), widths: Sequence[int] = (1280,)
) -> None:
    """Accessible in each theme and width, silent console, no overflow at 320 px, no chart label clipped or
    covered."""
    for width in widths:
        page.set_viewport_size(ViewportSize(width=width, height=900))
        for theme in themes:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
            assert found.violations_count == 0, f"{page.url} {width} {theme}: {found.generate_report()}"
            if folder := os.environ.get("DUECAUSE_PICTURES"):  # of every page, for whoever judges the look
                name = re.sub(r"[^a-z0-9]+", "-", page.url.partition("//")[2].partition("/")[2].lower())[:60]
                page.screenshot(path=Path(folder) / f"{name}-{width}-{theme}.png", full_page=True)
    assert_fits(page)
    page.emulate_media(color_scheme="light")
    assert troubles(page) == [], f"{page.url}: {troubles(page)}"


def assert_fits(page: Page) -> None:
    """No overflow at 320 px, no chart label clipped or covered."""
    before = page.viewport_size
    for size in (ViewportSize(width=1280, height=900), ViewportSize(width=320, height=800)):
        page.set_viewport_size(size)
        assert page.evaluate(WIDEST) is None, f"{page.url} at {size['width']} px: {page.evaluate(WIDEST)}"
        assert page.evaluate(LABELS) == [], f"{page.url} at {size['width']} px: {page.evaluate(LABELS)}"
    if before:
        page.set_viewport_size(before)


def screenshot(page: Page, name: str) -> None:
    """The pictures that the documentation shows under this name, if DUECAUSE_SCREENSHOTS=1 asks for them."""
    if os.environ.get("DUECAUSE_SCREENSHOTS") != "1":
        return
    before = page.viewport_size
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, theme in SHOWN.get(name, ()):
        page.set_viewport_size(ViewportSize(width=width, height=800 if width > 400 else 740))
        page.emulate_media(color_scheme=theme)
        page.evaluate("document.activeElement.scrollIntoView({block: 'nearest'})")
        page.screenshot(path=PICTURES / f"{name}-{width}-{theme}.png", animations="disabled")
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)


def demo_password(username: str, file: Path = DEMO) -> str:
    organisation = yaml.safe_load(file.read_text())
    return next(str(one["demo_password"]) for one in organisation["employees"] if one["username"] == username)


def sign_in(page: Page, username: str) -> None:
    """Sign in as one of the demonstration's employees, by keyboard."""
    page.goto("/sign-in/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(demo_password(username))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def speak(page: Page, language: str) -> None:
    """Choose the language of the pages, as the menu does."""
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    page.request.post(
        "/language/",
        form={"language": language, "next": "/", "csrfmiddlewaretoken": token},
        headers={"Referer": page.url},
    )
    page.reload()


def keys(page: Page, *pressed: str) -> int:
    """Press key after key; how many it were."""
    for key in pressed:
        page.keyboard.press(key)
    return len(pressed)
