"""A datum of which nobody can say where it came from is out of marketing at once: in screening, at the
release and before each call, with a reason in words."""

import io
from datetime import date, timedelta

import pytest

from duecause.apps.dialling import release_actions
from duecause.apps.dialling.checking import check
from duecause.apps.dialling.given import ListFile
from duecause.apps.parties.actions import apply_source
from duecause.apps.parties.models import Source
from duecause.apps.register.models import DialFact, Record
from duecause.engine.problems import Refused
from duecause.engine.screening.reasons import describe
from tests.apps.dialling.lists import (
    OWN_NUMBERS,
    TODAY,
    imported,
    load_dncm,
    reasons,
    screen,
    waterfall_adds_up,
)
from tests.apps.dialling.test_precall import LATER, MILA, ask, release
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
JONAS = 32470000012


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


@pytest.fixture
def mila(world):
    return imported(world, MILA)


def declare(source, **changed):
    """The organisation file says it otherwise from now on."""
    known = {
        name: getattr(source, name)
        for name in (
            "code", "name", "kind", "contract_reference", "default_country", "default_language",
            "claimed_basis", "legal_persons", "say", "obtained_on",
        )
    }  # fmt: skip
    known |= {"party": None, "controller": source.controller.code, **changed}
    apply_source(actor=OPERATOR, now=NOW, **known)
    source.refresh_from_db()


def test_a_list_releases_nobody_whose_origin_nobody_knows(world, mila):
    declare(world.source, kind=Source.Kind.UNKNOWN)
    dial_list = screen(world)
    assert reasons(dial_list) == [["origin_unknown"]]
    assert waterfall_adds_up(dial_list)
    [bar] = dial_list.report["waterfall"]
    assert (bar["label"], bar["rows"]) == ("Origin unknown", 1)
    assert "Nobody knows where this number came from" in describe("origin_unknown").text


def test_the_persons_own_consent_does_not_make_up_for_an_unknown_origin(world, mila):
    assert reasons(screen(world)) == [[]]  # consented, in a wording that names us
    declare(world.source, kind=Source.Kind.UNKNOWN)
    assert reasons(screen(world)) == [["origin_unknown"]]


def test_a_number_known_from_another_source_too_may_be_called(world, mila):
    found = Source.objects.create(
        code="FOUND", name="Found on a disk", kind="unknown", controller=world.controller,
        default_country="BE", claimed_basis="unknown",
    )  # fmt: skip
    again = Record.objects.get(person=mila)
    again.pk, again.source, again.key_in_source, again.basis, again.wording = (
        None,
        found,
        b"2" * 16,
        "unknown",
        None,
    )
    again.pk = Record._meta.pk.get_default()
    again.save(force_insert=True)
    fact = DialFact.objects.get(person=mila)
    fact.pk, fact.record, fact.source, fact.basis = None, again, found, "unknown"
    fact.save()
    file = ListFile(name="numbers.csv", data=f"phone\n+{MILA}\n".encode())
    assert reasons(screen(world, file=file)) == [[]]


def test_before_the_rule_nothing_is_excluded(world, mila):
    from duecause.apps.dialling import origins

    assert origins.excluded_kinds(date(2018, 5, 24)) == frozenset()
    assert origins.excluded_kinds(date(2018, 5, 25)) == {"unknown"}


def test_a_source_that_turns_out_unknown_stops_calls_of_a_running_list(world, mila):
    release(world)
    assert ask(world) == ["allow"]
    declare(world.source, kind=Source.Kind.UNKNOWN)
    assert ask(world) == ["denied"]
    findings = check(actor=OPERATOR, number=f"+{MILA}", campaign=world.campaign, now=LATER).findings
    assert "origin_unknown" in {finding.code for finding in findings}


def test_a_basis_that_is_withdrawn_stops_calls_unless_the_person_consented(world, mila):
    release(world)
    Record.objects.filter(person=mila).update(basis="unknown", wording=None)
    assert ask(world) == ["denied"]
    findings = check(actor=OPERATOR, number=f"+{MILA}", campaign=world.campaign, now=LATER).findings
    assert "basis_unknown" in {finding.code for finding in findings}


def test_what_turns_out_unknown_after_the_screening_stays_back_at_the_release(world, mila):
    imported(world, JONAS)
    dial_list = screen(world)
    lost = Source.objects.create(
        code="LOST", name="Lost", kind="unknown", controller=world.controller, default_country="BE",
        claimed_basis="legitimate_interest",
    )  # fmt: skip
    Record.objects.filter(person=mila).update(source=lost)
    made = release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=io.BytesIO())
    assert made.rows == 1
    assert dict(
        made.release_rows.filter(person__isnull=False).values_list("person", "person__language")
    ).keys() != {mila.pk}
    dial_list.refresh_from_db()
    assert dial_list.report["held_back_at_release"] == {"origin_unknown": 1}


def test_a_day_of_obtaining_that_is_still_to_come_is_refused(world):
    with pytest.raises(Refused) as refused:
        declare(world.source, obtained_on=TODAY + timedelta(days=1))
    assert refused.value.problem.code == "obtained_in_future"
    assert "leave it out where the day is not known" in refused.value.problem.text
    declare(world.source, obtained_on=TODAY)
