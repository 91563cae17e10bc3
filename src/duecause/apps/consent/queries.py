"""What holds now: consents, objections, suppressions, register versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from duecause.apps.catalogue.models import Purpose
from duecause.apps.consent.models import (
    ConsentEvent,
    Objection,
    RegisterEntry,
    RegisterSubmission,
    RegisterVersion,
    SubmittedNumber,
    Suppression,
)
from duecause.apps.obligations.models import Obligation
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import DialFact, Lookup, Person, Record
from duecause.apps.statements import Statement
from duecause.apps.vault import covers, indexes
from duecause.engine.consents import Said, fold
from duecause.engine.periods import end_of_day, local_day, months_after

TOKENS_AT_ONCE = 5_000
GIVING = (ConsentEvent.State.GIVEN, ConsentEvent.State.RENEWED)


def decided() -> QuerySet[ConsentEvent]:
    """Events that say yes or no. A question that waits for its answer changes nothing."""
    return ConsentEvent.objects.exclude(state=ConsentEvent.State.REQUESTED)


@dataclass(frozen=True, slots=True)
class ConsentState:
    """Newest word of a person on one controller, purpose and channel."""

    controller: str
    purpose: str
    channel: str
    state: str
    at: datetime
    wording: str
    purpose_name: Mapping[str, str]  # per language


def consent_states(person: Person) -> list[ConsentState]:
    """Current state per controller, purpose and channel, newest event wins."""
    said: dict[tuple[str, str, str], list[ConsentEvent]] = {}
    for event in _EVENTS.objects(person=person.pk):
        said.setdefault((event.controller.code, event.purpose.code, event.channel), []).append(event)
    return [_state(key, events) for key, events in said.items()]


def _state(key: tuple[str, str, str], events: list[ConsentEvent]) -> ConsentState:
    newest = events[-1]
    standing = fold(Said(each.at, str(each.pk), each.state, each.valid_to) for each in events)
    at = standing.since or newest.at
    return ConsentState(*key, standing.state, at, str(newest.wording or ""), newest.purpose.name)


_EVENTS = Statement(
    lambda *, person: (
        ConsentEvent.objects.filter(person=person)
        .select_related("controller", "purpose", "wording")
        .order_by("at", "id")
    )
)


def objections_of(person: Person) -> QuerySet[Objection]:
    return Objection.objects.filter(person=person, lifted_at=None).select_related("controller")


def objections_before_erasure(person: Person, controller: Controller) -> list[UUID]:
    """Running objections of an erased person who is this one again, as far as anybody can still tell: every
    number they stop is a number of this person. Sharing one number of several is not enough."""
    tokens = set(DialFact.objects.filter(person=person).values_list("token", flat=True))
    found = Objection.objects.filter(
        controller=controller, lifted_at=None, person__erased_at__isnull=False, suppressions__token__in=tokens
    ).distinct()
    return [
        objection.pk
        for objection in found
        if not objection.suppressions.filter(lifted_at=None).exclude(token__in=tokens).exists()
    ]


def suppressions(
    *, controller: Controller | int, channel: str, campaign: str, now: datetime
) -> QuerySet[Suppression]:
    """Rows that stop a call for this controller, channel and campaign at `now`."""
    return Suppression.objects.filter(
        Q(channel="") | Q(channel=channel),
        Q(campaign="") | Q(campaign=campaign),
        Q(expires_at=None) | Q(expires_at__gt=now),
        controller=controller,
        lifted_at=None,
        effective_at__lte=now,
    )


def objecting_people(
    *, controller: Controller | int, channel: str, campaign: str, now: datetime
) -> QuerySet[Objection]:
    """Running objections that reach this controller, channel and campaign: they stop every number of the
    person, also one that became known after the objection."""
    return Objection.objects.filter(
        Q(channel="") | Q(channel=channel),
        Q(campaign="") | Q(campaign=campaign),
        controller=controller,
        lifted_at=None,
        at__lte=now,
        person__isnull=False,
    )


def objecting_by_email(
    *,
    controller: Controller | int,
    channel: str,
    campaign: str,
    now: datetime,
    among: Collection[UUID] | None = None,
) -> set[UUID]:
    """Persons known by an e-mail address under which an objection was taken before anybody knew them."""
    stopped = suppressions(controller=controller, channel=channel, campaign=campaign, now=now).filter(
        key_id=indexes.lookup_key_id()
    )
    if covers.mixed("lookup"):
        return _stopped_while_the_key_changes(stopped, among)
    if among is None:
        addresses = Lookup.objects.filter(kind=Lookup.Kind.EMAIL, token__in=stopped.values("token"))
    else:
        addresses = _stopped_addresses(stopped, among)
    return set(addresses.values_list("record__person_id", flat=True))


def _stopped_while_the_key_changes(
    stopped: QuerySet[Suppression], among: Collection[UUID] | None
) -> set[UUID]:
    """The database cannot compare the tokens of two tables meanwhile: those of one are read."""
    addresses = Lookup.objects.filter(kind=Lookup.Kind.EMAIL)
    if among is not None:  # few people, and a call waits
        known = list(addresses.filter(record__person__in=among).values_list("token", "record__person_id"))
        stopped = stopped.filter(token__in={token for token, _ in known}) if known else stopped.none()
        tokens = set(stopped.values_list("token", flat=True))
        return {person for token, person in known if token in tokens}
    found: set[UUID] = set()
    rest = iter(set(stopped.values_list("token", flat=True)))
    while part := list(islice(rest, TOKENS_AT_ONCE)):
        found.update(addresses.filter(token__in=part).values_list("record__person_id", flat=True))
    return found


def stopped_addresses(
    *, controller: Controller | int, channel: str, campaign: str, now: datetime, among: Collection[UUID]
) -> QuerySet[Lookup]:
    """E-mail addresses of these few persons under which an objection was taken. While the look-up key changes
    only `objecting_by_email` can tell."""
    stopped = suppressions(controller=controller, channel=channel, campaign=campaign, now=now)
    return _stopped_addresses(stopped.filter(key_id=indexes.lookup_key_id()), among)


def _stopped_addresses(stopped: QuerySet[Suppression], among: Collection[UUID]) -> QuerySet[Lookup]:
    # A call waits for this: by the index of a few tokens, never through all suppressions.
    return Lookup.objects.filter(
        Exists(stopped.filter(token=OuterRef("token"))),
        kind=Lookup.Kind.EMAIL,
        record__person__in=among,
    )


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """For whom, for what and how a consent must have been given, and when it must still hold."""

    controller: Controller
    purpose: Purpose
    channel: str
    on: date


def consenting_people(question: ConsentQuestion, *, among: Collection[UUID] | None = None) -> set[object]:
    """Ids of persons whose newest word is yes: an event recorded here, or a record obtained with a wording
    that names the controller, the purpose and the channel, unless they said otherwise later. `among`: only
    these few persons are looked at."""
    return {person for person, holds in _newest_words(question, among).items() if holds}


def newest_words(question: ConsentQuestion, *, among: Collection[UUID]) -> dict[object, bool]:
    """Of these few persons those who said yes or no, and whether their newest word is yes. No is who refused
    or withdrew, or whose consent ended or proved invalid, and was not given again. That is no objection, but
    where nothing else is said nobody calls."""
    return _newest_words(question, among)


def _newest_words(question: ConsentQuestion, among: Collection[UUID] | None) -> dict[object, bool]:
    said: dict[object, tuple[date, bool]] = {}
    asked = Q() if among is None else Q(person__in=among)
    rows = _consented_records(question).filter(asked)
    for person, obtained, months in rows.values_list("person_id", "obtained_on", "wording__holds_months"):
        known = said.get(person)
        if obtained and (known is None or known[0] < obtained):
            said[person] = (obtained, not months or question.on <= months_after(obtained, months))
    events = (
        decided()
        .filter(
            asked,
            controller=question.controller,
            purpose=question.purpose,
            channel=question.channel,
            at__lt=end_of_day(question.on, question.controller.country),
        )
        .order_by("at", "id")
    )
    for person, at, state, valid_to in events.values_list("person_id", "at", "state", "valid_to"):
        known, day = said.get(person), local_day(at, question.controller.country)
        if known is None or known[0] <= day:
            holds = state in GIVING and (valid_to is None or question.on <= valid_to)
            said[person] = (day, holds)
    return {person: holds for person, (_, holds) in said.items()}


def _consented_records(question: ConsentQuestion) -> QuerySet[Record]:
    wordings = [
        wording.pk
        for wording in question.controller.wordings.filter(purpose=question.purpose)
        if question.channel in wording.channels
    ]
    return Record.objects.filter(
        basis="consent", wording__in=wordings, obtained_on__isnull=False, obtained_on__lte=question.on
    )


def active_versions(codes: Iterable[str]) -> dict[str, RegisterVersion]:
    versions = RegisterVersion.objects.filter(
        register__code__in=list(codes), state=RegisterVersion.State.ACTIVE
    ).select_related("register")
    return {version.register.code: version for version in versions}


def registers_naming(token: bytes) -> list[RegisterVersion]:
    """Active register versions that list this number (dial token)."""
    entries = RegisterEntry.objects.filter(
        token=token, version__state=RegisterVersion.State.ACTIVE
    ).select_related("version__register")
    return [entry.version for entry in entries]


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """What a register that gives out no file last said of a number, and on which day."""

    on: date
    listed: bool


def answers_of(
    register: str, tokens: Collection[bytes], *, since: date, on: date
) -> dict[bytes, RegisterAnswer]:
    """Token → the newest answer given from `since` to `on`; a number not answered then is missing."""
    found: dict[bytes, RegisterAnswer] = {}
    wanted = list(tokens)
    for start in range(0, len(wanted), TOKENS_AT_ONCE):
        rows = SubmittedNumber.objects.filter(
            token__in=wanted[start : start + TOKENS_AT_ONCE],
            listed__isnull=False,
            submission__register__code=register,
            submission__answered_on__gte=since,
            submission__answered_on__lte=on,
        ).order_by("submission__answered_on", "submission__answered_at")
        for token, listed, day in rows.values_list("token", "listed", "submission__answered_on"):
            if day is not None and listed is not None:
                found[bytes(token)] = RegisterAnswer(day, listed)
    return found


def newest_answers(codes: Iterable[str]) -> dict[str, date]:
    """Register -> the day of its newest answer, of those that were asked with numbers."""
    rows = RegisterSubmission.objects.filter(register__code__in=list(codes), answered_on__isnull=False)
    return dict(rows.values_list("register__code").annotate(newest=Max("answered_on")))


def waiting_submission(register: str) -> RegisterSubmission | None:
    """The newest submission that was not answered yet."""
    rows = RegisterSubmission.objects.filter(register__code=register, answered_on=None)
    return rows.order_by("-made_at").first()


def file_jobs(kinds: Collection[str]) -> QuerySet[Obligation]:
    """Files that were handed to the worker, newest first."""
    return Obligation.objects.prefetch_related("steps").filter(kind__in=kinds).order_by("-opened_at")


def running_objections() -> int:
    return Objection.objects.filter(lifted_at=None).count()
