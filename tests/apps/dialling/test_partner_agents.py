"""An agent of a call centre reaches the people on the lists in that centre's hands, and nobody else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from duecause.apps.dialling.models import Release, ReleaseRow
from duecause.apps.gate import actions as gate
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.facts import Reason
from duecause.apps.vault import indexes
from duecause.engine.ids import uuid7
from tests.support.world import make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CALLBACK = Reason(link="callback", purpose="sales")
DAY = timedelta(days=1)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def tess(world):
    employee = world.employee("partner_agent", "tess")
    employee.partner = world.centre
    employee.workplace = "home"
    employee.save()
    return employee


def released(world, person, *, centre, now, **changes):
    release = Release.objects.create(
        campaign=world.campaign,
        centre=centre,
        rows=1,
        watermark=uuid7().hex,
        file_sha256="0" * 64,
        event=uuid7(),
        actor="system:test",
        **{"released_at": now - DAY, "expires_at": now + DAY, **changes},
    )
    ReleaseRow.objects.create(
        release=release, reference="r-1", token=indexes.dial_token(32470000011), person=person
    )


def look(tess, person, now, **asked):
    return gate.reveal(actor=actor_of(tess), person=person.pk, reason=CALLBACK, now=now, **asked)


def test_she_sees_who_was_released_to_her_centre(world, tess, now):
    person = world.person()
    assert isinstance(look(tess, person, now), gate.Denied)
    released(world, person, centre=world.centre, now=now)
    seen = look(tess, person, now)
    assert isinstance(seen, gate.Revealed)
    assert {name for values in seen.values.values() for name in values} == {"first_name", "last_name"}


@pytest.mark.parametrize("ended", ["other centre", "expired", "recalled"])
def test_she_sees_nobody_of_another_centre_or_of_a_list_that_has_ended(world, tess, now, ended):
    person = world.person()
    changes = {"expired": {"expires_at": now}, "recalled": {"recalled_at": now - DAY / 2}}.get(ended, {})
    centre = world.other_centre if ended == "other centre" else world.centre
    released(world, person, centre=centre, now=now, **changes)
    denied = look(tess, person, now)
    assert isinstance(denied, gate.Denied)
    assert denied.policies == ("partner-agent-not-released",)


def test_the_number_is_revealed_in_the_centre_and_not_at_home(world, tess, now):
    person = world.person()
    released(world, person, centre=world.centre, now=now)
    asked = {"action": "reveal", "groups": ["phone"]}
    assert isinstance(look(tess, person, now, **asked), gate.Denied)
    tess.workplace = "office"
    tess.save()
    assert isinstance(look(tess, person, now, **asked), gate.Revealed)
    assert isinstance(look(tess, person, now, **asked | {"groups": ["email"]}), gate.Denied)


def test_an_agent_of_no_centre_reaches_nobody(world, tess, now):
    person = world.person()
    released(world, person, centre=world.centre, now=now)
    tess.partner = None
    tess.save()
    assert isinstance(look(tess, person, now), gate.Denied)


def test_an_objection_is_taken_down_whoever_it_is(world, tess, now):
    person = world.person()
    asked = {"action": "record_objection", "resource": "objections", "now": now}
    reason = replace(CALLBACK, purpose="customer_care")
    assert gate.permit(actor=actor_of(tess), person=person.pk, reason=reason, **asked) is None
