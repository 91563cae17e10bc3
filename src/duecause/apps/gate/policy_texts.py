"""Differences between policy sets, and what they would have meant, as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from duecause.apps.gate.policy_replay import Change
from duecause.engine.policy.differences import Difference, FunctionDifference
from duecause.engine.policy.reach import Situation
from duecause.engine.policy.vocabulary import Vocabulary
from duecause.web.templatetags.formats import number

# What stands against a look-up, as the end of "even when …".
AGAINST = {
    "leaver": gettext_lazy("the employee has left"),
    "locked": gettext_lazy("the account is locked"),
    "self": gettext_lazy("it is the employee's own record"),
    "colleague": gettext_lazy("it is a colleague's record"),
    "untrained": gettext_lazy("there is no valid training certificate"),
    "no_reason": gettext_lazy("no sufficient reason is given"),
    "restricted": gettext_lazy("the record is restricted"),
    "objected": gettext_lazy("the person objected"),
    "legal_hold": gettext_lazy("the record is under a legal hold"),
    "no_emergency": gettext_lazy("no emergency access is open"),
    "not_fresh": gettext_lazy("the employee did not sign in afresh"),
    "not_assigned": gettext_lazy("the person was not released to the employee's call centre"),
}


def label(words: Vocabulary, section: str, code: str) -> str:
    return _(words.labels[section].get(code, code))


def labels(words: Vocabulary, section: str, codes: Iterable[str]) -> str:
    return ", ".join(label(words, section, code) for code in codes)


def difference(words: Vocabulary, found: Difference) -> str:
    """Without the profile: "See: Bank account. Reasons: Disputed invoice."."""
    parts = [
        _("%(action)s: %(groups)s.")
        % {
            "action": label(words, "actions", found.action),
            "groups": labels(words, "groups", found.groups),
        }
    ]
    if _any_reason(words, found.links):
        parts.append(_("Whatever the reason."))
    else:
        parts.append(_("Reasons: %(links)s.") % {"links": labels(words, "links", found.links)})
    if found.workplaces:
        places = labels(words, "workplaces", found.workplaces)
        parts.append(_("Place of work: %(places)s.") % {"places": places})
    if found.against:
        parts.append(_("Only when %(what)s.") % {"what": ", ".join(str(AGAINST[a]) for a in found.against)})
    return " ".join(parts)


def function_difference(words: Vocabulary, found: FunctionDifference) -> str:
    return labels(words, "functions", found.functions) + "."


def impact_lines(words: Vocabulary, counted: Counter[Change], *, refused: bool) -> list[str]:
    """ "17 look-ups of billing would now be refused: Reveal: Bank account"."""
    lines = []
    for (profile, action, groups), count in counted.most_common():
        if refused:
            text = ngettext(
                "%(n)s look-up by “%(profile)s” would be refused (%(action)s: %(groups)s).",
                "%(n)s look-ups by “%(profile)s” would be refused (%(action)s: %(groups)s).",
                count,
            )
        else:
            text = ngettext(
                "%(n)s look-up by “%(profile)s” that was refused would be allowed (%(action)s: %(groups)s).",
                "%(n)s look-ups by “%(profile)s” that were refused would be allowed"
                " (%(action)s: %(groups)s).",
                count,
            )
        told: Mapping[str, str] = {
            "n": number(count),
            "profile": label(words, "profiles", profile),
            "action": label(words, "actions", action),
            "groups": labels(words, "groups", groups),
        }
        lines.append(text % told)
    return lines


def reasons(words: Vocabulary, situations: Iterable[Situation]) -> str:
    """For which reasons a square of the table is open, nothing standing against it."""
    rows = [row for row in situations if row.against == "nothing"]
    usual = [row for row in rows if words.usual_purpose[row.link] == row.purpose] or rows
    links = {row.link for row in usual}
    if _any_reason(words, links):
        return _("Whatever the reason.")
    return labels(words, "links", [link for link in words.links if link in links])


def _any_reason(words: Vocabulary, links: Collection[str]) -> bool:
    """Every reason that can be given; an emergency has lines of its own."""
    return set(links) >= set(words.links) - {"none", "emergency"}
