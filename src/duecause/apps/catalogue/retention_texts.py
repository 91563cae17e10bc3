"""Retention rules in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from duecause.engine.retention import ENDING

EVENTS = {
    "recorded": lazy("it was stored"),
    "obtained": lazy("it was obtained"),
    "last_contact": lazy("the last contact"),
    "contract_ended": lazy("the contract ended"),
    "consent_ended": lazy("the consent ended"),
    "objected": lazy("the person objected"),
    "request_closed": lazy("the request was answered"),
}
# As a heading and in a choice.
EVENT_NAMES = {
    "recorded": lazy("Stored"),
    "obtained": lazy("Obtained"),
    "last_contact": lazy("Last contact"),
    "contract_ended": lazy("End of the contract"),
    "consent_ended": lazy("End of the consent"),
    "objected": lazy("Objection"),
    "request_closed": lazy("Request answered"),
}
EVENT_NOTES = {
    "recorded": lazy("The day on which we stored the record."),
    "obtained": lazy("The day on which the source obtained it; else the day on which it was stored."),
    "last_contact": lazy(
        "An answered call, a consent or an objection by the person; else the day on which it was obtained."
        " A call that nobody answered does not count."
    ),
    "contract_ended": lazy("The last day of the last contract of the record. Runs on while one has no end."),
    "consent_ended": lazy("The last consent of the person that was withdrawn or ran out."),
    "objected": lazy("The first objection to all marketing that still holds."),
    "request_closed": lazy("The last request to be erased that was answered."),
}
ACTIONS = {
    "erase": lazy("erased"),
    "anonymise": lazy("made anonymous"),
    "restrict": lazy("stored only"),
    "leave_marketing": lazy("out of marketing"),
}
ACTION_NAMES = {
    "erase": lazy("Erase"),
    "anonymise": lazy("Make anonymous"),
    "restrict": lazy("Store only"),
    "leave_marketing": lazy("Out of marketing"),
}


def period(months: int, days: int) -> str:
    if months:
        return ngettext("%(n)s month", "%(n)s months", months) % {"n": months}
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def rule_words(rule: Mapping[str, Any]) -> str:
    """A rule as `engine.retention.as_plain` gives it: “24 months after the last contact: erased”."""
    words = {
        "period": period(rule["months"], rule["days"]),
        "event": EVENTS.get(rule["trigger"], rule["trigger"]),
        "action": ACTIONS.get(rule["action"], rule["action"]),
    }
    if not rule["months"] and not rule["days"]:
        return _("at once after %(event)s: %(action)s") % words
    return _("%(period)s after %(event)s: %(action)s") % words


def longest_words(rules: Iterable[Mapping[str, Any]]) -> str:
    """The longest time for which one of these rules keeps anything; empty where none ends it."""
    ending = [rule for rule in rules if rule["action"] in ENDING]
    if not ending:
        return ""
    longest = max(ending, key=lambda rule: rule["months"] * 31 + rule["days"])
    return _("up to %(period)s") % {"period": period(longest["months"], longest["days"])}


def rules_words(rules: list[dict[str, Any]]) -> str:
    return "; ".join(rule_words(rule) for rule in rules)
