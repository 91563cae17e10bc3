"""The clock ring: how much of a deadline is used, and the strict deadline in words."""

from __future__ import annotations

import math

from django.utils.html import format_html
from django.utils.translation import gettext as _

from .svg import Chart, image, short, text_width

RADIUS = 42
INSIDE = 66


def share_meaning(share: float) -> str:
    """How urgent a clock is by the share of its time that is used."""
    if share >= 1:
        return "stopped"
    return "ok" if share < 0.5 else "watch" if share < 0.85 else "act"


def clock_ring(title: str, *, used: float, total: float, left: str, words: str, detail: str = "") -> Chart:
    """`used` of `total` in one unit; `left` stands in the ring (31 h), `words` says the deadline beside."""
    share = min(max(used / total, 0.0), 1.0) if total > 0 else 1.0
    circle = 2 * math.pi * RADIUS
    percent = round(share * 100)
    # 21 px figures; a longer text is set smaller rather than cut.
    size = "small" if text_width(left) * 21 / 12 > INSIDE else "large"
    ring = format_html(
        '<circle class="clock-track" cx="50" cy="50" r="{0}"/>'
        '<circle class="clock-used" cx="50" cy="50" r="{0}" transform="rotate(-90 50 50)"'
        ' stroke-dasharray="{1} {2}"/>'
        '<text class="clock-number-{3}" x="50" y="{4}" text-anchor="middle">{5}</text>',
        *(RADIUS, short(circle * share), short(circle), size, 57 if size == "large" else 54, left),
    )
    used_text = _("%(percent)d %% of the time is used") % {"percent": percent}
    picture = format_html(
        '<div class="chart-clock" data-meaning="{}">{}<p><span class="clock-words">{}</span>{}</p></div>',
        share_meaning(share),
        image(ring, width=100, height=100, title=title, desc=f"{left}. {used_text}. {words}"),
        words,
        format_html('<br><span class="quiet">{}</span>', detail) if detail else "",
    )
    return Chart(
        title=title,
        picture=picture,
        columns=(_("What"), _("Value")),
        rows=((_("Left"), left), (_("Used"), f"{percent} %"), (_("Deadline"), words)),
    )
