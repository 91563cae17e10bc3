"""A few lines over the same points, from zero, each named at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from duecause.web.templatetags.formats import number

from .svg import LINE, Chart, image, joined, short, sized, text_width, wrapped

HEAD, FOOT, HEIGHT = 10.0, 26.0, 210
KINDS = 4


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """Where values and places fall in one picture."""

    left: float
    right: float
    base: float
    top_value: float
    points: int

    def x(self, place: int) -> float:
        return self.left + (self.right - self.left) * place / max(self.points - 1, 1)

    def y(self, value: float) -> float:
        return self.base - (self.base - HEAD) * value / self.top_value


def lines(
    title: str,
    series: Sequence[Series],
    *,
    labels: Sequence[str],
    area: bool = False,
    unit: str = "",
    note: str = "",
) -> Chart:
    """Up to four series with one value (≥ 0) per label; `area` fills below the first.

    Raises ValueError if a series has another number of values than there are labels.
    """
    if len(series) > KINDS or any(len(one.values) != len(labels) for one in series):
        raise ValueError(f"at most {KINDS} series, each with {len(labels)} values")
    desc = "; ".join(
        _("%(name)s: from %(first)s to %(last)s")
        % {"name": one.label, "first": number(one.values[0]), "last": number(one.values[-1])}
        for one in series
        if one.values
    )

    def drawn(width: int, kind: str) -> SafeString:
        body = _body(series, labels, width=width, height=HEIGHT, area=area)
        return image(body, width=width, height=HEIGHT, title=title, desc=desc, kind=kind)

    return Chart(
        title=title,
        picture=sized(drawn),
        columns=(unit or _("When"), *(one.label for one in series)),
        rows=tuple((label, *(number(one.values[at]) for one in series)) for at, label in enumerate(labels)),
        note=note,
    )


def nice_top(value: float) -> float:
    """The next round number whose half is whole as well: 2, 4 … 10, 20, 30, 40 …"""
    power = 10.0 ** math.floor(math.log10(max(value, 1)))
    steps = (2, 4, 6, 8, 10) if power == 1 else (1, 2, 3, 4, 5, 6, 8, 10)
    return next(step * power for step in steps if step * power >= value)


def _body(
    series: Sequence[Series], labels: Sequence[str], *, width: int, height: int, area: bool
) -> SafeString:
    top_value = nice_top(max((value for one in series for value in one.values), default=0))
    ticks = (0.0, top_value / 2, top_value)
    names = [wrapped(one.label, width * 0.28) for one in series]
    plot = Plot(
        left=max(text_width(_tick(tick)) for tick in ticks) + 8,
        right=width - max((text_width(line) for name in names for line in name), default=0) * 1.1 - 12,
        base=height - FOOT,
        top_value=top_value,
        points=len(labels),
    )
    parts = [_level(plot, tick) for tick in ticks]
    parts += _bottom(plot, labels, height)
    if area and series and labels:
        parts.append(_area(plot, series[0]))
    parts += [
        format_html('<path class="line-{}" d="{}"/>', at, _path(plot, one)) for at, one in enumerate(series)
    ]
    return joined((*parts, *_names(plot, series, names)))


def _tick(value: float) -> str:
    return number(int(value)) if value == int(value) else number(value, 1)


def _level(plot: Plot, value: float) -> SafeString:
    return format_html(
        '<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="quiet-label" x="{}" y="{}" text-anchor="end">{}</text>',
        *(short(plot.left), short(plot.right), short(plot.y(value)), short(plot.y(value))),
        *(short(plot.left - 6), short(plot.y(value) + 4), _tick(value)),
    )


def _path(plot: Plot, one: Series) -> str:
    return " ".join(
        f"{'L' if at else 'M'}{short(plot.x(at))} {short(plot.y(value))}"
        for at, value in enumerate(one.values)
    )


def _area(plot: Plot, one: Series) -> SafeString:
    base = short(plot.base)
    return format_html(
        '<path class="area" d="{} L{} {} L{} {} Z"/>',
        *(_path(plot, one), short(plot.x(len(one.values) - 1)), base, short(plot.left), base),
    )


def _bottom(plot: Plot, labels: Sequence[str], height: float) -> list[SafeString]:
    """As many labels as fit without touching; the first and the last always."""
    if not labels:
        return []
    last = len(labels) - 1
    wide = max(map(text_width, labels)) + 14
    # The outer labels lean inwards, which costs their neighbours half a label.
    room = max(plot.right - plot.left, 1.0)
    every = max(1, math.ceil(1.5 * wide * last / room)) if last else 1
    chosen = [at for at in range(0, last, every) if last - at >= every] if last else []
    return [
        format_html(
            '<text class="quiet-label" x="{}" y="{}" text-anchor="{}">{}</text>',
            *(short(plot.x(at)), short(height - 6)),
            "start" if at == 0 else "end" if at == last else "middle",
            labels[at],
        )
        for at in (*chosen, last)
    ]


def _names(plot: Plot, series: Sequence[Series], names: Sequence[list[str]]) -> list[SafeString]:
    """Series names at the end of their lines, pushed apart where they would touch."""
    wanted = sorted(
        (plot.y(one.values[-1]) + 4 - (len(name) - 1) * LINE / 2, at)
        for at, (one, name) in enumerate(zip(series, names, strict=True))
        if one.values
    )
    room = sum(len(names[at]) for _y, at in wanted) * LINE
    floor = 12.0
    parts: list[SafeString] = []
    for y, at in wanted:
        start = max(floor, min(y, plot.base - room + LINE))
        parts += [
            format_html(
                '<text class="name-{}" x="{}" y="{}">{}</text>',
                *(at, short(plot.right + 8), short(start + row * LINE), line),
            )
            for row, line in enumerate(names[at])
        ]
        floor = start + len(names[at]) * LINE
        room -= len(names[at]) * LINE
    return parts
