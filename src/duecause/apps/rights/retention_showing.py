"""What the pages of retention show, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from duecause.apps.catalogue import retention_queries as rules
from duecause.apps.catalogue.models import Field, Purpose, RetentionVersion
from duecause.apps.catalogue.retention_impact import AT_ONCE, BUCKETS, LATER, LONGER, SOON
from duecause.apps.catalogue.retention_texts import ACTION_NAMES, ACTIONS, rule_words
from duecause.apps.ledger.naming import names_of
from duecause.apps.register.models import Hold
from duecause.apps.rights.retention_counting import BEYOND, OVERDUE, Row, months_ahead
from duecause.web import charts
from duecause.web.templatetags.formats import day, locale, number
from duecause.web.words import own_words

HELD = {
    "restricted": lazy("The person asked for restriction (Art. 18)"),
    "request_open": lazy("A request of the person is open"),
    Hold.Reason.LEGAL_CLAIM: lazy("Legal claim (Art. 17(3)(e))"),
    Hold.Reason.COURT_ORDER: lazy("Order of a court"),
    Hold.Reason.AUTHORITY: lazy("Inspection by an authority"),
    Hold.Reason.LEGAL_OBLIGATION: lazy("A law obliges us to keep it (Art. 17(3)(b))"),
}
IMPACT = {
    AT_ONCE: ("act", lazy("At once")),
    SOON: ("watch", lazy("Within 30 days")),
    LATER: ("info", lazy("Earlier than now, after that")),
    LONGER: ("ok", lazy("Stays longer")),
}
STATES = {
    "proposed": ("watch", lazy("Waits for approval")),
    "in_force": ("ok", lazy("In force")),
    "replaced": ("waiting", lazy("Replaced")),
    "refused": ("stopped", lazy("Refused or taken back")),
}
ORDER = ("erase", "anonymise", "restrict", "leave_marketing")
MEANINGS = {"erase": "act", "anonymise": "watch", "restrict": "waiting", "leave_marketing": "info"}


def month_words(month: str) -> str:
    if month == OVERDUE:
        return _("Tonight")
    if month == BEYOND:
        return _("Later")
    return format_date(date.fromisoformat(f"{month}-01"), "MMM y", locale=locale())


def rows_url(**asked: str) -> str:
    return f"{reverse('retention:rows')}?{urlencode(asked)}"


def forecast_chart(content: Mapping[str, Any], today: date) -> charts.Chart:
    """Records per month in which something of them goes; what is further off is told beside it."""
    months = content["months"]
    bars, later = [], 0
    for month in months_ahead(today):
        records = sum(cell["records"] for cell in months.get(month, {}).values())
        if month == BEYOND:
            later = records
            continue
        href = rows_url(month=month) if records else ""
        bars.append(charts.Bar(month_words(month), records, href, "act" if month == OVERDUE else ""))
    note = ngettext("%(n)s later than that", "%(n)s later than that", later) % {"n": number(later)}
    return charts.bars(_("Records of which something goes"), bars, unit=_("Records"), note=note)


def forecast_rows(content: Mapping[str, Any], today: date) -> list[dict[str, Any]]:
    """Month by month what happens to how many; each number leads to its records."""
    months = content["months"]
    return [
        {
            "month": month_words(month),
            "meaning": MEANINGS[action],
            "action": ACTION_NAMES[action],
            "url": rows_url(month=month, action=action),
            **months[month][action],
        }
        for month in months_ahead(today)
        for action in ORDER
        if action in months.get(month, {})
    ]


def held_rows(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"why": HELD.get(reason, reason), "url": rows_url(held=reason), **found}
        for reason, found in content["held"].items()
    ]


def unruled(content: Mapping[str, Any]) -> list[tuple[str, int]]:
    labels = field_labels()
    return [(labels.get(name, name), records) for name, records in content["no_rule"].items()]


def due_row(row: Row) -> dict[str, Any]:
    """Fields that share their fate in one line."""
    labels, purposes = field_labels(), purpose_names()
    alike: dict[tuple[Any, ...], list[str]] = {}
    for name, (until, action, purpose, _trigger, held) in sorted(row.fields.items()):
        alike.setdefault((until, action, purpose, held), []).append(labels.get(name, name))
    return {
        "row": row,
        "fates": [
            {
                "fields": ", ".join(names),
                "until": until,
                "action": ACTIONS.get(action, action),
                "purpose": purposes.get(purpose, purpose),
                "held": [HELD.get(reason, reason) for reason in held],
            }
            for (until, action, purpose, held), names in alike.items()
        ],
    }


def rule_rows(version: RetentionVersion | None) -> list[dict[str, Any]]:
    """Rules by purpose, with the address of the form that changes each."""
    labels, purposes = field_labels(), purpose_names()
    return [
        {
            "purpose": purposes.get(rule["purpose"], rule["purpose"]),
            "field": labels.get(rule["field"], rule["field"]) if rule["field"] else "",
            "words": rule_words(rule),
            "url": f"{reverse('retention:rule')}?{urlencode({'of': key_of(rule)})}",
        }
        for rule in rules.plain_rules(version)
    ]


def key_of(rule: Mapping[str, Any]) -> str:
    return "|".join((rule["purpose"], rule["field"], rule["trigger"], rule["action"]))


def version_row(version: RetentionVersion, actor: str) -> dict[str, Any]:
    names = _names(version.proposed_by, version.decided_by)
    meaning, word = STATES[version.state]
    return {
        "version": version,
        "meaning": meaning,
        "word": word,
        "proposed_by": names.get(version.proposed_by, version.proposed_by),
        "decided_by": names.get(version.decided_by, version.decided_by),
        "own": version.proposed_by == actor,
    }


def differences(version: RetentionVersion) -> list[tuple[str, str, str]]:
    """For the diff component."""
    labels, purposes = field_labels(), purpose_names()
    found = []
    for change in rules.changes(version):
        rule = change["after"] or change["before"]
        what = purposes.get(rule["purpose"], rule["purpose"])
        if rule["field"]:
            what += f", {labels.get(rule['field'], rule['field'])}"
        sides = [rule_words(side) if side else "" for side in (change["before"], change["after"])]
        found.append((what, *sides))
    for name, pair in rules.moved_fields(version).items():
        before, after = (", ".join(purposes.get(code, code) for code in side) for side in pair)
        found.append((_("Purposes of %(field)s") % {"field": labels.get(name, name)}, before, after))
    return found


def impact_rows(version: RetentionVersion) -> list[dict[str, Any]]:
    return [
        {
            "meaning": IMPACT[bucket][0],
            "when": IMPACT[bucket][1],
            "persons": version.impact[bucket]["persons"],
            "fields": [
                (ACTION_NAMES[code], version.impact[bucket]["fields"][code])
                for code in ORDER
                if version.impact[bucket]["fields"].get(code)
            ],
        }
        for bucket in BUCKETS
        if bucket in version.impact
    ]


def hold_row(hold: Hold, now: datetime) -> dict[str, Any]:
    labels = field_labels()
    names = _names(hold.begun_by, hold.ended_by)
    over = hold.ended_at is not None or (hold.until is not None and hold.until < now.date())
    records = hold.records.count()
    return {
        "hold": hold,
        "why": HELD.get(hold.reason, hold.reason),
        "what": _("Everything of the person")
        if hold.whole_person and not hold.fields
        else ", ".join(labels.get(name, name) for name in hold.fields)
        or ngettext("%(n)s record", "%(n)s records", records) % {"n": number(records)},
        "begun_by": names.get(hold.begun_by, hold.begun_by),
        "ended_by": names.get(hold.ended_by, hold.ended_by),
        "until": day(hold.until) if hold.until else _("until somebody ends it"),
        "meaning": "waiting" if over else "watch",
        "word": _("Ended") if over else _("Running"),
        "over": over,
    }


def certificate_row(content: Mapping[str, Any]) -> Sequence[str]:
    labels = field_labels()
    found = []
    for record in content["records"]:
        if record["whole"]:
            found.append(_("The whole record of %(source)s") % {"source": record["source"]})
        else:
            done = [
                f"{labels.get(name, name)} ({ACTIONS.get(each['action'], each['action'])})"
                for name, each in record["fields"].items()
            ]
            found.append(f"{record['source']}: {', '.join(done)}")
    return found


def _names(*refs: str) -> dict[str, str]:
    found = names_of({ref for ref in refs if ref})
    others = {"system:operator": _("the operator"), "system:migration": _("the upgrade")}
    return {**others, **found}


def field_labels() -> dict[str, str]:
    return {code: own_words(label, code) for code, label in Field.objects.values_list("code", "label")}


def purpose_names() -> dict[str, str]:
    return {code: own_words(name, code) for code, name in Purpose.objects.values_list("code", "name")}
