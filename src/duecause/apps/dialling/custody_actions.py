"""A list in a centre's hands: its word that the list arrived whole, and that it is destroyed or returned
after its end. Both are promises with a day; silence raises alarms, and at last closes the centre's gate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from duecause.apps.dialling import feed_wall
from duecause.apps.dialling.models import Custody, Release
from duecause.apps.gate.actions import raise_alarm
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.actions import record
from duecause.apps.ledger.upserts import require_one_of
from duecause.apps.obligations.actions import finish_waiting, open_obligation
from duecause.apps.obligations.models import Step
from duecause.apps.parties.models import Partner
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.packs.custody import terms
from duecause.web.templatetags.formats import shown_day

ARRIVAL = "dialling.list_arrival"
END = "dialling.list_end"
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
ACTED = ("feed", "dialling.release")  # a centre for itself, or our own people for it
CLOCKS = timedelta(minutes=5)  # how far another's clock may be ahead of ours


@dataclass(frozen=True, slots=True)
class Said:
    """What a centre says of a list. `sha256`: of the list it received, as it reads it (opened, where it was
    encrypted), or of a signed certificate that is kept elsewhere."""

    word: str
    at: datetime
    sha256: str = ""
    how: str = "api"


def promise_arrival(*, actor: Actor, release: Release, now: datetime) -> None:
    """The centre must say that the list arrived. Belongs into the transaction of the release."""
    _promise(actor, release, Custody.Kind.ARRIVAL, ARRIVAL, now + terms(now.date()).received_within, now)


def _promise(actor: Actor, release: Release, kind: str, what: str, due: datetime, now: datetime) -> Custody:
    obligation = open_obligation(
        actor=actor,
        kind=what,
        now=now,
        systems=[release.centre.code],
        facts={"release": str(release.pk)},
        due_at=due,
        waiting=True,
    )
    step = obligation.steps.get().pk
    return Custody.objects.create(
        release=release, partner_id=release.centre_id, kind=kind, due_at=due, step=step
    )


def say(*, actor: Actor, partner: Partner, mark: str, said: Said, now: datetime) -> Custody:
    """Take a centre's word about the list with this watermark. The same word again changes nothing.

    A list that is destroyed or returned before its end ends with that. Raises NotPermitted, Refused for a
    list that is not this centre's, another file than the one released, a word that contradicts an earlier
    one, or a moment that is still to come.
    """
    require_one_of(actor, *ACTED)
    with feed_wall.walled(partner):
        handed = Release.objects.filter(watermark=mark.upper(), expires_at__gt=F("released_at"))
        former = Release.objects.filter(watermark=mark.upper(), dial_list=None)
        found = feed_wall.own(handed | former, partner, "centre").values_list("pk", flat=True).first()
    release = Release.objects.select_related("centre", "campaign").get(pk=found) if found else None
    if release is None:
        raise Refused(
            "list_never_given",
            "%(partner)s was given no list of this name. The name stands in the column “list” of its file.",
            partner=partner.name,
        )
    _refuse_unfit(release, said, now)
    kind = Custody.Kind.ARRIVAL if said.word == Custody.Word.RECEIVED else Custody.Kind.END
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)  # two words, one after the other
        row = Custody.objects.filter(release=release, kind=kind).first()
        if row is not None and row.said_at is not None:
            return _said_before(row, said)
        if row is None:
            row = _promise(actor, release, kind, ARRIVAL if kind == Custody.Kind.ARRIVAL else END, now, now)
        _keep(actor, release, row, said, now)
    return row


def _refuse_unfit(release: Release, said: Said, now: datetime) -> None:
    if said.word not in Custody.Word.values:
        raise Refused(
            "custody_word", "Say one of: %(known)s.", known=", ".join(map(str, Custody.Word.values))
        )
    if said.at > now + CLOCKS or said.at < release.released_at - CLOCKS:
        raise Refused(
            "custody_moment",
            "“at” must lie between the release of the list and now. Look at the clock and its zone.",
        )
    if said.sha256 and not SHA256.fullmatch(said.sha256):
        raise Refused("custody_hash", "“sha256” must be 64 hexadecimal digits in lower case.")
    if said.word != Custody.Word.RECEIVED:
        return
    if not said.sha256:
        raise Refused(
            "custody_hash_missing",
            "Give the “sha256” of the list as it arrived, opened if it was encrypted.",
        )
    if release.file_sha256 and said.sha256 != release.file_sha256:
        raise Refused(
            "custody_other_file",
            "This is the hash of another file than the one released: it was altered, damaged or cut on its"
            " way, or not opened yet. Do not call from it; ask for a new list.",
        )


def _said_before(row: Custody, said: Said) -> Custody:
    if row.word != said.word:
        raise Refused(
            "custody_contradicts",
            "It was said before that this list is %(word)s. Ask the privacy officer if that was wrong.",
            word=row.word,
        )
    return row


def _keep(actor: Actor, release: Release, row: Custody, said: Said, now: datetime) -> None:
    row.word, row.at, row.said_at, row.how = said.word, said.at, now, said.how
    row.sha256, row.actor = said.sha256, actor.ref
    row.save(update_fields=["word", "at", "said_at", "how", "sha256", "actor"])
    told = {
        "release": str(release.pk),
        "centre": release.centre.code,
        "word": said.word,
        "at": said.at.isoformat(),
        "how": said.how,
        "sha256": said.sha256,
        "due_at": row.due_at.isoformat(),
    }
    record(actor=actor, kind="dialling.custody_said", now=now, payload=told)
    step = Step.objects.select_related("obligation").get(pk=row.step)
    receipt = {"at": now.isoformat(), "word": said.word, "sha256": said.sha256}
    finish_waiting(actor=actor, step=step, now=now, receipt=receipt)
    if row.kind == Custody.Kind.END:  # what a centre no longer has it must not call from either
        until = max(now, release.released_at + timedelta(seconds=1))  # a draft would end when it begins
        Release.objects.filter(pk=release.pk, expires_at__gt=until).update(expires_at=until)


@dataclass(frozen=True, slots=True)
class Watched:
    promised: int
    alarms: int


def watch_custody(*, actor: Actor, now: datetime) -> Watched:
    """Ask for the end of every list that has ended, and raise what is late. Again it does nothing more."""
    promised = 0
    for release in _ended(now):
        with transaction.atomic():
            Partner.objects.select_for_update(no_key=True).get(pk=release.centre_id)
            if not release.custody.filter(kind=Custody.Kind.END).exists():
                due = now + terms(now.date()).destroyed_within
                _promise(actor, release, Custody.Kind.END, END, due, now)
                promised += 1
    return Watched(promised, _alarms(actor, now))


def _ended(now: datetime) -> QuerySet[Release]:
    """Recalled, run out, or of former times; without a promise yet. Drafts that never left are none."""
    over = Q(recalled_at__isnull=False) | Q(expires_at__lte=now)
    handed = Q(expires_at__gt=F("released_at")) | Q(dial_list=None)
    promised = Custody.objects.filter(kind=Custody.Kind.END).values("release")
    found = Release.objects.filter(over, handed).exclude(pk__in=promised)
    return found.select_related("centre", "campaign").order_by("expires_at")


def _alarms(actor: Actor, now: datetime) -> int:
    dated, raised = terms(now.date()), 0
    open_words = Custody.objects.filter(said_at=None).select_related("release", "partner")
    for row in open_words.filter(due_at__lte=now + dated.remind_before).order_by("due_at"):
        late = row.due_at <= now
        if row.kind == Custody.Kind.ARRIVAL:
            raised += late and _once(actor, "list_not_received", 2, row, now)
        elif late:
            raised += _once(actor, "list_not_destroyed", 3, row, now)
        else:
            raised += _once(actor, "list_end_nears", 1, row, now)
    return raised


def _once(actor: Actor, kind: str, severity: int, row: Custody, now: datetime) -> int:
    stops = row.due_at + terms(now.date()).stop_after
    facts: dict[str, Any] = {
        "partner": row.partner.code,
        "list": row.release.watermark,
        "due_on": shown_day(row.due_at).isoformat(),
        "stops_on": shown_day(stops).isoformat(),
    }
    if Alarm.objects.filter(kind=kind, facts__list=facts["list"]).exists():
        return 0
    raise_alarm(actor=actor, kind=kind, severity=severity, facts=facts, now=now)
    return 1
