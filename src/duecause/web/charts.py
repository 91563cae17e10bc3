"""Small charts drawn on the server: classes only, labels that never clip, and the same numbers as a table.

A function takes plain data and gives a Chart; `<c-chart :chart="chart" />` shows it with its table. Bars,
waterfall and heat are rows of text beside a stretched bar, so a label may have any length in any language;
line and timeline are drawn twice, for wide and for narrow places, so that text keeps its size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from .templatetags.formats import moment_text, number

WIDE, NARROW = 720, 340
# Advance of a wide sans face at 12 px, a little generous: a label may end early, never late.
GLYPH = 7.3
LINE = 16


@dataclass(frozen=True, slots=True)
class Chart:
    """`picture` is safe HTML; `columns` and `rows` are the same figures for the table."""

    title: str
    picture: SafeString
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """`meaning` is one of ok, watch, act, stopped, waiting or empty; `href` leads to the rows behind."""

    label: str
    value: float
    href: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point in time with its words."""

    at: datetime
    label: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    values: tuple[float, ...]


def _attr(name: str, value: str) -> SafeString:
    return format_html(' {}="{}"', mark_safe(name), value) if value else mark_safe("")


def _linked(label: str, href: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', href, label) if href else conditional_escape(label)


def _svg(
    width: float, height: float, body: SafeString, *, extra: str = "", title: str = "", desc: str = ""
) -> SafeString:
    """With a title an image of its own; without, a picture of the text beside it."""
    role = mark_safe(' role="img"') if title else mark_safe(' aria-hidden="true"')
    words = format_html("<title>{}</title><desc>{}</desc>", title, desc or title) if title else ""
    return format_html(
        '<svg viewBox="0 0 {} {}"{}{} focusable="false">{}{}</svg>',
        _n(width),
        _n(height),
        role,
        mark_safe(extra),
        words,
        body,
    )


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _rect(kind: str, start: float, end: float, full: float) -> SafeString:
    """A piece of a bar; anything above zero stays visible."""
    width = max(end - start, full * 0.004) if end > start else 0.0
    return format_html(
        '<rect class="{}" x="{}" y="0" width="{}" height="10"/>',
        kind,
        _n(min(start, full - width) * 1000 / full),
        _n(width * 1000 / full),
    )


def _stretched(*pieces: SafeString) -> SafeString:
    return _svg(1000, 10, mark_safe("".join(pieces)), extra=' preserveAspectRatio="none"')


def _row(cells: Iterable[tuple[str, SafeString | str]], *, kind: str = "", meaning: str = "") -> SafeString:
    spans = format_html_join("", '<span class="{}">{}</span>', cells)
    return format_html("<li{}{}>{}</li>", _attr("class", kind), _attr("data-meaning", meaning), spans)


def bars(title: str, data: Sequence[Bar], *, unit: str = "", note: str = "") -> Chart:
    """Horizontal bars on one scale from zero."""
    full = max((bar.value for bar in data), default=0) or 1
    rows = [
        _row(
            (
                ("chart-label", _linked(bar.label, bar.href)),
                (
                    "chart-plot",
                    _stretched(_rect("chart-track", 0, full, full), _rect("chart-fill", 0, bar.value, full)),
                ),
                ("chart-value", number(bar.value)),
            ),
            meaning=bar.meaning,
        )
        for bar in data
    ]
    return Chart(
        title=title,
        picture=format_html('<ul class="chart-bars">{}</ul>', mark_safe("".join(rows))),
        columns=(_("What"), unit or _("Number")),
        rows=tuple((bar.label, number(bar.value)) for bar in data),
        note=note,
    )


def waterfall(
    title: str,
    *,
    start: Bar,
    removed: Sequence[Bar],
    end_label: str,
    end_href: str = "",
    note: str = "",
) -> Chart:
    """From `start` to what is left: each bar of `removed` takes its value away. Adds up by construction."""
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
        _waterfall_row(start, _rect("chart-fill", 0, start.value, full), left, total=True),
    ]
    table = [(start.label, number(start.value), number(left))]
    for bar in removed:
        left -= bar.value
        pieces = _rect("chart-left", 0, left, full) + _rect("chart-gone", left, left + bar.value, full)
        rows.append(_waterfall_row(bar, pieces, left))
        table.append((bar.label, _minus(bar.value), number(left)))
    end = Bar(label=end_label, value=left, href=end_href)
    rows.append(_waterfall_row(end, _rect("chart-fill", 0, left, full), left, total=True))
    table.append((end_label, number(left), number(left)))
    return Chart(
        title=title,
        picture=format_html('<ol class="chart-bars" data-columns="4">{}</ol>', mark_safe("".join(rows))),
        columns=(_("Reason"), _("Rows"), _("Left")),
        rows=tuple(table),
        note=note,
    )


def _minus(value: float) -> str:
    return f"−{number(value)}" if value else number(0)


def _waterfall_row(bar: Bar, pieces: SafeString, left: float, *, total: bool = False) -> SafeString:
    return _row(
        (
            ("chart-label", _linked(bar.label, bar.href)),
            ("chart-plot", _stretched(pieces)),
            ("chart-value", number(bar.value) if total else _minus(bar.value)),
            ("chart-rest", number(left)),
        ),
        kind="chart-total" if total else "",
        meaning="" if total else (bar.meaning or "stopped"),
    )


def share_meaning(share: float) -> str:
    """How urgent a clock is by the share of its time that is used."""
    return "ok" if share < 0.5 else "watch" if share < 0.85 else "act"


def clock_ring(title: str, *, used: float, total: float, left: str, words: str, detail: str = "") -> Chart:
    """Time used of a deadline. `left` stands in the ring (“31 h”), `words` says the strict deadline beside it."""
    share = min(max(used / total, 0.0), 1.0) if total > 0 else 1.0
    circle = 2 * math.pi * 42
    meaning = "stopped" if share >= 1 else share_meaning(share)
    ring = format_html(
        '<circle class="clock-track" cx="50" cy="50" r="42"/>'
        '<circle class="clock-used" cx="50" cy="50" r="42" transform="rotate(-90 50 50)"'
        ' stroke-dasharray="{} {}"/>'
        '<text class="clock-number" x="50" y="57" text-anchor="middle"{}>{}</text>',
        _n(circle * share),
        _n(circle),
        mark_safe(' textLength="64" lengthAdjust="spacingAndGlyphs"') if len(left) > 5 else "",
        left,
    )
    used_text = _("%(percent)d %% of the time is used") % {"percent": round(share * 100)}
    picture = format_html(
        '<div class="chart-clock" data-meaning="{}">{}<p><span class="clock-words">{}</span>{}</p></div>',
        meaning,
        _svg(100, 100, ring, title=title, desc=f"{left}. {used_text}. {words}"),
        words,
        format_html('<br><span class="quiet">{}</span>', detail) if detail else "",
    )
    return Chart(
        title=title,
        picture=picture,
        columns=(_("What"), _("Value")),
        rows=((_("Left"), left), (_("Used"), f"{round(share * 100)} %"), (_("Deadline"), words)),
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
    head = format_html_join("", '<th scope="col">{}</th>', ((column,) for column in columns))
    body = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        (
            (
                label,
                format_html_join(
                    "",
                    '<td data-step="{}">{}</td>',
                    ((math.ceil(value / full * 5), number(value)) for value in line),
                ),
            )
            for label, line in zip(rows, values, strict=True)
        ),
    )
    return Chart(
        title=title,
        picture=format_html(
            '<div class="chart-heat" role="region" tabindex="0" aria-label="{}"><table class="heat">'
            "<thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table></div>",
            title,
            head,
            body,
        ),
        columns=("", *columns),
        rows=tuple(
            (label, *(number(value) for value in line)) for label, line in zip(rows, values, strict=True)
        ),
        note=note,
    )


def _sized(draw_wide: SafeString, draw_narrow: SafeString) -> SafeString:
    return format_html('<div class="chart-sized">{}{}</div>', draw_wide, draw_narrow)


def _wrapped(text: str, width: float) -> list[str]:
    """Words in lines no wider than `width`; a single longer word is cut, the table keeps it whole."""
    room = max(int(width / GLYPH), 4)
    lines: list[str] = []
    for word in text.split() or [""]:
        word = word if len(word) <= room else word[: room - 1] + "…"
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def timeline(title: str, marks: Sequence[Mark], *, note: str = "") -> Chart:
    """Events along one line of time, each labelled without covering another."""
    ordered = sorted(marks, key=lambda mark: mark.at)
    rows = tuple((mark.label, moment_text(mark.at)) for mark in ordered)
    desc = "; ".join(f"{when}: {label}" for label, when in rows)
    return Chart(
        title=title,
        picture=_sized(
            _timeline_svg(ordered, WIDE, "for-wide", title, desc),
            _timeline_svg(ordered, NARROW, "for-narrow", title, desc),
        ),
        columns=(_("Event"), _("When")),
        rows=rows,
        note=note,
    )


def _timeline_svg(marks: Sequence[Mark], width: int, kind: str, title: str, desc: str) -> SafeString:
    if not marks:
        return mark_safe("")
    first, last = marks[0].at, marks[-1].at
    span = (last - first).total_seconds() or 1.0
    taken: list[tuple[float, float, float, float]] = []
    parts: list[SafeString] = []
    for mark in marks:
        x = 12 + (width - 24) * (mark.at - first).total_seconds() / span
        lines = [*_wrapped(moment_text(mark.at), 190), *_wrapped(mark.label, 190)]
        dates = len(_wrapped(moment_text(mark.at), 190))
        wide = max(map(len, lines)) * GLYPH
        left = min(max(x - wide / 2, 2), width - wide - 2)
        top = _free_place(taken, left, left + wide, len(lines) * LINE)
        taken.append((left, left + wide, top, top + len(lines) * LINE))
        parts.append(
            format_html(
                '<line class="stem" x1="{0}" x2="{0}" y1="12" y2="{1}"/>'
                '<circle class="mark-dot" cx="{0}" cy="12" r="6"{2}/>{3}',
                _n(x),
                _n(top + 2),
                _attr("data-meaning", mark.meaning),
                _lines(lines, left + wide / 2, top, quiet=dates),
            )
        )
    height = max(bottom for *_x, bottom in taken) + 8
    axis = format_html('<line class="axis-strong" x1="2" x2="{}" y1="12" y2="12"/>', width - 2)
    return _svg(
        width, height, axis + mark_safe("".join(parts)), extra=f' class="{kind}"', title=title, desc=desc
    )


def _free_place(
    taken: Sequence[tuple[float, float, float, float]], left: float, right: float, height: float
) -> float:
    """The highest top at which nothing already placed is touched."""
    top = 26.0
    for other_left, other_right, other_top, other_bottom in sorted(taken, key=lambda box: box[2]):
        beside = right + 10 < other_left or left - 10 > other_right
        if not beside and top < other_bottom + 6 and other_top < top + height + 6:
            top = other_bottom + 6
    return top


def _lines(lines: Sequence[str], x: float, top: float, *, quiet: int) -> SafeString:
    return format_html_join(
        "",
        '<text class="{}" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            ("quiet-label" if row < quiet else "", _n(x), _n(top + (row + 1) * LINE - 3), line)
            for row, line in enumerate(lines)
        ),
    )


def lines(
    title: str,
    series: Sequence[Series],
    *,
    labels: Sequence[str],
    area: bool = False,
    unit: str = "",
    note: str = "",
) -> Chart:
    """Up to four lines over the same points, from zero, each named at its end; `area` fills the first."""
    rows = tuple(
        (label, *(number(one.values[place]) for one in series)) for place, label in enumerate(labels)
    )
    desc = "; ".join(
        _("%(name)s: from %(first)s to %(last)s")
        % {"name": one.label, "first": number(one.values[0]), "last": number(one.values[-1])}
        for one in series
        if one.values
    )
    return Chart(
        title=title,
        picture=_sized(
            _lines_svg(series, labels, WIDE, 220, area, "for-wide", title, desc),
            _lines_svg(series, labels, NARROW, 200, area, "for-narrow", title, desc),
        ),
        columns=(unit or "", *(one.label for one in series)),
        rows=rows,
        note=note,
    )


def _nice_top(value: float) -> float:
    """The next of 1, 2, 2.5, 5, 10 × a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * 0.999)


def _lines_svg(
    series: Sequence[Series],
    labels: Sequence[str],
    width: int,
    height: int,
    area: bool,
    kind: str,
    title: str,
    desc: str,
) -> SafeString:
    top_value = _nice_top(max((value for one in series for value in one.values), default=0))
    ticks = [0.0, top_value / 2, top_value]
    left = max(len(_tick(tick)) for tick in ticks) * GLYPH + 8
    names = [_wrapped(one.label, width * 0.28) for one in series]
    right = width - max((len(line) for name in names for line in name), default=0) * GLYPH - 12
    base, head = height - 24.0, 10.0
    points = max(len(labels) - 1, 1)

    def x_of(place: int) -> float:
        return left + (right - left) * place / points

    def y_of(value: float) -> float:
        return base - (base - head) * value / top_value

    parts = [
        format_html(
            '<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>'
            '<text class="quiet-label" x="{}" y="{}" text-anchor="end">{}</text>',
            *(_n(left), _n(right), _n(y_of(tick)), _n(y_of(tick)), _n(left - 6), _n(y_of(tick) + 4)),
            _tick(tick),
        )
        for tick in ticks
    ]
    parts += _bottom_labels(labels, x_of, left, right, height)
    for place, one in enumerate(series):
        path = " ".join(
            f"{'M' if not at else 'L'}{_n(x_of(at))} {_n(y_of(value))}" for at, value in enumerate(one.values)
        )
        if area and not place and path:
            end = x_of(len(one.values) - 1)
            parts.append(
                format_html(
                    '<path class="area-0" d="{} L{} {} L{} {} Z"/>', path, *map(_n, (end, base, left, base))
                )
            )
        parts.append(format_html('<path class="line-{}" d="{}"/>', place % 4, path))
    parts += _end_names(series, names, right, y_of, base)
    return _svg(width, height, mark_safe("".join(parts)), extra=f' class="{kind}"', title=title, desc=desc)


def _tick(value: float) -> str:
    return number(int(value)) if value == int(value) else number(value, 1)


def _bottom_labels(labels, x_of, left: float, right: float, height: float) -> list[SafeString]:  # type: ignore[no-untyped-def]
    """As many labels as fit without touching; the first and the last always."""
    parts: list[SafeString] = []
    if not labels:
        return parts
    wide = max(map(len, labels)) * GLYPH + 12
    every = max(1, math.ceil(len(labels) * wide / max(right - left, 1)))
    last = len(labels) - 1
    chosen = [place for place in range(0, len(labels), every) if place in (0, last) or last - place >= every]
    for place in {*chosen, last}:
        anchor = "start" if place == 0 else "end" if place == last else "middle"
        parts.append(
            format_html(
                '<text class="quiet-label" x="{}" y="{}" text-anchor="{}">{}</text>',
                _n(x_of(place)),
                _n(height - 6),
                anchor,
                labels[place],
            )
        )
    return parts


def _end_names(series, names, right: float, y_of, base: float) -> list[SafeString]:  # type: ignore[no-untyped-def]
    """Series names at the end of their line, pushed apart where they would touch."""
    wanted = sorted(
        (
            (y_of(one.values[-1]) + 4 - (len(name) - 1) * LINE / 2, name)
            for one, name in zip(series, names, strict=True)
            if one.values
        ),
        key=lambda pair: pair[0],
    )
    parts: list[SafeString] = []
    floor = 12.0
    room = sum(len(name) for _y, name in wanted) * LINE
    for y, name in wanted:
        y = max(floor, min(y, base - room + LINE))
        for row, line in enumerate(name):
            parts.append(
                format_html(
                    '<text class="strong-label" x="{}" y="{}">{}</text>',
                    _n(right + 8),
                    _n(y + row * LINE),
                    line,
                )
            )
        floor = y + len(name) * LINE
        room -= len(name) * LINE
    return parts
