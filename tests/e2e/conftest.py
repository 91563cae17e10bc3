"""One browser and one served product per run; a fresh browser profile per test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from . import logs
from .pages import pin_to_loopback, watch
from .server import Served, served

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Bounds, not targets: what a page promises in time is measured by the benchmarks, on a machine with rest.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Duecause with its demonstration organisation, in a data folder of its own. In the end its logs must
    hold nobody."""
    with served(tmp_path_factory.mktemp("product")) as running:
        yield running
    logs.assert_sound(running.data / "server.log")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


def open_page(browser: Browser, url: str, **options: object) -> Page:
    """A watched page in a profile of its own; keyword options are those of a browser context."""
    context = browser.new_context(
        base_url=url,
        locale="en-GB",
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",
        **options,  # type: ignore[arg-type]
    )
    context.set_default_timeout(PATIENCE_MS)
    pin_to_loopback(context)
    return watch(context.new_page())


@pytest.fixture
def page(browser: Browser, product: Served) -> Iterator[Page]:
    opened = open_page(browser, product.url)
    yield opened
    opened.context.close()
