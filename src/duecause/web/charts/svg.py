"""What all charts share: the Chart itself, SVG pieces, and how wide a text is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# Widths a picture is drawn for; charts.css shows the one that fits its place.
SIZES = ((320, "for-narrow"), (480, "for-middle"), (720, "for-wide"))
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


def joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def short(value: float) -> str:
    """A coordinate without needless digits."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def image(
    body: SafeString, *, width: float, height: float, title: str, desc: str, kind: str = ""
) -> SafeString:
    """An SVG that stands for itself, with its name and description."""
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" role="img" focusable="false">'
        "<title>{}</title><desc>{}</desc>{}</svg>",
        *(kind, short(width), short(height), title, desc or title, body),
    )


def stretched(pieces: Iterable[SafeString]) -> SafeString:
    """A bar as wide as its place; the text beside it says the same, so it is hidden from screen readers."""
    return format_html(
        '<svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">{}</svg>',
        joined(pieces),
    )


def sized(draw: Callable[[int, str], SafeString]) -> SafeString:
    """The picture once per size; `draw` gets the width and the class."""
    return format_html(
        '<div class="chart-sized">{}</div>', joined(draw(width, kind) for width, kind in SIZES)
    )


def text_width(text: str) -> float:
    return len(text) * GLYPH


def wrapped(text: str, width: float) -> list[str]:
    """Words in lines no wider than `width`; a single longer word is cut, the table keeps it whole."""
    room = max(int(width / GLYPH), 4)
    found: list[str] = []
    for whole in text.split() or [""]:
        word = whole if len(whole) <= room else whole[: room - 1] + "…"
        if found and len(found[-1]) + 1 + len(word) <= room:
            found[-1] += " " + word
        else:
            found.append(word)
    return found
