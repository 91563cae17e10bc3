"""A person who is in every one of our stores, and the way from request to certificate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count

from django.db.models import Q

from duecause.apps.catalogue.models import Purpose, Wording
from duecause.apps.consent.actions import Taking, request_erasure
from duecause.apps.consent.consent_actions import Saying, record_consent
from duecause.apps.consent.evidence import Pointer
from duecause.apps.dialling.models import Campaign
from duecause.apps.dialling.release_actions import release
from duecause.apps.gate.actions import reveal
from duecause.apps.gate.facts import Reason
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.obligations.runner import run_once
from duecause.apps.parties.models import Controller, Partner, Source
from duecause.apps.register.actions import import_file
from duecause.apps.register.models import Person
from duecause.apps.rights.actions import approve_erasure, plan_erasure
from duecause.apps.rights.models import ErasureCase
from duecause.apps.vault import indexes
from duecause.engine.periods import local_day
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.security import canary
from tests.support.world import OPERATOR, World


def known_everywhere(world: World) -> Person:
    """The canary: imported, seen at the desk, consented, screened and released to a centre."""
    now = datetime.now(UTC)
    today = local_day(now, world.controller.country)
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm(32470000099, version_date=today - timedelta(days=1))
    imported(world, canary.NUMBER, **{k: v for k, v in canary.VALUES.items() if k != "phone"})
    data = canary.listed(
        world, {"phone": "+32478919294", "last_name": "Anders", "email": "", "customer_no": ""}
    )
    import_file(actor=OPERATOR, source=world.source, data=data, file_name="list.csv", now=now)
    person = Person.objects.filter(lookups_of(canary.NUMBER)).distinct().get()
    screened = screen(world, on=today, now=now)
    release(actor=OPERATOR, dial_list=screened, now=now, out=BytesIO())
    reveal(
        actor=world.actor("inbound"),
        person=person.pk,
        reason=Reason(link="caller", purpose="customer_care", words=canary.VALUES["last_name"]),
        now=now,
    )
    record_consent(
        actor=OPERATOR, person=person, wording=world.spoken_wording, channel="call", given=True,
        saying=Saying(act="spoken_yes", evidence=(Pointer("recording", "rec-7", 1200, 9000),)), now=now,
    )  # fmt: skip
    return person


def lookups_of(number: int) -> Q:
    return Q(records__lookups__token=indexes.lookup_token("phone", str(number)))


def requested(world: World, person: Person, now: datetime | None = None) -> Obligation:
    _, request = request_erasure(
        actor=OPERATOR,
        person=person,
        controller=world.controller,
        taking=Taking(how="call"),
        now=now or datetime.now(UTC),
    )
    return request


def approved(world: World, person: Person) -> ErasureCase:
    now = datetime.now(UTC)
    case = plan_erasure(actor=world.actor("privacy_officer"), request=requested(world, person), now=now)
    approve_erasure(actor=world.actor("privacy_officer"), case=case, plan_hash=case.plan_hash, now=now)
    case.refresh_from_db()
    return case


def work_off(case: ErasureCase) -> ErasureCase:
    """Let a worker do what is due, at once also where a step waits for its next try."""
    for _ in range(40):
        Step.objects.filter(obligation=case.job, state=Step.State.DUE).update(
            next_at=datetime.now(UTC) - timedelta(seconds=1)
        )
        if not run_once("test") or not Step.objects.filter(obligation=case.job, state="due").exists():
            break
    case.refresh_from_db()
    return case


def existing_world() -> World:
    """The world that another process has made in this database."""
    controller = Controller.objects.get(code="WARM")
    return World(
        controller=controller,
        source=Source.objects.get(code="WEB"),
        sales=Purpose.objects.get(code="phone_sales"),
        wording=Wording.objects.get(code="WEB-CALL"),
        centre=Partner.objects.get(code="CC-A"),
        other_centre=Partner.objects.get(code="CC-B"),
        campaign=Campaign.objects.get(code="PUMP-BE"),
        _numbers=count(1000),
    )
