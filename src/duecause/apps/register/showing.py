"""What the import pages show, drawn from batches, trials and sources: no rule is decided here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from duecause.apps.catalogue.models import Field, Wording
from duecause.apps.obligations.models import Step
from duecause.apps.parties.models import Source
from duecause.apps.parties.texts import BASES, SOURCE_KINDS
from duecause.apps.register import labels
from duecause.apps.register.fields import PROVENANCE, SEALED_IN
from duecause.apps.register.masking import shown
from duecause.apps.register.models import ImportBatch
from duecause.apps.register.queries import ImportDetail
from duecause.apps.register.trial import Trial
from duecause.web import charts
from duecause.web.templatetags.formats import duration, locale, number
from duecause.web.words import own_words, spoken

STOPPED = (Step.State.REFUSED, Step.State.DEAD)
LONG_WAIT = 15  # seconds


def country(code: str) -> str:
    return str(locale().territories.get(code, code))


def counts(found: Mapping[str, int]) -> list[dict[str, Any]]:
    """Outcomes that happened, in their usual order: code, meaning, word, rows, and both as text."""
    return [
        {
            "code": code,
            "meaning": meaning,
            "word": str(word),
            "rows": found[code],
            "text": labels.COUNTED[code] % {"rows": found[code], "n": number(found[code])},
        }
        for code, (meaning, word) in labels.OUTCOMES.items()
        if found.get(code)
    ]


def line(batch: ImportBatch) -> dict[str, Any]:
    """One import in the list of imports."""
    meaning, word = labels.state(batch)
    return {
        "batch": batch,
        "counts": counts(batch.counts),
        "meaning": meaning,
        "word": word,
        "share": batch.rows_done / batch.rows_total if batch.rows_total else 0.0,
    }


def sources() -> list[dict[str, Any]]:
    """Every source with what it claims, for choosing one."""
    known = Source.objects.select_related("controller", "party").order_by("name")
    texts: dict[int, list[Wording]] = {}
    wordings = Wording.objects.filter(source__isnull=False, kind=Wording.Kind.CONSENT)
    for wording in wordings.prefetch_related("controllers").order_by("code", "version", "language"):
        if wording.source_id is not None:
            texts.setdefault(wording.source_id, []).append(wording)
    return [
        {
            "source": source,
            "kind": labels.word(SOURCE_KINDS, source.kind),
            "basis": labels.word(BASES, source.claimed_basis),
            "country": country(source.default_country),
            "texts": _consent_texts(texts.get(source.pk, []), source),
            "needs_text": source.claimed_basis == "consent" and not texts.get(source.pk),
        }
        for source in known
    ]


def _consent_texts(texts: Iterable[Wording], source: Source) -> list[dict[str, Any]]:
    """Each version once, with its languages and the companies it names."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for text in texts:
        named = list(text.controllers.all())
        names = ", ".join(sorted(one.legal_name for one in named)) or _("nobody")
        known = found.setdefault(
            (f"{text.code} {text.version}", names),
            {
                "name": f"{text.code} {text.version}",
                "languages": "",
                "controllers": names,
                "ours": any(one.pk == source.controller_id for one in named),
            },
        )
        known["languages"] = ", ".join(filter(None, (known["languages"], text.language)))
    return list(found.values())


def field_names() -> dict[str, str]:
    """Field code → what it is called, for everything a column may become."""
    fields = Field.objects.filter(compartment__in=SEALED_IN) | Field.objects.filter(code__in=PROVENANCE)
    found = {code: own_words(label, code) for code, label in fields.values_list("code", "label")}
    for code, word in labels.PROVENANCE.items():
        found.setdefault(code, str(word))
    return found


def sheet_facts(sheet: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How one sheet was read, in words."""
    facts = [(_("Rows"), number(sheet["rows"]))]
    if sheet["format"] == "csv":
        with_mark = _("%(encoding)s, with byte order mark") % {"encoding": sheet["encoding"]}
        facts += [(_("Encoding"), with_mark if sheet["bom"] else sheet["encoding"])]
        facts += [(_("Columns separated by"), labels.word(labels.DELIMITERS, sheet["delimiter"]))]
    header = _("row %(row)s") % {"row": sheet["header_row"]} if sheet["header_row"] else _("none found")
    return [*facts, (_("Header"), header)]


def mapping(
    sheets: Iterable[Mapping[str, Any]], names: Mapping[str, str], posted: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The columns of all sheets, each header once. `posted` are choices that could not be applied; they stay
    chosen so that they can be mended."""
    rows: dict[str, dict[str, Any]] = {}
    for sheet in sheets:
        for column in sheet["columns"]:
            rows.setdefault(column["header"], _column(column, names))
    for header, field in (posted or {}).items():
        if header in rows:
            rows[header] |= {"field": field, "was": "*"}
    return list(rows.values())


def _column(column: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    kept = column["use"] != "refused"
    by_choice = column["how"] == "given" or column["reason"] == "by_choice"
    why = "" if kept else labels.word(labels.WHY_REFUSED, column["reason"])
    known = column["field"] if not kept else None
    if known and column["reason"] == "field_not_in_catalogue":
        why = _("It looks like “%(field)s”. %(why)s") % {"field": names.get(known, known), "why": why}
    return {
        "header": column["header"],
        "field": column["field"] if kept else "",
        "name": names.get(column["field"], column["field"]) if kept else "",
        "was": "*" if by_choice else (column["field"] if kept else ""),
        "kept": kept,
        "how": labels.word(labels.HOW, column["how"]),
        "why": why,
    }


def tried_rows(trial: Trial, names: Mapping[str, str]) -> dict[str, Any]:
    """The first rows, masked: `columns` are the names of the fields, each row has a cell for each."""
    fields = list(dict.fromkeys(field for row in trial.rows for field in row.cells))
    rows = []
    for row in trial.rows:
        parsed = row.plan.parsed
        meaning, word = labels.outcome(str(row.plan.outcome))
        rows.append(
            {
                "row": parsed.row,
                "sheet": parsed.sheet,
                "meaning": meaning,
                "word": word,
                "cells": [
                    {"name": names.get(field, field), **_cell(field, row.cells.get(field, ""), parsed)}
                    for field in fields
                ],
                "problems": [spoken(problem) for problem in parsed.problems],
            }
        )
    return {"columns": [names.get(field, field) for field in fields], "rows": rows}


def _cell(field: str, text: str, parsed: Any) -> dict[str, str]:
    seen = shown(field, text, parsed)
    return {"looks": seen.looks, "becomes": seen.becomes}


def outcome_chart(batch: ImportBatch) -> charts.Chart:
    data = [
        charts.Bar(entry["word"], entry["rows"], rows_url(batch, outcome=entry["code"]), entry["meaning"])
        for entry in counts(batch.counts)
    ]
    return charts.bars(_("What became of the rows"), data, unit=_("Rows"))


def rows_url(batch: ImportBatch, **query: str) -> str:
    return f"{reverse('register:import_detail', args=[batch.pk])}?{urlencode(query)}#rows"


def problems(detail: ImportDetail) -> list[dict[str, Any]]:
    """Each kind of problem with its first message, which says what to do."""
    return [
        {
            "code": code,
            "count": rows,
            "text": labels.told(detail.examples[code]),
            "href": rows_url(detail.batch, problem=code),
        }
        for code, rows in detail.problems.items()
    ]


def progress(
    batch: ImportBatch, step: Step | None, *, seen: tuple[float, int], now: datetime
) -> dict[str, Any]:
    """How far an import is. `seen`: an earlier moment (seconds of the epoch) and the rows done then, for the
    rate; (0, 0) at the first look."""
    at, rows = seen
    passed = now.timestamp() - at
    rate = (batch.rows_done - rows) / passed if at and passed > 0 else 0.0
    left = (batch.rows_total - batch.rows_done) / rate if rate > 0 else 0.0
    if not at and batch.rows_done:
        at, rows = now.timestamp(), batch.rows_done
    stopped = batch.state == ImportBatch.State.FAILED or (step is not None and step.state in STOPPED)
    query = urlencode({"at": f"{at:.0f}", "rows": rows})
    return {
        "batch": batch,
        "poll": f"{reverse('register:progress', args=[batch.pk])}?{query}",
        "rate": _("%(rows)s rows per second") % {"rows": number(round(rate))} if rate >= 1 else "",
        "left": _("about %(time)s left") % {"time": duration(left)} if left else "",
        "stopped": stopped,
        "resumed": step is not None and step.attempts > 1,
        "nobody_works": step is not None
        and step.state == Step.State.DUE
        and not step.attempts
        and (now - batch.started_at).total_seconds() > LONG_WAIT,
    }
