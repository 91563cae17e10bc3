"""When somebody must be told about data that did not come from them (GDPR Art. 14): facts and a dated legal
position in, the day it is due and the state out. The positions are data of packs/law/notices.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from duecause.engine import yaml_reader
from duecause.engine.periods import plus
from duecause.engine.problems import Problem, Refused, gettext_noop

State = Literal["not_needed", "due", "sent", "overdue"]
SHORT, FULL = "short_notice", "full_notice"
OVERDUE, UNTOLD = "notice_overdue", "notice_untold"
LONGEST_MONTH = 31
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Position:
    """A dated reading of Art. 14(3). `kinds`: of sources that it holds for. `first_contact`: what a person
    must have heard or read at the first contact. `processor_is_recipient`: whether handing data to a
    processor counts as a disclosure to a recipient."""

    id: str
    valid_from: date
    valid_to: date | None
    kinds: tuple[str, ...]
    months: int
    first_contact: str
    processor_is_recipient: bool
    law: str
    note: str
    sources: tuple[str, ...]
    confidence: str
    reviewed_by: str | None

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def due(self, received: date, country: str) -> date:
        """The last day for whoever's data came in on a day (Reg. 1182/71 in the controller's country)."""
        return plus(received, months=self.months, country=country).due


@dataclass(frozen=True, slots=True)
class Ground:
    """Why somebody need not be told (Art. 14(5)). `proof`: where the proof lies must be said."""

    code: str
    law: str
    proof: bool
    note: str
    confidence: str
    reviewed_by: str | None


@dataclass(frozen=True, slots=True)
class Policy:
    """`warn_days`: how long before a notice is overdue an alarm is raised. `file_days`: how long a file of
    letters is kept for the print shop."""

    positions: tuple[Position, ...]
    grounds: tuple[Ground, ...]
    warn_days: tuple[int, ...]
    file_days: int

    def on(self, day: date) -> Position:
        """The position of a day; before the oldest one, that one."""
        found = [each for each in self.positions if each.in_force(day)]
        return found[0] if found else min(self.positions, key=lambda each: each.valid_from)

    def ground(self, code: str) -> Ground | None:
        return next((each for each in self.grounds if each.code == code), None)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one record. `obtained_on`: the day the controller got it, None where nobody wrote it
    down. `told_on`: a notice reached the post or the relay. `exempt`: code of a ground. `contact_said_it`:
    the short notice was part of the first contact. `disclosed_on`: first given to a recipient of its own."""

    kind: str
    recorded_on: date
    obtained_on: date | None = None
    told_on: date | None = None
    exempt: str = ""
    contacted_on: date | None = None
    contact_said_it: bool = False
    disclosed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`due` is the last day in time; None where nobody need be told. `why` explains it in order."""

    state: State
    received_on: date
    due: date | None
    why: tuple[Problem, ...]

    @property
    def late(self) -> bool:
        """Told, but after the day."""
        return any(problem.code == "notice_late" for problem in self.why)


def standing(facts: Facts, position: Position, *, today: date, country: str) -> Standing:
    """Where the clock of one record stands on a day. `country`: of the controller, whose working days
    count."""
    received, why = _received(facts)
    if facts.kind not in position.kinds:
        template = gettext_noop("The data came from the person or from the company itself (GDPR Art. 13).")
        return Standing("not_needed", received, None, (Problem("notice_own_source", template),))
    if facts.exempt:
        template = gettext_noop("Exempt: %(ground)s (GDPR Art. 14(5)).")
        return Standing(
            "not_needed", received, None, (Problem("notice_exempt", template, {"ground": facts.exempt}),)
        )
    due, reasons = _due(facts, position, received, country)
    why += reasons
    if facts.told_on is not None:
        if facts.told_on > due:
            template = gettext_noop("Told on %(told)s, after %(due)s.")
            why += (Problem("notice_late", template, {"told": facts.told_on, "due": due}),)
        return Standing("sent", received, due, why)
    return Standing("overdue" if today > due else "due", received, due, why)


def stops_contact(
    facts: Facts, position: Position, *, today: date, country: str, short_notice: bool, to_controller: bool
) -> str | None:
    """Why nobody may be called now, or None: OVERDUE, or UNTOLD where the first contact would come before
    the notice. `short_notice`: the script of the campaign carries it in the person's language.
    `to_controller`: the list goes to a recipient of its own, not to a processor."""
    found = standing(facts, position, today=today, country=country)
    if found.state == "overdue":
        return OVERDUE
    if found.state != "due":
        return None
    if to_controller or position.processor_is_recipient:
        return UNTOLD
    return None if short_notice and position.first_contact == SHORT else UNTOLD


@lru_cache(maxsize=256)
def newest_overdue(position: Position, *, today: date, country: str) -> date:
    """The latest day of receipt whose notice is overdue by its month today: all earlier ones are too, because
    a later receipt never has an earlier end. Lets a database find them by comparing days."""
    day = today - timedelta(days=LONGEST_MONTH * (position.months + 1))
    while position.due(day + A_DAY, country) < today:
        day += A_DAY
    return day


def _received(facts: Facts) -> tuple[date, tuple[Problem, ...]]:
    if facts.obtained_on is None:
        template = gettext_noop(
            "Nobody wrote down when the data came in: the clock runs from %(day)s, when they were recorded."
        )
        why = Problem("notice_unknown_date", template, {"day": facts.recorded_on})
        return facts.recorded_on, (why,)
    if facts.obtained_on > facts.recorded_on:
        template = gettext_noop(
            "The day written down, %(day)s, lies after the recording: the clock runs from %(recorded)s."
        )
        params = {"day": facts.obtained_on, "recorded": facts.recorded_on}
        return facts.recorded_on, (Problem("notice_future_date", template, params),)
    return facts.obtained_on, ()


def _due(facts: Facts, position: Position, received: date, country: str) -> tuple[date, tuple[Problem, ...]]:
    template = gettext_noop("At the latest one month after %(day)s: %(due)s (GDPR Art. 14(3)(a)).")
    due = position.due(received, country)
    why = Problem("notice_month", template, {"day": received, "due": due})
    heard = facts.contact_said_it and position.first_contact == SHORT
    if facts.contacted_on is not None and facts.contacted_on < due and not heard:
        template = gettext_noop(
            "At the first contact, %(day)s, which did not say where the data came from (GDPR Art. 14(3)(b))."
        )
        due = facts.contacted_on
        why = Problem("notice_contact", template, {"day": due})
    if facts.disclosed_on is not None and facts.disclosed_on < due:
        template = gettext_noop("At the first disclosure to a recipient, %(day)s (GDPR Art. 14(3)(c)).")
        due = facts.disclosed_on
        why = Problem("notice_disclosure", template, {"day": due})
    return due, (why,)


def load_policy(text: str, *, file: str) -> Policy:
    """Raises Refused naming file, line and remedy."""
    top = yaml_reader.read_mapping(text, file=file)
    top.day("as_of")
    warnings, files = top.mapping("warnings"), top.mapping("files")
    found = Policy(
        positions=tuple(_position(entry) for entry in top.mappings("positions")),
        grounds=tuple(_ground(entry) for entry in top.mappings("exemptions")),
        warn_days=tuple(sorted(warnings.numbers("days_before"), reverse=True)),
        file_days=files.number("days"),
    )
    for section in (warnings, files):
        _because(section)
        section.done()
    top.done()
    _refuse_gaps(found.positions, file)
    return found


def _position(entry: yaml_reader.Mapping) -> Position:
    found = Position(
        id=entry.text("id"),
        valid_from=entry.day("valid_from"),
        valid_to=entry.day_or_none("valid_to"),
        kinds=entry.texts("kinds", ("third_party", "public", "unknown")),
        months=entry.number("months"),
        first_contact=entry.choice("first_contact", (SHORT, FULL)),
        processor_is_recipient=entry.flag("processor_is_recipient"),
        law=entry.text("law"),
        note=entry.text("note"),
        sources=entry.texts("sources"),
        confidence=entry.choice("confidence", ("S", "M")),
        reviewed_by=entry.text_or_none("reviewed_by"),
    )
    if found.months < 1 or not found.sources:
        template = gettext_noop(
            "%(file)s, line %(line)s: a position needs one month or more, and the sources it was read from."
        )
        raise Refused("notice_position", template, file=entry.file, line=entry.line_of("months"))
    entry.done()
    return found


def _ground(entry: yaml_reader.Mapping) -> Ground:
    found = Ground(
        code=entry.text("ground"),
        law=entry.text("law"),
        proof=entry.flag("proof"),
        note=entry.text("note"),
        confidence=entry.choice("confidence", ("S", "M")),
        reviewed_by=entry.text_or_none("reviewed_by"),
    )
    entry.done()
    return found


def _because(entry: yaml_reader.Mapping) -> None:
    for text in ("law", "note", "confidence"):
        entry.text(text)
    entry.text_or_none("reviewed_by")


def _refuse_gaps(positions: Iterable[Position], file: str) -> None:
    """One position on each day from the first on: two at a time, or none, would leave the answer open."""
    ordered = sorted(positions, key=lambda each: each.valid_from)
    ends = [each.valid_to for each in ordered]
    whole = bool(ordered) and ends[-1] is None
    for one, following in pairwise(ordered):
        whole = whole and one.valid_to is not None and one.valid_to + A_DAY == following.valid_from
    if not whole:
        template = gettext_noop(
            "%(file)s: the positions must follow each other without gap or overlap, the last one open."
        )
        raise Refused("notice_positions", template, file=file)
