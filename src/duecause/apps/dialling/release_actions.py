"""Release a screened list to its call centre, and recall it.

The clear file exists in memory and in the stream it is written to; only its hash is kept. A centre with a
public key gets it encrypted to that key. Everything that stands for the release is committed before the first
byte leaves: a broken stream leaves a release that can be recalled, never a file nobody knows of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import F

from duecause.apps.dialling import (
    facts,
    marks,
    notices,
    origins,
    packages,
    register_answers,
    rules,
    scripts,
)
from duecause.apps.dialling.conditions import conditions
from duecause.apps.dialling.custody_actions import promise_arrival
from duecause.apps.dialling.feed_actions import tell_of_recall
from duecause.apps.dialling.list_queries import release_of
from duecause.apps.dialling.models import Campaign, DialList, ListRow, Release, ReleaseRow
from duecause.apps.dialling.opened import Opened, open_rows
from duecause.apps.dialling.packages import Package
from duecause.apps.ledger.actions import record
from duecause.apps.parties.queries import blocking_reasons_of, gate_of, open_until
from duecause.apps.register.models import Record
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.periods import end_of_day, local_day
from duecause.engine.problems import Refused
from duecause.engine.tabular import write_csv
from duecause.web.words import spoken

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file. A planted row has no list row."""

    reference: str
    token: bytes
    number: str
    values: dict[str, str]
    row: ListRow | None = None


def release(*, actor: Actor, dial_list: DialList, now: datetime, out: BinaryIO) -> Release:
    """Hand a list that was screened today to its centre, as CSV written to `out`, encrypted to the centre's
    key where it has one (`certificate["encrypted_to"]`).

    Columns: reference, number, the campaign's release fields, list (the watermark). Two rows are planted on
    numbers of the company. What was suppressed or given to another centre since the screening stays back.
    Raises Refused where the party gate is closed (with every reason), the campaign is banned, the list is
    stale or nobody is left; NotPermitted.
    """
    actor.require("dialling.release")
    refuse_unless_releasable(dial_list, now)
    rows = list(ListRow.objects.filter(dial_list=dial_list, released=True).order_by("position"))
    if not rows:
        raise Refused("nobody_to_release", "This list releases nobody: see its report for the reasons.")
    release_id, contents = uuid7(), _contents(rows)
    opened = open_rows(
        rows=rows, fields=packages.carried(dial_list.campaign), why="release", work=release_id, now=now
    )
    held = _held_back(dial_list, rows, opened, now)
    lines = _lines(release_id, dial_list.campaign, rows, opened, held)
    content = _file(release_id, dial_list.campaign, lines)
    draft = _draft(actor, release_id, dial_list, lines, now)
    try:
        with transaction.atomic():
            Campaign.objects.select_for_update().get(pk=dial_list.campaign_id)
            dial_list.refresh_from_db(fields=["state", "report", "screened_at"])
            refuse_unless_releasable(dial_list, now)
            _refuse_outdated(contents, _contents(rows))
            late = _held_back(dial_list, rows, opened, now)
            if late != held:
                lines = _lines(release_id, dial_list.campaign, rows, opened, late)
                content = _file(release_id, dial_list.campaign, lines)
            package = packages.packed(content, dial_list.centre)
            made = _commit(actor, draft, dial_list, lines, late, package, now)
    except BaseException:
        draft.delete()
        raise
    out.write(package.content)
    return made


def recall(*, actor: Actor, release: Release, now: datetime) -> bool:
    """Take a release back: from now on its numbers may not be called. False if it was recalled before."""
    actor.require("dialling.release")
    with transaction.atomic():
        recalled = Release.objects.filter(pk=release.pk, recalled_at=None).update(recalled_at=now)
        if recalled:
            told = {
                "release": str(release.pk),
                "campaign": release.campaign.code,
                "centre": release.centre.code,
                "rows": release.rows,
            }
            record(actor=actor, kind="dialling.recalled", now=now, payload=told)
            tell_of_recall(actor=actor, release=release, now=now)
    release.refresh_from_db(fields=["recalled_at"])
    return bool(recalled)


def refuse_unless_releasable(dial_list: DialList, now: datetime) -> None:
    """Raise Refused with what stands against a release of this list now."""
    if dial_list.state == DialList.State.RELEASED:
        raise Refused("already_released", "This list was released before. Screen a new one.")
    if dial_list.state != DialList.State.SCREENED:
        raise Refused("list_not_screened", "This list has not been screened. Screen it first.")
    campaign = dial_list.campaign
    today = local_day(now, campaign.controller.country)
    for ban in rules.banned_everywhere(campaign, today):
        raise Refused(
            "campaign_banned",
            "Nobody may be called for %(campaign)s: %(law)s (rule %(rule)s, since %(since)s).",
            campaign=campaign.name,
            law=ban.law,
            rule=ban.id,
            since=ban.valid_from,
        )
    _refuse_without_a_script(dial_list, today)
    _refuse_a_closed_gate(dial_list, today, now)
    _refuse_a_stale_list(dial_list, today)
    register_answers.refuse_unanswered(dial_list, today)


def _refuse_without_a_script(dial_list: DialList, today: date) -> None:
    """Where the rules of a country ask for a script before anybody is called."""
    law = scripts.required_in(dial_list.campaign.countries, today)
    missing = scripts.missing_languages(dial_list, today) if law else []
    if missing:
        raise Refused(
            "script_missing",
            "No script is in force for %(campaign)s in: %(languages)s (%(law)s). Draft one and put it into"
            " force.",
            campaign=dial_list.campaign.name,
            languages=", ".join(missing),
            law=law,
        )


def _refuse_a_closed_gate(dial_list: DialList, today: date, now: datetime) -> None:
    blocking = blocking_reasons_of(dial_list.centre, today, now=now)
    if blocking:
        raise Refused(
            "party_gate_closed",
            "Nothing may be released to %(centre)s now. %(reasons)s",
            centre=dial_list.centre.name,
            reasons=" ".join(spoken(reason) for reason in blocking),
        )


def _refuse_a_stale_list(dial_list: DialList, today: date) -> None:
    country = dial_list.campaign.controller.country
    screened_at = dial_list.screened_at
    if dial_list.on != today or screened_at is None or local_day(screened_at, country) != today:
        raise Refused(
            "list_stale",
            "This list was screened for %(on)s. Screen it again for today, %(today)s.",
            on=dial_list.on,
            today=today,
        )
    report = dial_list.report
    _, versions = facts.register_states(report["register_versions"])
    loaded = {each.register.code: (each.pk, each.version_date.isoformat()) for each in versions}
    days = report.get("register_days", {})  # a newer file may come into the place of the one before
    changed = [
        code
        for code, pk in report["register_versions"].items()
        if code not in loaded or loaded[code] != (pk, days.get(code, loaded[code][1]))
    ]
    if changed or (report["expires_on"] or today.isoformat()) < today.isoformat():
        raise Refused(
            "list_stale",
            "A register changed or ran out since this list was screened (%(registers)s). Screen it again.",
            registers=", ".join(changed) or report["expires_on"],
        )


def _contents(rows: Sequence[ListRow]) -> dict[UUID, bytes]:
    ids = {row.record_id for row in rows if row.record_id}
    found = facts.among(Record.objects.all(), "pk", ids, "pk", "content_hash")
    return {pk: bytes(content) for pk, content in found}


def _refuse_outdated(opened: dict[UUID, bytes], stored: dict[UUID, bytes]) -> None:
    """What was corrected after it was opened must not go out as it was. (Who was erased is held back.)"""
    if any(opened.get(pk) != content for pk, content in stored.items()):
        raise Refused(
            "list_corrected",
            "A person on this list was corrected while the file was being made. Release it again.",
        )


def _held_back(
    dial_list: DialList, rows: Sequence[ListRow], opened: dict[int, Opened], now: datetime
) -> dict[int, str]:
    """List-row id → why it stays back although it was released at the screening."""
    campaign = dial_list.campaign
    tokens = {bytes(row.token) for row in rows if row.token}
    today = local_day(now, campaign.controller.country)
    suppressed = register_answers.listed(campaign, tokens, today)
    suppressed |= dict(facts.suppressed(campaign, tokens, now))
    people = {row.person_id for row in rows if row.person_id}
    pairs = facts.elsewhere(campaign, dial_list.centre, tokens, people)
    elsewhere = {key for pair in pairs for key in pair}
    unusable = origins.unusable(campaign, {row.record_id for row in rows if row.record_id}, today)
    withdrawn = facts.no_longer_consenting(campaign, people, dial_list.screened_at or now)
    records = [row.record_id for row in rows if row.record_id]
    untold = notices.stopped(campaign, dial_list.centre, records, now, dial_list.on)
    held: dict[int, str] = {}
    for row in rows:
        token, person = bytes(row.token or b""), row.person_id
        found = opened.get(row.pk)
        if token in suppressed:
            held[row.pk] = suppressed[token]
        elif person is None or found is None:
            held[row.pk] = "erased_guard"
        elif row.record_id in unusable:
            held[row.pk] = unusable[row.record_id]
        elif token in elsewhere or person.bytes in elsewhere:
            held[row.pk] = "released_elsewhere"
        elif person in withdrawn:
            held[row.pk] = "no_consent"
        elif row.record_id in untold:
            held[row.pk] = untold[row.record_id]
        elif found.number is None:
            held[row.pk] = "invalid_number"
    return held


def _lines(
    release_id: UUID,
    campaign: Campaign,
    rows: Sequence[ListRow],
    opened: dict[int, Opened],
    held: dict[int, str],
) -> list[Line]:
    """The people and the planted rows, in the order of their references."""
    lines = []
    for row in rows:
        if row.pk not in held:
            token, found = bytes(row.token or b""), opened[row.pk]
            mark = marks.reference(release_id, token)
            lines.append(Line(mark, token, found.number or "", found.values, row))
    if not lines:
        raise Refused(
            "nobody_to_release", "Since the screening nobody is left to release. Screen the list again."
        )
    owned = facts.canary_tokens(campaign)
    for canary in marks.canaries(release_id, list(owned.values()), campaign.countries):
        # Place and language of a real row, so that an empty cell does not give the planted one away.
        values = {k: v for k, v in lines[0].values.items() if k in ("postcode", "city", "language")}
        values |= {"first_name": canary.first_name, "last_name": canary.last_name}
        values["full_name"] = f"{canary.first_name} {canary.last_name}"
        token = indexes.dial_token(canary.number.e164)
        lines.append(Line(marks.reference(release_id, token), token, canary.number.text, values))
    return sorted(lines, key=lambda line: line.reference)


def _file(release_id: UUID, campaign: Campaign, lines: Sequence[Line]) -> bytes:
    fields = packages.carried(campaign)
    mark = marks.watermark(release_id)
    rows = (
        (line.reference, line.number, *(line.values.get(name, "") for name in fields), mark) for line in lines
    )
    return b"".join(write_csv(rows, ["reference", "number", *fields, "list"]))


def _draft(
    actor: Actor, release_id: UUID, dial_list: DialList, lines: Sequence[Line], now: datetime
) -> Release:
    """The release with its rows, not yet in force: written in chunks so that nobody waits for a long
    transaction. It ends when it begins and counts for nothing until `_commit`."""
    Release.objects.filter(dial_list=dial_list, expires_at=F("released_at")).delete()
    made = Release.objects.create(
        id=release_id,
        dial_list=dial_list,
        campaign=dial_list.campaign,
        centre=dial_list.centre,
        released_at=now,
        expires_at=now,
        rows=0,
        fields=packages.carried(dial_list.campaign),
        watermark=marks.watermark(release_id),
        notice=notices.name_of(dial_list.campaign),
        event=release_id,
        actor=actor.ref,
    )
    for part in facts.chunks(lines, ROWS_AT_ONCE):
        ReleaseRow.objects.bulk_create(
            ReleaseRow(
                release=made,
                reference=line.reference,
                token=line.token,
                person_id=line.row.person_id if line.row else None,
                record_id=line.row.record_id if line.row else None,
            )
            for line in part
        )
    return made


def _commit(
    actor: Actor,
    draft: Release,
    dial_list: DialList,
    lines: Sequence[Line],
    held: dict[int, str],
    package: Package,
    now: datetime,
) -> Release:
    expires_at = _expires_at(dial_list, now)
    gate = gate_of(dial_list.centre, local_day(now, dial_list.campaign.controller.country), now=now)
    people = [line for line in lines if line.row is not None]
    _write_held_back(dial_list, draft, held)
    told = {
        "release": str(draft.pk),
        "list": str(dial_list.pk),
        "campaign": dial_list.campaign.code,
        "centre": dial_list.centre.code,
        "rows": len(people),
        "planted": len(lines) - len(people),
        "watermark": draft.watermark,
        "file_sha256": package.clear_sha256,
        "delivered_sha256": package.sha256,
        "encrypted_to": package.encrypted_to,
        "expires_at": expires_at.isoformat(),
        "overridden": sorted(block.key for block in gate.overridden),
    }
    event = record(actor=actor, kind="dialling.released", now=now, payload=told)
    draft.expires_at = expires_at
    draft.rows = len(people)
    draft.file_sha256 = package.clear_sha256
    draft.certificate = _certificate(dial_list, told, held, event.uid, now)
    draft.event = event.uid
    draft.save(force_update=True)
    promise_arrival(actor=actor, release=draft, now=now)
    DialList.objects.filter(pk=dial_list.pk).update(state=DialList.State.RELEASED)
    dial_list.state = DialList.State.RELEASED
    return draft


def _write_held_back(dial_list: DialList, draft: Release, held: dict[int, str]) -> None:
    """Rows of the list that stay back after all say why, and leave the release if they were in its draft."""
    for reason in sorted(set(held.values())):
        for part in facts.chunks(pk for pk, why in held.items() if why == reason):
            rows = ListRow.objects.filter(pk__in=part)
            tokens = set(rows.exclude(token=None).values_list("token", flat=True))
            draft.release_rows.filter(token__in=tokens, person__isnull=False).delete()
            rows.update(released=False, reasons=[reason])
    if held:
        dial_list.report["held_back_at_release"] = dict(Counter(held.values()))
        dial_list.save(update_fields=["report"])


def last_day(dial_list: DialList) -> date:
    """The last day on which registers, rules, contract and campaign allow calls; once released, the one that
    the release has, which a partner's gate may have brought forward."""
    given = release_of(dial_list)
    if given is not None and dial_list.state == DialList.State.RELEASED:
        return local_day(given.expires_at - timedelta(seconds=1), dial_list.campaign.controller.country)
    last = dial_list.on + timedelta(days=dial_list.campaign.valid_days)
    until = dial_list.report["expires_on"]
    return last if until is None else min(last, date.fromisoformat(until))


def _expires_at(dial_list: DialList, now: datetime) -> datetime:
    """Not later than the gate of the centre is open, by what is known now."""
    country = dial_list.campaign.controller.country
    until = open_until(dial_list.centre, local_day(now, country), now=now)
    last = last_day(dial_list)
    answered = register_answers.usable_until(dial_list, local_day(now, country))
    last = last if answered is None else min(last, answered)
    return end_of_day(last if until is None else min(last, until), country)


def _certificate(
    dial_list: DialList, told: dict[str, Any], held: dict[int, str], event: UUID, now: datetime
) -> dict[str, Any]:
    """What the list was screened against, and the file it became. The waterfall still adds up."""
    screened: dict[str, Any] = dial_list.report["certificate"]
    dropped = Counter(held.values())
    waterfall = [
        {"reason": step["reason"], "rows": step["rows"] + dropped.pop(step["reason"], 0)}
        for step in screened["waterfall"]
    ]
    waterfall += [{"reason": code, "rows": count} for code, count in sorted(dropped.items())]
    return {
        **screened,
        "waterfall": waterfall,
        "released": told["rows"],
        "list_sha256": told["file_sha256"],
        "delivered_sha256": told["delivered_sha256"],
        "encrypted_to": told["encrypted_to"],
        "planted_rows": told["planted"],
        "watermark": told["watermark"],
        "party_overrides": told["overridden"],
        **conditions(dial_list, local_day(now, dial_list.campaign.controller.country)),
        "release": told["release"],
        "released_at": now.isoformat(),
        "expires_at": told["expires_at"],
        "event": str(event),
    }
