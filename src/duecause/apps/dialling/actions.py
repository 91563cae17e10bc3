"""Screen lists. What is released, recalled and checked stands in the modules beside.

A screening reads facts, never sealed data. Its rows are written in chunks while the list is "screening"; one
last transaction makes it "screened" with its report and event, so that a half-written list is never used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from duecause.apps.dialling.candidates import Candidates, from_list, from_sources, sources_named
from duecause.apps.dialling.facts import chunks
from duecause.apps.dialling.lists import count_rows, read_list
from duecause.apps.dialling.models import Campaign, DialList, ListRow
from duecause.apps.dialling.screening import Judged, Progress, Question, judge
from duecause.apps.ledger.actions import record
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.obligations.models import Obligation
from duecause.apps.parties.models import Partner
from duecause.apps.register import spool
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused

SCREENING = "dialling.screen"
ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list handed in as a file. `country` reads numbers without a country code; empty: the campaign's own,
    if it has one. `columns` maps a column to a phone field where its header says nothing."""

    data: bytes
    name: str
    country: str = ""
    sheet: str | None = None
    columns: Mapping[str, str] | None = None


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
    candidates = _candidates(campaign, sources, file, on, progress)
    dial_list = _begin(actor, campaign, centre, on, now, candidates.origin)
    try:
        return _judge_and_store(actor, dial_list, candidates, now, progress)
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
    origin = _origin(campaign, sources, file)
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
    candidates = _candidates(dial_list.campaign, origin.get("sources", ()), file, dial_list.on, progress)
    return _judge_and_store(actor, dial_list, candidates, now, progress)


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


def _origin(campaign: Campaign, sources: Sequence[str], file: ListFile | None) -> dict[str, Any]:
    """Where candidates come from, with all that reading them again takes but the file itself."""
    _one_of(sources, file)
    if file is None:
        return {"sources": [source.code for source in sources_named(sources, campaign)]}
    rows = count_rows(file.data, name=file.name, sheet=file.sheet, columns=file.columns)
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.data).hexdigest(),
        "country": country_of(campaign, file),
        "sheet": file.sheet,
        "columns": dict(file.columns or {}),
        "rows": rows,
    }


def _candidates(
    campaign: Campaign,
    sources: Sequence[str],
    file: ListFile | None,
    on: date,
    progress: Progress | None,
) -> Candidates:
    _one_of(sources, file)
    if file is None:
        return from_sources(sources, campaign=campaign, on=on)
    country = country_of(campaign, file)
    named: dict[str, Any] = {"name": file.name, "sheet": file.sheet, "columns": file.columns}
    total = count_rows(file.data, **named) if progress else 0

    def told(done: int) -> None:
        if progress:
            progress("list", done, total)

    listed = read_list(file.data, **named, country=country, told=told)
    return from_list(listed, campaign=campaign, file_name=file.name, data=file.data, on=on)


def _one_of(sources: Sequence[str], file: ListFile | None) -> None:
    if bool(sources) == (file is not None):
        raise Refused("candidates_needed", "Name the sources to take rows from, or hand in one list.")


def country_of(campaign: Campaign, file: ListFile) -> str:
    """The country that numbers without a country code are read in. Raises Refused where it must be said."""
    country = file.country or (campaign.countries[0] if len(campaign.countries) == 1 else "")
    if not country:
        raise Refused(
            "country_needed",
            "The campaign calls in %(countries)s. Say in which country the numbers of %(file)s are written.",
            countries=", ".join(campaign.countries),
            file=file.name,
        )
    return country


def _judge_and_store(
    actor: Actor, dial_list: DialList, candidates: Candidates, now: datetime, progress: Progress | None
) -> DialList:
    question = Question(dial_list.campaign, dial_list.centre, dial_list.on, now)
    _clear(dial_list)
    judged = judge(question, candidates, progress=progress)
    _store_rows(dial_list, candidates, judged, progress)
    return _complete(actor, dial_list, judged, now)


def _clear(dial_list: DialList) -> None:
    ListRow.objects.filter(dial_list=dial_list).delete()


def _store_rows(
    dial_list: DialList, candidates: Candidates, judged: Judged, progress: Progress | None
) -> None:
    done, total = 0, len(candidates.rows)
    for chunk in chunks(_list_rows(dial_list, candidates, judged), ROWS_AT_ONCE):
        ListRow.objects.bulk_create(chunk)
        done += len(chunk)
        if progress:
            progress("store", done, total)


def _list_rows(dial_list: DialList, candidates: Candidates, judged: Judged) -> Iterator[ListRow]:
    for batch in judged.verdicts.table.to_batches():
        for verdict in batch.to_pylist():
            row = candidates.rows[verdict["row_id"]]
            ordinal = verdict["ordinal"]
            number = row.numbers[ordinal] if ordinal is not None else None
            person = UUID(bytes=verdict["person"]) if verdict["person"] else None
            yield ListRow(
                dial_list=dial_list,
                position=verdict["row_id"],
                file=row.file,
                sheet=row.sheet,
                row=row.row,
                record_id=number.record if number else row.record,
                person_id=person,
                token=verdict["token"],
                country=verdict["country"] or "",
                released=verdict["released"],
                reasons=verdict["reasons"],
            )


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
