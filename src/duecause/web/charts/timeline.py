"""Events along one line of time, each with its words, none covering another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from duecause.web.templatetags.formats import moment_text

from .svg import LINE, Chart, image, joined, short, sized, text_width, wrapped

AXIS, FIRST, LABEL = 10.0, 30.0, 180.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A point in time with its words. `when` is said of it instead of its moment: a day, or that none is
    known."""

    at: datetime
    label: str
    meaning: str = ""
    when: str = ""

    @property
    def said(self) -> str:
        return self.when or moment_text(self.at)


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    right: float
    top: float
    bottom: float

    def touches(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """A label hung on its stem like a flag: right of it, or left where the picture ends."""

    mark: Mark
    x: float
    box: Box
    flag: str
    lines: tuple[str, ...]
    quiet: int


def timeline(title: str, marks: Sequence[Mark], *, note: str = "") -> Chart:
    """Marks in any order; the picture runs from the first to the last."""
    ordered = sorted(marks, key=lambda mark: mark.at)
    rows = tuple((mark.label, mark.said) for mark in ordered)
    desc = "; ".join(f"{when}: {label}" for label, when in rows)
    return Chart(
        title=title,
        picture=sized(lambda width, kind: _drawn(ordered, width, kind, title, desc)),
        columns=(_("Event"), _("When")),
        rows=rows,
        note=note,
    )


def _drawn(marks: Sequence[Mark], width: int, kind: str, title: str, desc: str) -> SafeString:
    placed = list(_placed(marks, width))
    height = max((one.box.bottom for one in placed), default=FIRST) + 4
    axis = format_html('<line class="axis-strong" x1="0" x2="{0}" y1="{1}" y2="{1}"/>', width, AXIS)
    # All stems first: a label's halo then hides a stem that must pass behind it.
    body = (axis, *map(_stem, placed), *map(_dot, placed), *map(_words, placed))
    return image(joined(body), width=width, height=height, title=title, desc=desc, kind=kind)


def _placed(marks: Sequence[Mark], width: int) -> Iterator[Placed]:
    """From the last to the first, so that a flag to the right meets only stems it can hang below."""
    taken: list[Box] = []
    for mark in reversed(marks):
        x = _x_of(mark, marks, width)
        date = wrapped(mark.said, LABEL)
        lines = (*date, *wrapped(mark.label, LABEL))
        wide = max(map(text_width, lines)) + 8
        high = len(lines) * LINE
        flag = "start" if x + wide <= width else "end"
        left = x if flag == "start" else max(x - wide, 0.0)
        box = _free(Box(left, left + wide, FIRST, FIRST + high), taken)
        taken += [box, Box(x - 3, x + 3, AXIS, box.bottom)]
        yield Placed(mark, x, box, flag, lines, len(date))


def _x_of(mark: Mark, marks: Sequence[Mark], width: int) -> float:
    span = (marks[-1].at - marks[0].at).total_seconds() or 1.0
    return 8 + (width - 16) * (mark.at - marks[0].at).total_seconds() / span


def _free(box: Box, taken: Sequence[Box]) -> Box:
    """The same box, as high as it can stand without touching what is there."""
    while True:
        hit = next((other for other in taken if box.touches(other)), None)
        if hit is None:
            return box
        down = hit.bottom + 6 - box.top
        box = Box(box.left, box.right, box.top + down, box.bottom + down)


def _stem(one: Placed) -> SafeString:
    return format_html(
        '<line class="stem" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>',
        *(short(one.x), short(AXIS), short(one.box.bottom - 4)),
    )


def _dot(one: Placed) -> SafeString:
    meaning = format_html(' data-meaning="{}"', one.mark.meaning) if one.mark.meaning else ""
    return format_html('<circle class="mark-dot" cx="{}" cy="{}" r="6"{}/>', short(one.x), AXIS, meaning)


def _words(one: Placed) -> SafeString:
    x = one.x + 6 if one.flag == "start" else one.x - 6
    return format_html_join(
        "",
        '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>',
        (
            (
                "haloed quiet-label" if row < one.quiet else "haloed",
                short(x),
                short(one.box.top + (row + 1) * LINE - 4),
                one.flag,
                line,
            )
            for row, line in enumerate(one.lines)
        ),
    )
