"""These tests look at the frame of the product: the look-book's pages, no room and no database."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from duecause.web import context


@pytest.fixture(autouse=True)
def look_book(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.apps.web.lookbook import settings as book
    from tests.apps.web.lookbook.views import three_due

    monkeypatch.setattr(context, "_due", [three_due])
    monkeypatch.setattr(context, "_told", [])
    monkeypatch.setattr(context, "_remember_language", [])

    settings.INSTALLED_APPS = book.INSTALLED_APPS
    settings.MIDDLEWARE = book.MIDDLEWARE
    settings.ROOT_URLCONF = book.ROOT_URLCONF
    settings.MESSAGE_STORAGE = book.MESSAGE_STORAGE


@pytest.fixture
def visitor() -> Client:
    """Answers as a browser would get them: a view that breaks gives the page for that."""
    return Client(raise_request_exception=False)
