"""The rules pages: the dated law in plain words, the field catalogue, the wordings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from duecause.apps.catalogue import queries, retention_queries, retention_texts, texts
from duecause.apps.catalogue.models import Field, Wording
from duecause.apps.parties.texts import BASES
from duecause.engine.screening import Rule
from duecause.packs.law import book
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import shown_day
from duecause.web.words import country_name, language_name, own_words


def tabs() -> list[dict[str, Any]]:
    """The views of this room."""
    return [
        {"url": reverse("catalogue:rules"), "label": _("Rules of law"), "code": "rules"},
        {"url": reverse("catalogue:fields"), "label": _("Fields and purposes"), "code": "fields"},
        {"url": reverse("catalogue:activities"), "label": _("Activities"), "code": "activities"},
        {"url": reverse("retention:forecast"), "label": _("Retention"), "code": "retention"},
        {"url": reverse("catalogue:wordings"), "label": _("Wordings"), "code": "wordings"},
    ]


def _today() -> date:
    return shown_day(datetime.now(UTC))


@require_GET
@needs("catalogue.read")
def rules(request: PageRequest) -> HttpResponse:
    try:
        on, wrong = date.fromisoformat(request.GET.get("on") or _today().isoformat()), ""
    except ValueError:
        on, wrong = _today(), _("This is not a day. Write it as 2026-11-21. Shown are the rules of today.")
    countries: list[dict[str, Any]] = [
        {
            "law": law,
            "name": country_name(law.pack.country),
            "rows": [_rule_row(rule) for rule in law.rules],
            "begin": [_rule_row(rule) for rule in law.begin],
            "end": [_rule_row(rule) for rule in law.end],
        }
        for law in queries.law_on(on)
    ]
    context = {
        "tabs": tabs(),
        "on": on,
        "wrong": wrong,
        "is_today": on == _today(),
        "countries": countries,
        "version": book().version,
        "unreviewed": any(not row["rule"].reviewed_by for each in countries for row in each["rows"]),
    }
    return render(request, "catalogue/rules.html", context)


def _rule_row(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule,
        "kind": texts.KINDS.get(rule.kind, rule.kind),
        "words": texts.rule_words(rule),
        "confidence": texts.CONFIDENCE[rule.confidence],
        "sources": [(url, urlsplit(url).hostname or url) for url in rule.sources],
    }


@require_GET
@needs("catalogue.read")
def fields(request: PageRequest) -> HttpResponse:
    found, kept = queries.fields(), retention_queries.by_purpose(retention_queries.in_force())
    purposes = {purpose.code: purpose for field in found for purpose in field.purposes.all()}
    context = {
        "tabs": tabs(),
        "rows": [_field_row(field, kept) for field in found],
        "purposes": [
            {
                "code": code,
                "name": own_words(purpose.name, code),
                "basis": BASES.get(purpose.legal_basis, purpose.legal_basis),
                "kept": retention_texts.rules_words(kept.get(code, [])),
                "marketing": purpose.marketing,
                "condition": purpose.special_condition,
            }
            for code, purpose in sorted(purposes.items())
        ],
    }
    return render(request, "catalogue/fields.html", context)


def _field_row(field: Field, kept: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    purposes = list(field.purposes.all())
    return {
        "code": field.code,
        "label": own_words(field.label, field.code),
        "group": texts.group(field.group),
        "law_class": texts.law_class(field.law_class),
        "law": texts.article(field.law_class),
        "ordinary": field.law_class == "ordinary",
        "perception": field.perception,
        "level": texts.level(field.perception),
        "compartment": texts.COMPARTMENTS.get(field.compartment, field.compartment),
        "purposes": [own_words(purpose.name, purpose.code) for purpose in purposes],
        "kept": retention_texts.longest_words(_deciding(field, kept)),
    }


def _deciding(field: Field, kept: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Of each purpose the rules for this field, else those for all its fields."""
    found = []
    for purpose in field.purposes.all():
        rules = kept.get(purpose.code, [])
        found += [r for r in rules if r["field"] == field.code] or [r for r in rules if not r["field"]]
    return found


@require_GET
@needs("catalogue.read")
def wordings(request: PageRequest) -> HttpResponse:
    today = _today()
    rows = [_wording_row(wording, today) for wording in queries.wordings()]
    return render(request, "catalogue/wordings.html", {"tabs": tabs(), "rows": rows})


def _wording_row(wording: Wording, today: date) -> dict[str, Any]:
    over = wording.valid_to is not None and wording.valid_to < today
    purpose = wording.purpose
    return {
        "wording": wording,
        "language": language_name(wording.language),
        "notice": wording.kind == Wording.Kind.NOTICE,
        "purpose": own_words(purpose.name, purpose.code) if purpose else "",
        "source": wording.source.name if wording.source else "",
        "channels": [str(texts.CHANNELS.get(code, code)) for code in wording.channels],
        "controllers": [controller.legal_name for controller in wording.controllers.all()],
        "meaning": "watch" if over else "waiting" if wording.valid_from > today else "ok",
        "over": over,
        "early": wording.valid_from > today,
    }
