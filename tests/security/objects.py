"""What an address can name, for who asks: an object of theirs, one that is not theirs, one that is nowhere.

A new kind of object is one function here, under the name that matrix.yaml uses: `of_a_caller` where it can
belong to somebody, `of_the_company` where whoever may use the endpoint may name any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from duecause.apps.catalogue.retention_actions import change_rule
from duecause.apps.catalogue.retention_queries import in_force, plain_rules
from duecause.apps.consent.actions import Taking, request_erasure
from duecause.apps.consent.models import ConsentEvent, NationalRegister, Objection
from duecause.apps.consent.upload_actions import queue_objections
from duecause.apps.dialling.models import ReleaseRow
from duecause.apps.dialling.release_actions import release
from duecause.apps.dialling.script_actions import draft_script
from duecause.apps.dialling.scripts import Text
from duecause.apps.gate.actions import deny_function
from duecause.apps.gate.emergency_actions import USE
from duecause.apps.gate.models import Emergency, StaffNotice
from duecause.apps.gate.policies import links_for
from duecause.apps.ledger.actions import sequence
from duecause.apps.ledger.models import Event
from duecause.apps.notices import spool
from duecause.apps.notices.exempt_actions import exempt
from duecause.apps.notices.models import Notice, NoticeBatch, NoticeRecord
from duecause.apps.obligations import runner
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.parties.actions import create_api_key
from duecause.apps.parties.models import Engagement, Override, Source
from duecause.apps.register.actions import import_file
from duecause.apps.register.hold_actions import Terms, begin_hold
from duecause.apps.register.models import Correction, Record, RecordLink
from duecause.apps.rights.actions import plan_erasure
from duecause.apps.rights.certifying import certificate
from duecause.apps.rights.models import ErasureCase, RetentionCertificate
from duecause.apps.staff.models import Employee, EmployeeIdentifier
from duecause.apps.systems import actions as systems
from duecause.apps.vault import indexes
from duecause.apps.vault.actions import seal_bytes
from duecause.apps.vault.models import Compartment
from duecause.engine.ids import uuid7
from duecause.engine.periods import local_day
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.security import canary
from tests.support.activities import make_activity
from tests.support.world import NOW, OPERATOR, World

COLLEAGUE_NUMBER = 32478919294


@dataclass(frozen=True)
class Caller:
    """`employee` is None for a partner or for nobody."""

    client: Client
    employee: Employee | None = None


@dataclass(frozen=True)
class Found:
    """`other` is None where an object is the company's."""

    own: object
    other: object | None
    none: object


Maker = Callable[[World, Caller], Found]
SharedMaker = Callable[[World], object]
_makers: dict[str, Maker] = {}
_shared: dict[str, SharedMaker] = {}


def of_a_caller(name: str) -> Callable[[Maker], Maker]:
    def register(maker: Maker) -> Maker:
        _makers[name] = maker
        return maker

    return register


def of_the_company(name: str) -> Callable[[SharedMaker], SharedMaker]:
    def register(maker: SharedMaker) -> SharedMaker:
        _shared[name] = maker
        return maker

    return register


def known_kinds() -> set[str]:
    return set(_makers) | set(_shared)


def make_shared(world: World, takes: Mapping[str, str]) -> None:
    """Make what belongs to the company, once per test."""
    world.shared.update({kind: _shared[kind](world) for kind in set(takes.values()) & set(_shared)})


def objects_for(world: World, takes: Mapping[str, str], caller: Caller) -> dict[str, Found]:
    """Per parameter of the address. Asks `make_shared` to have been called outside any rollback."""
    return {
        parameter: Found(world.shared[kind], None, nowhere(world.shared[kind]))
        if kind in _shared
        else _makers[kind](world, caller)
        for parameter, kind in takes.items()
    }


def nowhere(like: object) -> object:
    if isinstance(like, int):
        return 2**31 - 1
    return "nowhere" if isinstance(like, str) else uuid7()


def names_of(found: Iterable[tuple[str, Found]]) -> dict[str, object]:
    return {parameter: objects.own for parameter, objects in found}


@of_a_caller("person")
def person(world: World, caller: Caller) -> Found:
    """Own: somebody this employee gave a reason for. Other: a colleague's record, with no reason given."""
    own = canary.canary(world)
    other = canary.canary(world, number=COLLEAGUE_NUMBER)
    token = indexes.lookup_token("phone", str(COLLEAGUE_NUMBER))
    EmployeeIdentifier.objects.create(employee=world.employee("inbound"), kind="phone", token=token)
    links = links_for(caller.employee.profile) if caller.employee else ()
    if links:
        caller.client.post(reverse("desk:look", args=[own.pk]), {"link": links[0]})
    return Found(own.pk, other.pk, uuid7())


@of_a_caller("objection")
def objection(world: World, caller: Caller) -> Found:
    """Own: taken by this employee a moment ago."""
    own = f"employee:{caller.employee.pk}" if caller.employee else OPERATOR.ref
    return Found(_objection(world, own), _objection(world, f"employee:{uuid7()}"), uuid7())


def _objection(world: World, taken_by: str) -> object:
    made = Objection.objects.create(
        person=canary.canary(world),
        controller=world.controller,
        scope=Objection.Scope.ALL_MARKETING,
        taken_how="call",
        taken_by=taken_by,
        at=datetime.now(UTC),
    )
    return made.pk


@of_a_caller("withdrawal")
def withdrawal(world: World, caller: Caller) -> Found:
    """Own: taken down by this employee a moment ago."""
    own = f"employee:{caller.employee.pk}" if caller.employee else OPERATOR.ref
    return Found(_withdrawal(world, own), _withdrawal(world, f"employee:{uuid7()}"), uuid7())


def _withdrawal(world: World, taken_by: str) -> object:
    made = ConsentEvent.objects.create(
        person=canary.canary(world),
        controller=world.controller,
        purpose=world.sales,
        channel="call",
        state=ConsentEvent.State.WITHDRAWN,
        language="nl",
        act="withdrawal_spoken",
        at=datetime.now(UTC),
        recorded_at=datetime.now(UTC),
        actor=taken_by,
    )
    return made.pk


@of_a_caller("correction")
def correction(world: World, caller: Caller) -> Found:
    """Own: made by this employee a moment ago."""
    own = f"employee:{caller.employee.pk}" if caller.employee else OPERATOR.ref
    return Found(_correction(world, own), _correction(world, f"employee:{uuid7()}"), uuid7())


def _correction(world: World, made_by: str) -> object:
    made = Correction.objects.create(
        act=uuid7(),
        record=canary.canary(world).records.get(),
        field="last_name",
        how="call",
        said_at=NOW,
        recorded_at=NOW,
        actor=made_by,
    )
    return made.act


@of_a_caller("told")
def told(world: World, caller: Caller) -> Found:
    """Own: what this employee was told."""
    employee, other = caller.employee or world.employee("inbound"), world.employee("inbound")
    own, not_own = (
        StaffNotice.objects.create(employee=each, kind="blocked", raised_at=NOW).pk
        for each in (employee, other)
    )
    return Found(own, not_own, uuid7())


@of_the_company("alarm")
def alarm(world: World) -> object:
    return deny_function(actor=world.actor("technician"), function="ledger.read", now=NOW).alarm


@of_the_company("retention version")
def retention_version(world: World) -> object:
    """A change of the rules that waits for somebody to agree."""
    (rule,) = plain_rules(in_force())
    version = change_rule(
        actor=world.actor("privacy_officer"), before=rule, after={**rule, "months": 12}, now=NOW
    )
    return version.number


def _retained(world: World) -> RetentionCertificate:
    """Without a run: scrubbing files takes no part in a transaction, which each of these tests is."""
    content = {"records": [], "call_centres": {}, "person_gone": False}
    return RetentionCertificate.objects.create(
        person=world.person(), run=uuid7(), version=1, content=content, removed_at=NOW, stage="proven"
    )


@of_the_company("retention run")
def retention_run(world: World) -> object:
    return _retained(world).run


@of_the_company("retention certificate")
def retention_certificate(world: World) -> object:
    return _retained(world).pk


@of_the_company("held person")
def held_person(world: World) -> object:
    return world.person().pk


@of_the_company("hold")
def hold(world: World) -> object:
    return begin_hold(actor=OPERATOR, person=world.person().pk, terms=Terms("legal_claim"), now=NOW).pk


@of_the_company("event")
def event(world: World) -> object:
    alarm(world)
    sequence(actor=OPERATOR, now=NOW)
    return Event.objects.latest("id").uid


@of_the_company("list")
def dial_list(world: World) -> object:
    """Screened a moment ago; it releases one person."""
    return _screened(world).pk


@of_the_company("released list")
def released_list(world: World) -> object:
    screened = _screened(world)
    release(actor=OPERATOR, dial_list=screened, now=datetime.now(UTC), out=BytesIO())
    return screened.pk


def _screened(world: World):
    now = datetime.now(UTC)
    today = local_day(now, world.controller.country)
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm(32470000099, version_date=today - timedelta(days=1))
    imported(world, canary.NUMBER, **{k: v for k, v in canary.VALUES.items() if k != "phone"})
    return screen(world, on=today, now=now)


@of_a_caller("person to call")
def person_to_call(world: World, caller: Caller) -> Found:
    """Own: on a list that runs, looked up to be called from it."""
    dial_list = released_list(world)
    own = ReleaseRow.objects.get(release__dial_list=dial_list, person__isnull=False).person_id
    caller.client.post(reverse("desk:look", args=[own]), {"link": "callback"})
    return Found(own, person(world, caller).other, uuid7())


@of_the_company("campaign")
def campaign(world: World) -> object:
    return world.campaign.code


@of_the_company("call_script")
def call_script(world: World) -> object:
    text = Text("Centre A", "Warm NV", "Heat pumps", "warm.example/privacy", "You may object.")
    draft_script(actor=OPERATOR, campaign=world.campaign, language="fr", text=text, now=NOW)
    return "fr-1"


@of_the_company("centre")
def centre(world: World) -> object:
    return world.centre.code


@of_the_company("api key")
def api_key(world: World) -> object:
    create_api_key(actor=OPERATOR, partner=world.centre, scopes=["precall"], now=NOW)
    return world.centre.api_keys.get().prefix


@of_the_company("contract")
def contract(world: World) -> object:
    return world.centre.contracts.get().pk


@of_the_company("seat of a centre")
def seat(world: World) -> object:
    return world.centre.country


@of_the_company("sub-processor")
def sub_processor(world: World) -> object:
    """The other centre works for the first one."""
    made = Engagement.objects.create(
        processor=world.centre, sub=world.other_centre, service="Overflow", announced_on=NOW.date()
    )
    return made.pk


@of_the_company("measure")
def measure(world: World) -> object:
    return "lookup_review"


@of_the_company("paper")
def paper(world: World) -> object:
    return "basis"


@of_the_company("account")
def account(world: World) -> object:
    return world.employee("inbound").pk


@of_the_company("group of a profile")
def profile_group(world: World) -> object:
    return "duecause-inbound"


@of_the_company("system")
def system(world: World) -> object:
    systems.set_up(
        actor=OPERATOR,
        code="CRM",
        name="Customer relations",
        sources=[world.source.code],
        fields=[],
        webhook_url="https://crm.example.org/news",
        now=NOW,
    )
    return "CRM"


@of_the_company("override")
def override(world: World) -> object:
    """Asked for by somebody, not approved."""
    made = Override.objects.create(
        partner=world.centre,
        key="party_clauses_missing:CC-A:g",
        because="The clause is signed and on its way.",
        until=datetime.now(UTC).date() + timedelta(days=5),
        asked_by=OPERATOR.ref,
        asked_at=NOW,
    )
    return made.pk


@of_the_company("import")
def imported_list(world: World) -> object:
    data = canary.listed(world, {"phone": "0478 12", "email": "", "customer_no": ""})
    done = import_file(actor=OPERATOR, source=world.source, data=data, file_name="list.csv", now=NOW)
    return done.batch.pk


@of_the_company("suggested link")
def suggested_link(world: World) -> object:
    one, other = (
        canary.canary(world, number=number).records.get() for number in (COLLEAGUE_NUMBER, 32470000012)
    )
    made = RecordLink.objects.create(
        a=one, b=other, state="suggested", rule="household", decided_by=OPERATOR.ref, decided_at=NOW
    )
    return made.pk


@of_the_company("register")
def national_register(world: World) -> object:
    return NationalRegister.objects.create(code="NL-TEST", country="NL", name="A register").code


@of_the_company("file of objections")
def objection_file(world: World) -> object:
    queued = queue_objections(
        actor=OPERATOR,
        controller=world.controller,
        data=canary.listed(world),
        file_name="past.csv",
        country="",
        now=NOW,
    )
    return queued.pk


@of_a_caller("upload")
def upload(world: World, caller: Caller) -> Found:
    """A file that waits to be imported. Own: chosen in this session."""
    another = Client()
    another.force_login(world.employee("team_lead"))
    other = _uploaded(world, another)
    return Found(_uploaded(world, caller.client) or other, other, uuid7())


def _uploaded(world: World, client: Client) -> object:
    sent = {"source": world.source.code, "file": ContentFile(canary.listed(world), name="list.csv")}
    answer = client.post(reverse("register:new"), sent)
    parts = answer.get("Location", "").strip("/").split("/")
    return UUID(parts[-1]) if len(parts[-1]) == 36 else None


@of_the_company("planned erasure")
def planned_erasure(world: World) -> object:
    return _erasure(world).obligation_id


@of_the_company("proven erasure")
def proven_erasure(world: World) -> object:
    """As it stands after the work; doing the work needs connections outside a test's transaction."""
    case = _erasure(world)
    case.work = {
        "rows": {"register.Record": 1}, "keys_destroyed": 2, "sealed_events": 0, "consents": [],
        "guards": {"phone": 1}, "guards_until": "2036-11-02", "partners": [], "scrubbed": {},
        "read_back": {"records": 0},
    }  # fmt: skip
    case.approved_at = case.applied_at = case.proven_at = NOW
    case.certificate = certificate(case, case.obligation)
    case.state = case.stage = ErasureCase.State.PROVEN
    case.save()
    return case.obligation_id


def _erasure(world: World) -> ErasureCase:
    _, request = request_erasure(
        actor=OPERATOR,
        person=canary.canary(world),
        controller=world.controller,
        taking=Taking(how="call"),
        now=NOW,
    )
    return plan_erasure(actor=OPERATOR, request=request, now=NOW)


@of_the_company("activity")
def activity(world: World) -> object:
    """A processing activity that nobody has looked at yet."""
    return make_activity(world).code


@of_the_company("stopped work")
def stopped_work(world: World) -> object:
    return _stopped().obligation_id


@of_the_company("stopped step")
def stopped_step(world: World) -> object:
    return _stopped().pk


def _stopped() -> Step:
    """A step that was tried too often, of work that stopped with it."""
    with transaction.atomic():
        work = open_obligation(actor=OPERATOR, kind="ledger.verify", now=NOW, systems=["duecause"])
    error = {"code": "unexpected", "template": runner.UNEXPECTED, "params": {"error": "OSError"}}
    work.steps.update(state=Step.State.DEAD, attempts=12, error=error)
    Obligation.objects.filter(pk=work.pk).update(state=Obligation.State.FAILED)
    return work.steps.get()


@of_the_company("bought source")
def bought_source(world: World) -> object:
    return _bought(world).code


def _bought(world: World) -> Source:
    """A seller of lists, with one person on it."""
    made = Source.objects.create(
        code="BOUGHT",
        name="Bought list",
        kind=Source.Kind.THIRD_PARTY,
        controller=world.controller,
        default_country="BE",
        claimed_basis="legitimate_interest",
    )
    Record.objects.filter(person=world.person(number=32470000777)).update(source=made)
    return made


@of_the_company("letters")
def letters(world: World) -> object:
    """One letter, made and sealed, that nobody fetched."""
    record = Record.objects.get(source=_bought(world))
    batch = NoticeBatch.objects.create(
        controller=world.controller, channel="post", state="ready", made_at=NOW, actor=OPERATOR.ref, people=1
    )
    notice = Notice.objects.create(batch=batch, person=record.person, language="nl")
    NoticeRecord.objects.create(notice=notice, record=record)
    spool.put(batch.pk, b"letters")
    return batch.pk


@of_the_company("exemption")
def exemption(world: World) -> object:
    made = exempt(
        actor=OPERATOR,
        source=_bought(world),
        ground="told_by_source",
        because="The seller told them about us by name.",
        proof="archive 12",
        now=NOW,
    )
    return made.pk


@of_the_company("emergency")
def emergency(world: World) -> object:
    """Emergency access that waits for its review."""
    made = Emergency(
        employee=world.employee("inbound"),
        person=world.person().pk,
        opened_at=NOW,
        until=NOW + timedelta(minutes=30),
        review_by=NOW.date(),
    )
    made.words = seal_bytes(made.pk, Compartment.CONTENT, USE, b"The line of her alarm was dead.")
    made.save()
    return made.pk
