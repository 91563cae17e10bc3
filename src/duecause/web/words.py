"""Stored problems, countries and languages in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from duecause.engine.problems import PerLanguage, Problem
from duecause.web.templatetags.formats import day, locale


def spoken(problem: Problem) -> str:
    """A problem in the reader's language, days and countries as the reader writes them."""
    params = {name: _said(name, value) for name, value in problem.params.items()}
    return _(problem.template) % params if params else _(problem.template)


def _said(name: str, value: object) -> object:
    if isinstance(value, date):
        return day(value)
    if isinstance(value, PerLanguage):
        return value.said(get_language() or "en")
    return country_name(str(value)) if name == "country" else value


def country_name(code: str) -> str:
    return str(locale().territories.get(code, code))


def language_name(code: str) -> str:
    return str(locale().languages.get(code, code))


def own_words(texts: Mapping[str, str], fallback: str = "", *, language: str = "") -> str:
    """One of the texts an organisation wrote per language: the reader's (or `language`), else English, else
    any."""
    language = language or get_language() or "en"
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), fallback)
