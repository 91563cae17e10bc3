"""Tell our own staff everything that speaks for and against a call to one number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from duecause.apps.consent.queries import (
    ConsentQuestion,
    consenting_people,
    objecting_by_email,
    objecting_people,
    registers_naming,
    suppressions,
)
from duecause.apps.dialling import attempt_counts, register_answers, rules
from duecause.apps.dialling.calling_times import hours_of, local_time
from duecause.apps.dialling.models import Campaign, ReleaseRow
from duecause.apps.dialling.origins import unusable
from duecause.apps.dialling.precall import Decision, decide
from duecause.apps.dialling.precall_caps import within_caps
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import blocking_reasons_of
from duecause.apps.register.models import DialFact, Person
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.attempts import full
from duecause.engine.periods import local_day
from duecause.engine.phone import PhoneNumber, parse_e164
from duecause.engine.problems import Problem, Refused, gettext_noop
from duecause.engine.screening.reasons import describe, register_code

A_MOMENT = timedelta(microseconds=1)  # a day ends when the next begins


@dataclass(frozen=True, slots=True)
class Checked:
    """`findings` are sentences (render with gettext); `decisions` what each centre would be answered."""

    findings: tuple[Problem, ...]
    decisions: tuple[tuple[Partner, Decision], ...]

    @property
    def allowed(self) -> bool:
        return any(decision.allowed for _, decision in self.decisions)


def check(
    *, actor: Actor, number: str, campaign: Campaign, centre: Partner | None = None, now: datetime
) -> Checked:
    """All reasons for one number and campaign, for one centre or for every call centre.

    The check is an event of each person known by the number. Raises Refused for what is no international
    number, NotPermitted.
    """
    actor.require("dialling.check")
    parsed = parse_e164(number)
    if parsed is None:
        raise Refused(
            "number_unreadable",
            gettext_noop(
                "This is no international number. Write it with its country code, as in +32470123456."
            ),
        )
    token = indexes.dial_token(parsed.e164)
    day = local_day(now, campaign.controller.country)
    centres = [centre] if centre else list(Partner.objects.filter(kind="call_centre").order_by("code"))
    people = set(DialFact.objects.filter(token=token).values_list("person_id", flat=True))
    findings = (
        *_register(campaign, token, people, day),
        *_law(campaign, parsed.region, now),
        *_hours(parsed, now),
        *_against(campaign, token, people, now),
        *_attempts(campaign, token, people, parsed.region, centres, now),
        *_answers(token, parsed.region, day),
        *_consent(campaign, parsed.region, people, now),
        *_releases(campaign, token, now),
        *(problem for one in centres for problem in blocking_reasons_of(one, day)),
    )
    decisions = tuple((one, _decision(one, campaign, parsed.text, now)) for one in centres)
    told = {
        "campaign": campaign.code,
        "centres": [one.code for one in centres],
        "findings": sorted({finding.code for finding in findings}),
    }
    asked_about: list[UUID | None] = [*people] if people else [None]
    with transaction.atomic():
        for person in asked_about:
            known = {"person": str(person)} if person else None
            record(
                actor=actor,
                kind="dialling.checked",
                now=now,
                payload=told,
                person=person,
                person_payload=known,
            )
    return Checked(findings, decisions)


def _decision(centre: Partner, campaign: Campaign, number: str, now: datetime) -> Decision:
    found = decide(centre=centre, campaign=campaign.code, numbers=[number], now=now)
    return within_caps(found, centre=centre, now=now)[0]


def _register(campaign: Campaign, token: bytes, people: set[UUID], day: date) -> Iterator[Problem]:
    if not people:
        yield describe("not_in_register")
        return
    names = DialFact.objects.filter(token=token).values_list("source__name", flat=True).distinct()
    template = gettext_noop("Known from %(sources)s.")
    yield Problem("known", template, {"sources": ", ".join(sorted(set(names)))})
    records = DialFact.objects.filter(token=token, source__controller=campaign.controller)
    for code in sorted(set(unusable(campaign, records.values_list("record_id", flat=True), day).values())):
        yield describe(code)
    if Person.objects.filter(
        Q(restricted_at__isnull=False) | Q(erased_at__isnull=False), pk__in=people
    ).exists():
        yield describe("restricted")


def _law(campaign: Campaign, country: str, now: datetime) -> Iterator[Problem]:
    day = local_day(now, campaign.controller.country)
    if country not in campaign.countries:
        yield describe("campaign_country")
    found = rules.rule_sets([country], day)[country]
    if found.regime(natural=True) is None:
        yield describe("no_rule")
    ban = found.ban(campaign.sector)
    if ban is not None:
        template = gettext_noop("The sector is banned: %(law)s (rule %(rule)s, since %(since)s).")
        yield Problem("sector_ban", template, {"law": ban.law, "rule": ban.id, "since": ban.valid_from})


def _hours(number: PhoneNumber, now: datetime) -> Iterator[Problem]:
    hours = hours_of(number, now)
    if hours.zone_unknown:
        yield describe("zone_unknown")
    elif not hours.open and hours.next_open:
        there = local_time(hours.next_open, number)
        template = gettext_noop(
            "Outside the calling hours of %(country)s (rule %(rule)s). The next call may be made on %(day)s "
            "at %(time)s there."
        )
        params = {
            "country": number.region,
            "rule": hours.rule,
            "day": there.date(),
            "time": f"{there:%H:%M}",
        }
        yield Problem("outside_hours", template, params)
    elif not hours.open:
        template = gettext_noop("No call is allowed in the coming weeks (rule %(rule)s).")
        yield Problem("outside_hours", template, {"rule": hours.rule})


def _against(campaign: Campaign, token: bytes, people: Iterable[UUID], now: datetime) -> Iterator[Problem]:
    stopping = suppressions(
        controller=campaign.controller, channel=campaign.channel, campaign=campaign.code, now=now
    ).filter(token=token)
    seen, country = set(), campaign.controller.country
    template = gettext_noop("Suppressed since %(since)s: %(reason)s")
    for row in stopping.order_by("effective_at"):
        seen.add(row.objection_id)
        params = {"since": local_day(row.effective_at, country), "reason": describe(row.reason).text}
        if row.rule and row.expires_at:
            ends = gettext_noop("Suppressed since %(since)s until %(until)s by rule %(rule)s: %(reason)s")
            params |= {"until": local_day(row.expires_at - A_MOMENT, country), "rule": row.rule}
            yield Problem(row.reason, ends, params)
            continue
        yield Problem(row.reason, template, params)
    objecting = objecting_people(
        controller=campaign.controller, channel=campaign.channel, campaign=campaign.code, now=now
    ).filter(person__in=people)
    for objection in objecting.exclude(pk__in=[pk for pk in seen if pk]):
        params = {"since": local_day(objection.at, country), "reason": describe("objection").text}
        yield Problem("objection", template, params)
    if objecting_by_email(
        controller=campaign.controller,
        channel=campaign.channel,
        campaign=campaign.code,
        now=now,
        among=list(people),
    ):
        yield describe("objection")
    for version in registers_naming(token):
        named = gettext_noop("Listed in the national register %(register)s of %(version)s.")
        code = version.register.code
        yield Problem(register_code(code), named, {"register": code, "version": version.version_date})


def _attempts(
    campaign: Campaign,
    token: bytes,
    people: set[UUID],
    country: str,
    centres: Iterable[Partner],
    now: datetime,
) -> Iterator[Problem]:
    """Caps that are reached, by the calls of all centres together."""
    on = local_day(now, campaign.controller.country)
    caps = attempt_counts.caps(campaign, country, on)
    if not caps:
        return
    own = campaign.controller
    calls = attempt_counts.calls(
        controller=own.pk, country=own.country, tokens={token}, people=people, caps=caps, on=on, now=now
    )
    made = calls.to(token, next(iter(people)) if len(people) == 1 else None)  # shared: the number alone
    template = gettext_noop(
        "Called %(made)d times in %(days)d days, all call centres together; %(most)d are allowed (rule"
        " %(rule)s). Open again on %(opens)s."
    )
    hits = {full(made, caps, on=on, campaign=campaign.pk, centre=centre.pk) for centre in centres}
    for hit in hits - {None}:
        if hit is not None:
            cap = hit.cap
            params = {
                "made": hit.made,
                "days": cap.days,
                "most": cap.most,
                "rule": cap.rule,
                "opens": hit.opens,
            }
            yield Problem(attempt_counts.REASON, template, params)


def _answers(token: bytes, country: str, day: date) -> Iterator[Problem]:
    for rule in register_answers.submit_rules([country], day):
        answer = register_answers.known(rule, [token], day).get(token)
        if answer is None:
            template = gettext_noop("No answer of %(register)s serves for this number (rule %(rule)s).")
            yield Problem("register_unanswered", template, {"register": rule.subject, "rule": rule.id})
        elif answer.listed:
            template = gettext_noop("Listed by %(register)s in its answer of %(on)s.")
            yield Problem(register_code(rule.subject), template, {"register": rule.subject, "on": answer.on})


def _consent(campaign: Campaign, country: str, people: set[UUID], now: datetime) -> Iterator[Problem]:
    day = local_day(now, campaign.controller.country)
    question = ConsentQuestion(campaign.controller, campaign.purpose, campaign.channel, day)
    if people & consenting_people(question, among=people):
        template = gettext_noop("A consent to calls of %(controller)s for this purpose is on record.")
        yield Problem("consent", template, {"controller": campaign.controller.legal_name})
        return
    regime = rules.rule_sets([country], day)[country].regime(natural=True)
    if regime is not None and regime.text("regime") == "opt_in":
        yield describe("no_consent")


def _releases(campaign: Campaign, token: bytes, now: datetime) -> Iterator[Problem]:
    rows = ReleaseRow.objects.filter(
        token=token, release__campaign=campaign, release__expires_at__gt=F("release__released_at")
    ).select_related("release__centre")
    if not rows:
        template = gettext_noop("On no list released for %(campaign)s.")
        yield Problem("not_released", template, {"campaign": campaign.name})
    country = campaign.controller.country
    current = set(DialFact.objects.filter(token=token).values_list("record_id", flat=True))
    for row in rows.order_by("release__released_at"):
        given = row.release
        if row.record_id and row.record_id not in current:
            corrected = gettext_noop(
                "Released to %(centre)s on %(on)s. The number was corrected since, so it is not called."
            )
            on = local_day(given.released_at, country)
            yield Problem("number_corrected", corrected, {"centre": given.centre.name, "on": on})
            continue
        template = gettext_noop("Released to %(centre)s on %(on)s, valid until %(until)s.")
        if given.recalled_at is not None:
            template = gettext_noop("Released to %(centre)s on %(on)s and recalled.")
        elif not given.running(now):
            template = gettext_noop("Released to %(centre)s on %(on)s, expired on %(until)s.")
        params = {
            "centre": given.centre.name,
            "on": local_day(given.released_at, country),
            "until": local_day(given.expires_at, country),
        }
        yield Problem("released", template, params)
