"""Charts that are rows of text with a bar or a shade: bars, waterfall, heat."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from duecause.web.templatetags.formats import number

from .svg import Chart, joined, short, stretched

# The smallest share of a bar's place that an eye still finds.
VISIBLE = 0.004


@dataclass(frozen=True, slots=True)
class Bar:
    """`meaning` is one of ok, watch, act, stopped, waiting or empty; `href` leads to the rows behind."""

    label: str
    value: float
    href: str = ""
    meaning: str = ""


def bars(title: str, data: Sequence[Bar], *, unit: str = "", note: str = "") -> Chart:
    """Horizontal bars on one scale from zero."""
    full = max((bar.value for bar in data), default=0) or 1
    rows = [
        _row(
            (
                ("chart-label", _linked(bar.label, bar.href)),
                (
                    "chart-plot",
                    stretched((_rect("chart-track", 0, full, full), _rect("chart-fill", 0, bar.value, full))),
                ),
                ("chart-value", number(bar.value)),
            ),
            meaning=bar.meaning,
        )
        for bar in data
    ]
    return Chart(
        title=title,
        picture=format_html('<ul class="chart-bars">{}</ul>', joined(rows)),
        columns=(_("What"), unit or _("Number")),
        rows=tuple((bar.label, number(bar.value)) for bar in data),
        note=note,
    )


def waterfall(
    title: str, *, start: Bar, removed: Sequence[Bar], end_label: str, end_href: str = "", note: str = ""
) -> Chart:
    """From `start` to what is left: each bar of `removed` takes its value away. Adds up by construction.

    Raises ValueError if more is removed than there was.
    """
    full = start.value or 1
    left = start.value
    rows = [
        _row(
            (
                ("chart-label", _("Reason")),
                ("chart-plot", ""),
                ("chart-value", _("Rows")),
                ("chart-rest", _("Left")),
            ),
            kind="chart-head",
        ),
        _step(start, (_rect("chart-fill", 0, left, full),), left, total=True),
    ]
    table = [(start.label, number(start.value), number(left))]
    for bar in removed:
        left -= bar.value
        pieces = (_rect("chart-left", 0, left, full), _rect("chart-gone", left, left + bar.value, full))
        rows.append(_step(bar, pieces, left))
        table.append((bar.label, _minus(bar.value), number(left)))
    if left < 0:
        raise ValueError(f"a waterfall from {start.value} cannot end at {left}")
    end = Bar(label=end_label, value=left, href=end_href)
    rows.append(_step(end, (_rect("chart-fill", 0, left, full),), left, total=True))
    table.append((end_label, number(left), number(left)))
    return Chart(
        title=title,
        picture=format_html('<ol class="chart-bars" data-columns="4">{}</ol>', joined(rows)),
        columns=(_("Reason"), _("Rows"), _("Left")),
        rows=tuple(table),
        note=note,
    )


def heat(
    title: str,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float]],
    note: str = "",
) -> Chart:
    """Counts by two headings, five steps of depth, the number in each cell."""
    full = max((value for line in values for value in line), default=0) or 1
    lines = list(zip(rows, values, strict=True))
    head = format_html_join("", '<th scope="col">{}</th>', ((column,) for column in columns))
    body = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        ((label, joined(_cell(value, full) for value in line)) for label, line in lines),
    )
    return Chart(
        title=title,
        picture=format_html(
            '<div class="chart-heat" role="region" tabindex="0" aria-label="{}"><table class="heat">'
            "<thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table></div>",
            *(title, head, body),
        ),
        columns=("", *columns),
        rows=tuple((label, *(number(value) for value in line)) for label, line in lines),
        note=note,
    )


def _cell(value: float, full: float) -> SafeString:
    return format_html('<td data-step="{}">{}</td>', math.ceil(value / full * 5), number(value))


def _linked(label: str, href: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', href, label) if href else conditional_escape(label)


def _minus(value: float) -> str:
    return f"−{number(value)}" if value else number(0)


def _rect(kind: str, start: float, end: float, full: float) -> SafeString:
    """A piece of a bar; anything above zero stays visible."""
    width = max(end - start, full * VISIBLE) if end > start else 0.0
    return format_html(
        '<rect class="{}" x="{}" y="0" width="{}" height="10"/>',
        kind,
        short(min(start, full - width) * 1000 / full),
        short(width * 1000 / full),
    )


def _row(cells: Iterable[tuple[str, SafeString | str]], *, kind: str = "", meaning: str = "") -> SafeString:
    spans = format_html_join("", '<span class="{}">{}</span>', cells)
    return format_html(
        "<li{}{}>{}</li>",
        format_html(' class="{}"', kind) if kind else "",
        format_html(' data-meaning="{}"', meaning) if meaning else "",
        spans,
    )


def _step(bar: Bar, pieces: Iterable[SafeString], left: float, *, total: bool = False) -> SafeString:
    return _row(
        (
            ("chart-label", _linked(bar.label, bar.href)),
            ("chart-plot", stretched(pieces)),
            ("chart-value", number(bar.value) if total else _minus(bar.value)),
            ("chart-rest", number(left)),
        ),
        kind="chart-total" if total else "",
        meaning="" if total else (bar.meaning or "stopped"),
    )
