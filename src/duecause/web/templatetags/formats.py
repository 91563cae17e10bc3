"""Numbers, times and names as the reader's language writes them; a builtin library in every template.

Times are shown in settings.SHOW_ZONE, 24 hours. A number or time that is missing is a dash.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeGuard, TypeVar
from zoneinfo import ZoneInfo

import heroicons
from babel import Locale, dates, numbers
from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

register = template.Library()
DASH = "–"
T = TypeVar("T")

# meaning -> icon and word, because a meaning is never colour alone
MEANINGS: dict[str, tuple[str, str | Promise]] = {
    "ok": ("check-circle", _("In order")),
    "watch": ("eye", _("Watch")),
    "act": ("exclamation-triangle", _("Act now")),
    "stopped": ("no-symbol", _("Stopped")),
    "info": ("information-circle", _("Note")),
    "waiting": ("clock", _("Waiting")),
}


@lru_cache(maxsize=32)
def _parsed(code: str) -> Locale:
    # British dates for English: day before month, which every other language here shares.
    return Locale.parse("en_GB" if code in ("", "en") else code.replace("-", "_"))


def locale() -> Locale:
    """Babel's locale for the active language."""
    return _parsed(get_language() or "en")


def zone() -> ZoneInfo:
    return ZoneInfo(settings.SHOW_ZONE)


def shown_day(moment: datetime) -> date:
    """The calendar day of an aware moment as pages show it."""
    return moment.astimezone(zone()).date()


def _local(value: datetime) -> datetime:
    return (timezone.make_aware(value, ZoneInfo("UTC")) if timezone.is_naive(value) else value).astimezone(
        zone()
    )


def _given(value: T | None) -> TypeGuard[T]:
    # A template hands on an empty text where a variable is not there.
    return value is not None and value != ""


@register.filter
def number(value: float | Decimal | None, digits: int | None = None) -> str:
    """12345.6 -> 12,345.6 (or 12.345,6, 12 345,6 …); `digits` fixes the decimals."""
    if value is None or value == "":
        return DASH
    pattern = None if digits is None else "#,##0" + ("." + "0" * int(digits) if int(digits) else "")
    return str(numbers.format_decimal(value, format=pattern, locale=locale()))


@register.filter
def percent(value: float | None, digits: int = 0) -> str:
    """A fraction 0..1 as a percentage."""
    if not _given(value):
        return DASH
    pattern = "#,##0" + ("." + "0" * int(digits) if int(digits) else "") + "%"
    if locale().language in ("fr", "de", "sv"):
        pattern = pattern.replace("%", "\u202f%")
    return str(numbers.format_percent(value, format=pattern, locale=locale()))


@register.filter
def day(value: date | datetime | None) -> str:
    """21 Nov 2026."""
    if not _given(value):
        return DASH
    return str(
        dates.format_date(
            _local(value) if isinstance(value, datetime) else value, format="medium", locale=locale()
        )
    )


@register.filter
def clock(value: datetime | None) -> str:
    """18:02, in the zone shown."""
    return _local(value).strftime("%H:%M") if _given(value) else DASH


@register.filter
def moment_text(value: datetime | None) -> str:
    """21 Nov 2026, 18:02 CET, as plain text."""
    if not _given(value):
        return DASH
    local = _local(value)
    return f"{day(local)}, {local:%H:%M} {local.tzname()}"


def _time(value: datetime, text: str, title: str = "") -> SafeString:
    stamp = _local(value).isoformat(timespec="seconds")
    if title:
        return format_html('<time datetime="{}" title="{}">{}</time>', stamp, title, text)
    return format_html('<time datetime="{}">{}</time>', stamp, text)


@register.filter
def moment(value: datetime | None) -> str:
    """A <time> with date, time and zone."""
    return _time(value, moment_text(value)) if _given(value) else DASH


def relative(value: datetime, now: datetime) -> str:
    """`2 hours ago`, `in 3 days`, in the reader's language."""
    delta = value - now
    if abs(delta) < timedelta(seconds=45):
        return gettext("just now")
    return str(dates.format_timedelta(delta, add_direction=True, locale=locale(), threshold=1))


@register.filter
def ago(value: datetime | None) -> str:
    """A <time> that reads relative and shows the exact moment on hover."""
    if not _given(value):
        return DASH
    return _time(value, relative(value, timezone.now()), moment_text(value))


@register.filter
def duration(value: timedelta | float | None) -> str:
    """A length of time (timedelta or seconds) in its largest sensible unit."""
    if value is None or value == "":
        return DASH
    delta = value if isinstance(value, timedelta) else timedelta(seconds=value)
    return str(dates.format_timedelta(delta, locale=locale(), threshold=1))


@register.filter
def size(value: int | None) -> str:
    """Bytes as kB or MB."""
    if not _given(value):
        return DASH
    unit, divisor = ("MB", 1_000_000) if value >= 1_000_000 else ("kB", 1_000)
    return f"{number(value / divisor, 1 if value < 100 * divisor else 0)}\u00a0{unit}"


@register.filter
def phone(value: str | None) -> str:
    """+32470123456 -> +32 470 12 34 56. What is no E.164 number is shown as it is."""
    if not value:
        return DASH
    import phonenumbers  # its metadata is only worth loading for pages that show a number

    try:
        parsed = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return value
    shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return str(shown).replace(" ", "\u00a0")


@lru_cache(maxsize=512)
def _icon(name: str, style: str, pixels: int, extra: str) -> SafeString:
    attrs: dict[str, object] = {"class": f"icon {extra}".strip(), "focusable": "false"}
    # Drawn by the library from its own files; name and style come from our templates.
    return mark_safe(heroicons._render_icon(style, name, pixels, attrs))  # noqa: S308


@register.simple_tag
def icon(name: str, style: str = "mini", size: int = 20, extra: str = "") -> SafeString:
    """A heroicon, hidden from screen readers: a word stands beside it."""
    return _icon(str(name), str(style), int(size), str(extra))


@register.filter
def meaning_icon(value: str) -> str:
    return MEANINGS.get(value, MEANINGS["info"])[0]


@register.filter
def meaning_word(value: str) -> str:
    return str(MEANINGS.get(value, MEANINGS["info"])[1])
