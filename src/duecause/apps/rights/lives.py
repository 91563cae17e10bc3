"""What rules of retention took of a person's data and will take, and what is held: for a datum's life."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils.functional import lazy

from duecause.apps.catalogue.retention_queries import book_of, in_force
from duecause.apps.catalogue.retention_texts import rule_words
from duecause.apps.parties.models import Source
from duecause.apps.register.life import Happened, tells_life
from duecause.apps.register.models import Hold, Record
from duecause.apps.rights.models import RetentionCertificate
from duecause.apps.rights.retention_facts import Walk
from duecause.engine.problems import Problem, gettext_noop
from duecause.engine.retention import Action, as_plain

DONE = {
    Action.ERASE: ("stopped", gettext_noop("Erased by a rule of retention.")),
    Action.ANONYMISE: ("stopped", gettext_noop("Made anonymous by a rule of retention.")),
    Action.RESTRICT: ("stopped", gettext_noop("Only stored since then, by a rule of retention.")),
    Action.LEAVE_MARKETING: ("stopped", gettext_noop("Taken out of marketing by a rule of retention.")),
}
TO_COME = {
    Action.ERASE: gettext_noop("To be erased after this day."),
    Action.ANONYMISE: gettext_noop("To be made anonymous after this day."),
    Action.RESTRICT: gettext_noop("Only to be stored after this day."),
    Action.LEAVE_MARKETING: gettext_noop("To leave marketing after this day."),
}
WHOLE = gettext_noop("The whole record was erased by a rule of retention.")
BACK = gettext_noop("In use again since.")
RULE = gettext_noop("Rule: %(rule)s.")
HELD = gettext_noop("Under a legal hold: not to be erased.")
RELEASED = gettext_noop("The legal hold ended.")
HOLD_ENDS = gettext_noop("The legal hold ends.")
words_of = lazy(rule_words, str)


@tells_life
def taken_by_rule(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    """What the nights took. A record that is gone as a whole is named by its source."""
    here = {
        pk: frozenset(names)
        for pk, names in Record.objects.filter(pk__in=records).values_list("pk", "fields")
    }
    names = dict(Source.objects.values_list("code", "name"))
    for certificate in RetentionCertificate.objects.filter(person=person).order_by("pk"):
        at = certificate.removed_at
        for told in certificate.content["records"]:
            record, source = UUID(told["record"]), names.get(told["source"], told["source"])
            if told["whole"]:
                gone = Problem("rule_record", WHOLE)
                yield Happened(at, "rule_record", gone, meaning="stopped", record=record, source=source)
                continue
            by_action: dict[str, dict[str, Any]] = defaultdict(dict)
            for name, each in told["fields"].items():
                by_action[each["action"]][name] = each["rule"]
            for action, rules in by_action.items():
                yield from _taken(Action(action), rules, at, record, here.get(record, frozenset()))


def _taken(
    action: Action, rules: Mapping[str, Any], at: datetime, record: UUID, here: frozenset[str]
) -> Iterator[Happened]:
    meaning, template = DONE[action]
    for names, rule in _alike(rules):
        back = action == Action.RESTRICT and names <= here
        why = Problem("in_use_again", BACK) if back else Problem("rule", RULE, {"rule": words_of(rule)})
        what = Problem(f"rule_{action}", template)
        marked = "info" if back else meaning
        yield Happened(at, what.code, what, why, meaning=marked, record=record, fields=names)


@tells_life
def to_be_taken(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    """What the rules in force have in store, as far as no hold stops it."""
    book = book_of(in_force())
    if book is None or not records:
        return
    for (known,) in Walk([book], now).each([person]):
        for holding in known.holdings:
            planned: dict[tuple[date, Action], dict[str, Any]] = defaultdict(dict)
            for fate in holding.fates:
                for ending in () if fate.held else holding.open(fate):
                    planned[ending.until, ending.action][fate.field] = as_plain(ending.rule)
            for (until, action), rules in planned.items():
                for names, rule in _alike(rules):
                    what = Problem(f"rule_{action}_planned", TO_COME[action])
                    why = Problem("rule", RULE, {"rule": words_of(rule)})
                    yield Happened(
                        at=_end(until),
                        kind=what.code,
                        what=what,
                        why=why,
                        meaning="watch",
                        record=holding.record,
                        planned=True,
                        fields=names,
                    )


@tells_life
def holds(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    """That something is held and until when. Why is for those who decide on holds, not for a call."""
    for hold in Hold.objects.filter(records__in=records).distinct().order_by("pk"):
        covered = [None] if hold.whole_person else sorted(hold.records.values_list("pk", flat=True))
        names = frozenset(hold.fields) or None
        for record in covered:
            for at, kind, template, planned in _of_hold(hold, now):
                what = Problem(kind, template)
                yield Happened(at, kind, what, meaning="watch", record=record, planned=planned, fields=names)


def _of_hold(hold: Hold, now: datetime) -> Iterator[tuple[datetime, str, str, bool]]:
    yield hold.begun_at, "hold_begun", HELD, False
    last = _end(hold.until) if hold.until else None
    if hold.ended_at is not None:
        yield hold.ended_at, "hold_ended", RELEASED, False
    elif last is not None:
        over = last <= now
        yield last, "hold_ended" if over else "hold_planned", RELEASED if over else HOLD_ENDS, not over


def _alike(rules: Mapping[str, Any]) -> Iterator[tuple[frozenset[str], Any]]:
    """Fields under one rule together."""
    found: dict[str, tuple[set[str], Any]] = {}
    for name, rule in sorted(rules.items()):
        found.setdefault(str(sorted(rule.items())), (set(), rule))[0].add(name)
    for names, rule in found.values():
        yield frozenset(names), rule


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
