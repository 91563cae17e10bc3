"""Calls of before Duecause, as a file of one centre: a company with a history starts with the counts it
has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from django.db import transaction

from duecause.apps.dialling.attempt_actions import MOST_ATTEMPTS, Call, refuse_unreadable, return_attempts
from duecause.apps.dialling.facts import among
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.hand_outs import REFERENCE
from duecause.apps.dialling.lists import listed_rows, phone_columns
from duecause.apps.dialling.models import Campaign, ReleaseRow
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Partner
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.problems import Problem, Refused, gettext_noop
from duecause.engine.tabular import Table, open_tables

ROWS_AT_ONCE = 5_000
COLUMNS = ("at", "outcome", "refusal")
NEEDED = ("at", "outcome")
TRUE = ("1", "true", "yes", "x")
TAKEN, KNOWN, REFUSED = "taken", "known", "refused"


@dataclass(frozen=True, slots=True)
class PastCall:
    """One row of the file. `numbers` are E.164, empty where the row gives a reference. `problem`: why it
    cannot be read."""

    sheet: str
    row: int
    call: Call
    numbers: tuple[int, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row became: taken, known before, or refused."""

    sheet: str
    row: int
    outcome: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class History:
    rows: tuple[Outcome, ...]

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(row.outcome for row in self.rows))


def record_history(
    *,
    actor: Actor,
    campaign: Campaign,
    centre: Partner,
    file: ListFile,
    country: str,
    zone: tzinfo | None,
    now: datetime,
) -> History:
    """Take the calls of a CSV or XLSX file: `at`, `outcome`, `refusal` if there is one, and per row the
    `reference` of the centre's list or a telephone number, which is kept as token alone.

    They count like calls that are reported, and refusals among them that still hold are kept. A number must
    be on a list that the centre was given for this campaign before the call: lists of before are recorded
    first. The same file again changes nothing. Raises NotPermitted, Refused for a file that cannot be
    read."""
    actor.require("dialling.release")
    read = list(_read(file, country, zone, now))
    with transaction.atomic():
        found = _by_reference(read, campaign, centre)
        outcomes: list[Outcome] = []
        for start in range(0, len(found), MOST_ATTEMPTS):
            outcomes += _take(actor, centre, found[start : start + MOST_ATTEMPTS], now)
        told = {
            "centre": centre.code,
            "campaign": campaign.code,
            "rows": dict(Counter(row.outcome for row in outcomes)),
        }
        record(actor=actor, kind="dialling.history_recorded", now=now, payload=told)
    return History(tuple(outcomes))


def _take(actor: Actor, centre: Partner, rows: Sequence[PastCall], now: datetime) -> list[Outcome]:
    readable = [row for row in rows if row.problem is None]
    calls = [row.call for row in readable]
    done = return_attempts(actor=actor, partner=centre, calls=calls, now=now) if calls else None
    place = iter(range(len(readable)))
    outcomes = []
    for row in rows:
        problem, at = row.problem, None if row.problem else next(place)
        if at is not None and done is not None:
            problem = done.refused.get(at)
        word = REFUSED if problem else TAKEN if done is not None and at in done.new else KNOWN
        outcomes.append(Outcome(row.sheet, row.row, word, problem))
    return outcomes


def _by_reference(rows: Sequence[PastCall], campaign: Campaign, centre: Partner) -> list[PastCall]:
    """Rows that give a number get the reference that it has on the newest list before the call."""
    tokens = {number: indexes.dial_token(number) for row in rows for number in row.numbers}
    lists = ReleaseRow.objects.filter(release__centre=centre, release__campaign=campaign)
    held: dict[bytes, list[tuple[datetime, str]]] = {}
    for token, since, reference in among(
        lists, "token", tokens.values(), "token", "release__released_at", "reference"
    ):
        held.setdefault(bytes(token), []).append((since, reference))
    found = []
    for row in rows:
        if row.numbers:
            own = [each for number in row.numbers for each in held.get(tokens[number], ())]
            # Of lists of after the call the oldest: the report then says that the call lies before it.
            before = [each for each in own if each[0] <= row.call.at]
            reference = max(before)[1] if before else min(own)[1] if own else ""
            row = replace(row, call=replace(row.call, reference=reference))
        found.append(row)
    return found


def _read(file: ListFile, country: str, zone: tzinfo | None, now: datetime) -> Iterator[PastCall]:
    for table in open_tables(file.data, name=file.name, sheet=file.sheet):
        places = _places(table)
        phones = [] if REFERENCE in places else phone_columns(table, file.columns or {})
        for batch in table.batches(ROWS_AT_ONCE):
            for index, listed in enumerate(listed_rows(table.sheet, batch, phones, country)):
                cells = {name: batch.columns[place][index].strip() for name, place in places.items()}
                numbers = tuple(number.e164 for number in listed.numbers)
                yield _past_call(table.sheet, listed.row, cells, numbers, zone, now)


def _places(table: Table) -> dict[str, int]:
    titles = [title.strip().casefold() for title in table.header]
    missing = [name for name in NEEDED if name not in titles]
    if missing:
        raise Refused(
            "history_columns",
            "A file of past calls needs the columns at and outcome, and a reference or a telephone number per"
            " row. It has: %(columns)s.",
            columns=", ".join(table.header),
        )
    return {name: titles.index(name) for name in (REFERENCE, *COLUMNS) if name in titles}


def _past_call(
    sheet: str,
    row: int,
    cells: dict[str, str],
    numbers: tuple[int, ...],
    zone: tzinfo | None,
    now: datetime,
) -> PastCall:
    at = _moment(cells["at"], zone)
    reference = cells.get(REFERENCE, "")
    call = Call(reference, at or now, cells["outcome"], cells.get("refusal", "").casefold() in TRUE)
    params: dict[str, Any] = {"row": row}
    problem = None
    if at is None:
        problem = Problem("history_moment", _NO_MOMENT, params)
    elif not numbers and not reference:
        problem = Problem("history_nobody", _NOBODY, params)
    else:
        try:
            refuse_unreadable(call, now)
        except Refused as refused:
            problem = refused.problem
    return PastCall(sheet, row, call, numbers, problem)


_NO_MOMENT = gettext_noop(
    "Row %(row)s: “at” is no moment with its zone, as 2026-11-02T10:00:00+01:00. Without a zone in the file"
    " name it: --zone Europe/Paris."
)
_NOBODY = gettext_noop(
    "Row %(row)s holds neither a reference nor a telephone number that can be read. Correct it and import"
    " again."
)


def _moment(text: str, zone: tzinfo | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone) if zone is not None else None
