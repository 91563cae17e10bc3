"""Screen lists. What is released, recalled and checked stands in the modules beside.

A screening reads facts, never sealed data. Its rows are written in chunks while the list is "screening"; one
last transaction makes it "screened" with its report and event, so that a half-written list is never used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connections, router, transaction

from duecause.apps.bulk import insert_rows
from duecause.apps.dialling import large_lists
from duecause.apps.dialling.candidates import Candidates
from duecause.apps.dialling.facts import chunks
from duecause.apps.dialling.gathering import Question
from duecause.apps.dialling.given import Given, ListFile, given
from duecause.apps.dialling.models import Campaign, DialList, ListRow
from duecause.apps.dialling.screening import Judged, Progress, judge
from duecause.apps.ledger.actions import record
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.obligations.models import Obligation
from duecause.apps.parties.models import Partner
from duecause.apps.register import spool
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused

SCREENING = "dialling.screen"
ROWS_AT_ONCE = 20_000
LINE = (
    "position", "file", "sheet", "row", "record_id", "person_id", "token", "country", "released", "reasons",
)  # fmt: skip


def screen(
    *,
    actor: Actor,
    campaign: Campaign,
    centre: Partner,
    on: date,
    now: datetime,
    sources: Sequence[str] = (),
    file: ListFile | None = None,
    progress: Progress | None = None,
) -> DialList:
    """Judge every candidate row for one campaign and one call centre on a day, and store the verdicts.

    Candidates are the imported rows of `sources` (codes) or the rows of `file`: one of the two. Every row
    ends released or with all its reasons; the report holds the waterfall, the rules and the registers used.
    Raises Refused for candidates that cannot be read, NotPermitted.
    """
    actor.require("dialling.screen")
    _check(campaign, centre, on)
    made_of = given(campaign, sources, file, on)
    dial_list = _begin(actor, campaign, centre, on, now, made_of.origin)
    try:
        return _judge_and_store(actor, dial_list, made_of, now, progress)
    except BaseException:
        fail_list(actor=actor, dial_list=dial_list)
        raise


def request_screening(
    *,
    actor: Actor,
    campaign: Campaign,
    centre: Partner,
    on: date,
    now: datetime,
    sources: Sequence[str] = (),
    file: ListFile | None = None,
) -> tuple[DialList, Obligation]:
    """Have a worker screen the imported rows of `sources` or the rows of `file`. The obligation's step tells
    how far it is. The file waits sealed and is destroyed when its screening ends, however it ends.

    Raises Refused at once for candidates that could not be read then, NotPermitted.
    """
    actor.require("dialling.screen")
    _check(campaign, centre, on)
    origin = _origin(campaign, sources, file, on)
    with transaction.atomic():
        dial_list = _begin(actor, campaign, centre, on, now, origin)
        facts = {"list": str(dial_list.pk), "campaign": campaign.code, "centre": centre.code}
        if file:
            facts["upload"] = str(dial_list.pk)
        obligation = open_obligation(actor=actor, kind=SCREENING, now=now, systems=["screening"], facts=facts)
        if file:
            _keep(dial_list, file)
    return dial_list, obligation


def screen_list(
    *,
    actor: Actor,
    dial_list: DialList,
    now: datetime,
    data: bytes | None = None,
    progress: Progress | None = None,
) -> DialList:
    """Screen a list that was asked for; `data` is its file, where it was asked for with one. Starts over what
    another worker left half done, and changes nothing once the list is screened or has failed.

    Raises Refused for candidates that cannot be read, NotPermitted.
    """
    actor.require("dialling.screen")
    if dial_list.state != DialList.State.SCREENING:
        return dial_list
    origin = dial_list.candidates_from
    file = None
    if data is not None:
        file = ListFile(data, origin["file"], origin["country"], origin["sheet"], origin["columns"])
    made_of = given(dial_list.campaign, origin.get("sources", ()), file, dial_list.on)
    return _judge_and_store(actor, dial_list, made_of, now, progress)


def fail_list(*, actor: Actor, dial_list: DialList) -> None:
    """Put a list aside that cannot be screened; its rows go. One that another worker has screened stays."""
    actor.require("dialling.screen")
    with transaction.atomic():
        waiting = DialList.objects.filter(pk=dial_list.pk, state=DialList.State.SCREENING)
        if waiting.update(state=DialList.State.FAILED):
            _clear(dial_list)


def _begin(
    actor: Actor, campaign: Campaign, centre: Partner, on: date, now: datetime, origin: Mapping[str, Any]
) -> DialList:
    return DialList.objects.create(
        campaign=campaign,
        centre=centre,
        on=on,
        candidates_from=dict(origin),
        created_at=now,
        actor=actor.ref,
    )


def _keep(dial_list: DialList, file: ListFile) -> None:
    try:
        spool.put(dial_list.pk, file.data)
    except BaseException:
        spool.drop(dial_list.pk)
        raise


def _check(campaign: Campaign, centre: Partner, on: date) -> None:
    if centre.kind != Partner.Kind.CALL_CENTRE:
        raise Refused(
            "not_a_call_centre", "%(party)s is no call centre. Choose one that is.", party=centre.name
        )
    if campaign.ended_on is not None and campaign.ended_on < on:
        raise Refused(
            "campaign_ended",
            "The campaign %(campaign)s ended on %(end)s. Choose one that runs.",
            campaign=campaign.name,
            end=campaign.ended_on,
        )


def _origin(campaign: Campaign, sources: Sequence[str], file: ListFile | None, on: date) -> dict[str, Any]:
    """Where candidates come from, with all that reading them again takes but the file itself."""
    made_of = given(campaign, sources, file, on)
    if file is None:
        return {**made_of.origin, "rows": made_of.rows}
    return {
        **made_of.origin,
        "country": made_of.country,
        "sheet": file.sheet,
        "columns": dict(file.columns or {}),
        "rows": made_of.rows,
    }


def _judge_and_store(
    actor: Actor, dial_list: DialList, made_of: Given, now: datetime, progress: Progress | None
) -> DialList:
    question = Question(dial_list.campaign, dial_list.centre, dial_list.on, now)
    _clear(dial_list)
    if made_of.rows >= large_lists.FROM_ROWS:
        with large_lists.judged_from_files(question, made_of, progress) as (judged, batches):
            rows = (row for batch in batches for row in large_lists.row_of(batch))
            _store(dial_list, rows, judged.verdicts.candidates, progress)
            return _complete(actor, dial_list, judged, now)

    def told(done: int) -> None:
        if progress:
            progress("list", done, made_of.rows)

    candidates = made_of.candidates(told)
    judged = judge(question, candidates, progress=progress)
    _store(dial_list, _verdicts(candidates, judged), len(candidates.rows), progress)
    return _complete(actor, dial_list, judged, now)


def _clear(dial_list: DialList) -> None:
    ListRow.objects.filter(dial_list=dial_list).delete()


def _store(
    dial_list: DialList, rows: Iterable[tuple[Any, ...]], total: int, progress: Progress | None
) -> None:
    """Rows as `_verdicts` gives them, some in each transaction."""
    native = connections[router.db_for_write(ListRow)].features.has_native_uuid_field

    def key(value: bytes | None) -> UUID | str | None:
        return (UUID(bytes=value) if native else value.hex()) if value else None

    reasons = _Texts()
    list_key = dial_list.pk if native else dial_list.pk.hex
    done = 0
    for chunk in chunks(rows, ROWS_AT_ONCE):
        with transaction.atomic():
            insert_rows(
                ListRow,
                ("dial_list_id", *LINE),
                [
                    (list_key, at, file or "", sheet or "", row, key(record), key(person), token,
                     country or "", released, reasons.of(tuple(why or ())))
                    for at, file, sheet, row, record, person, token, country, released, why in chunk
                ],
            )  # fmt: skip
        done += len(chunk)
        if progress:
            progress("store", done, total)


class _Texts:
    """Reasons as JSON; few of them are different."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, reasons: tuple[str, ...]) -> str:
        if reasons not in self._known:
            self._known[reasons] = json.dumps(reasons)
        return self._known[reasons]


def _verdicts(candidates: Candidates, judged: Judged) -> Iterator[tuple[Any, ...]]:
    """Each row with all that a list keeps of it (LINE); keys are their 16 bytes."""
    for batch in judged.verdicts.table.to_batches():
        for verdict in batch.to_pylist():
            row = candidates.rows[verdict["row_id"]]
            ordinal = verdict["ordinal"]
            record = row.numbers[ordinal].record if ordinal is not None else row.record
            yield (
                verdict["row_id"], row.file, row.sheet, row.row, record and record.bytes, verdict["person"],
                verdict["token"], verdict["country"], verdict["released"], verdict["reasons"],
            )  # fmt: skip


def _complete(actor: Actor, dial_list: DialList, judged: Judged, now: datetime) -> DialList:
    with transaction.atomic():
        dial_list.state = DialList.State.SCREENED
        dial_list.report = {"list": str(dial_list.pk), **judged.report}
        dial_list.screened_at = now
        waiting = DialList.objects.filter(pk=dial_list.pk, state=DialList.State.SCREENING)
        if not waiting.update(state=dial_list.state, report=dial_list.report, screened_at=now):
            raise Refused("list_elsewhere", "Another worker has ended this screening. Look at its list.")
        record(actor=actor, kind="dialling.screened", now=now, payload=_told(dial_list))
    return dial_list


def _told(dial_list: DialList) -> dict[str, Any]:
    report = dial_list.report
    names = (
        "campaign",
        "centre",
        "on",
        "pack_version",
        "candidates",
        "released",
        "totals",
        "registers",
        "expires_on",
    )
    told = {name: report[name] for name in names}
    return {**told, "list": report["list"], "rules": [rule["id"] for rule in report["rules"]]}


def today(campaign: Campaign, now: datetime) -> date:
    return local_day(now, campaign.controller.country)
