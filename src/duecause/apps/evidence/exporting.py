"""A record as a file: workbook, JSON, PDF with the JSON inside, or a page that stands alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from duecause.apps.evidence import showing
from duecause.apps.evidence.filters import Filter
from duecause.apps.evidence.queries import Standing
from duecause.apps.evidence.record import Record
from duecause.web import documents
from duecause.web.documents import Document, Facts, Heading, Paragraph, Table
from duecause.web.documents.sheets import workbook
from duecause.web.templatetags.formats import moment_text

FORMS: Mapping[str, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
}
DATA_NAME = "record.json"


@dataclass(frozen=True, slots=True)
class Export:
    """`record` is the part that `by` leaves of `standing.record`; `who` takes it."""

    record: Record
    by: Filter
    standing: Standing
    who: str


def made(export: Export, form: str) -> bytes:
    """The file, in the language in force. The same record, filter and moment give the same bytes."""
    return _MAKERS[form](export)


def signed_words(standing: Standing) -> str:
    if standing.last is None:
        return _("never")
    when = moment_text(standing.last.signed_at)
    if standing.signed:
        return _("this version, %(when)s") % {"when": when}
    return _("an earlier version (%(version)s), %(when)s; it has changed since") % {
        "version": standing.last.version[:12],
        "when": when,
    }


def data(export: Export) -> bytes:
    """The record for machines: configuration as it is, beside what was counted and who took it."""
    record, last = export.record, export.standing.last
    content: dict[str, Any] = {
        **record.content,
        "version": record.version,
        "filter": {name: value for name, value in export.by.values.items() if value},
        "exported_at": record.at.isoformat(),
        "exported_by": export.who,
        "signed_off": last and {"version": last.version, "at": last.signed_at.isoformat()},
        "counted": {
            "at": record.counts.counted_at.isoformat(),
            "records_per_source": {
                code: record.counts.records.get(code, 0) for code in record.content["sources"]
            },
            "records_per_field": {code: record.holding(code) for code in record.content["fields"]},
            "released": {
                code: {"lists": record.recipients[code].lists, "numbers": record.recipients[code].rows}
                for code in record.content["recipients"]
            },
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _facts(export: Export, shown: showing.Shown) -> list[tuple[str, str]]:
    return [*shown.facts, (_("Version"), shown.version), (_("Exported by"), export.who)]


def _shown(export: Export) -> showing.Shown:
    return showing.shown(export.record, export.by, signed=signed_words(export.standing))


def _document(export: Export) -> Document:
    shown = _shown(export)
    blocks: list[documents.Block] = [Facts(_facts(export, shown))]
    if shown.gaps:
        blocks += [Heading(_("Open points")), *(Paragraph(gap) for gap in shown.gaps)]
    blocks.append(Heading(_("Activities")))
    if not shown.activities:
        blocks.append(
            Paragraph(_("No activity is left by this filter.") if export.by.narrows else _("None."))
        )
    for one in shown.activities:
        blocks += [Heading(one.name, 2), Facts(one.facts), one.fields]
    for table in shown.tables:
        blocks += [Heading(table.caption), table]
    version = _("version %(hash)s") % {"hash": export.record.version[:12]}
    foot = f"{shown.title} · {version}"
    return Document(shown.title, get_language() or "en", blocks, foot, wide=True)


def _pdf(export: Export) -> bytes:
    return documents.pdf(_document(export), at=export.record.at, data=data(export), data_name=DATA_NAME)


def _html(export: Export) -> bytes:
    return documents.html(_document(export))


def _xlsx(export: Export) -> bytes:
    shown = _shown(export)
    about = Table(_("About"), (_("What"), _("Value")), _facts(export, shown))
    return workbook(
        [about, _activities(shown), _fields(shown), *shown.tables, *_gaps(shown)],
        title=shown.title,
        at=export.record.at,
    )


def _activities(shown: showing.Shown) -> Table:
    terms = [term for term, _value in shown.activities[0].facts] if shown.activities else []
    rows = [[one.name, *(value for _term, value in one.facts)] for one in shown.activities]
    return Table(_("Activities"), [_("Activity"), *terms], rows)


def _fields(shown: showing.Shown) -> Table:
    """Every field beside each activity that uses it."""
    rows = [[one.name, *row] for one in shown.activities for row in one.fields.rows]
    return Table(_("Fields"), [_("Activity"), *shown.fields.columns], rows)


def _gaps(shown: showing.Shown) -> list[Table]:
    return [Table(_("Open points"), [_("Open point")], [[gap] for gap in shown.gaps])] if shown.gaps else []


_MAKERS: Mapping[str, Callable[[Export], bytes]] = {"xlsx": _xlsx, "json": data, "pdf": _pdf, "html": _html}
