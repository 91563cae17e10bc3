"""A reason counts until it is mended, or until two different persons have said for how long it does not."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import Contract, Override, Partner
from duecause.apps.parties.override_actions import approve_override, ask_override, end_override
from duecause.apps.parties.queries import blocking_reasons_of, gate_of, open_until
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from duecause.web.templatetags.formats import shown_day
from tests.apps.parties.test_partners_page import signed_in, words
from tests.support.world import ALL_MET, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
NOW = datetime.now().astimezone()
TODAY = shown_day(NOW)
WEEK = TODAY + timedelta(days=7)
WHY = "The amended clause is signed by them and with our notary."
KEY = "party_clauses_missing:CC-A:g"


@pytest.fixture
def world():
    made = make_world()
    Contract.objects.filter(partner=made.centre).update(answers={**ALL_MET, "g": "partly"})
    return made


def ask(world, actor, **changes):
    wanted = {"key": KEY, "because": WHY, "until": WEEK, **changes}
    return ask_override(actor=actor, partner=world.centre, now=NOW, **wanted)


def codes(world, on=TODAY):
    return [problem.code for problem in blocking_reasons_of(world.centre, on)]


def test_it_holds_once_another_person_has_approved_and_ends_by_itself(world):
    lead, officer = world.actor("team_lead"), world.actor("privacy_officer")
    asked = ask(world, lead)
    assert codes(world) == ["party_clauses_missing"]
    approve_override(actor=officer, override=asked, now=NOW)
    assert codes(world) == []
    assert [block.until for block in gate_of(world.centre, TODAY).overridden] == [WEEK]
    assert open_until(world.centre, TODAY) == WEEK
    assert codes(world, WEEK + timedelta(days=1)) == ["party_clauses_missing"]
    kinds = list(Event.objects.filter(kind__startswith="parties.override").values_list("kind", flat=True))
    assert sorted(kinds) == ["parties.override_approved", "parties.override_asked"]


def test_nobody_approves_what_they_asked_for_themselves(world):
    officer = world.actor("privacy_officer")
    asked = ask(world, officer)
    with pytest.raises(Refused, match="Somebody else has to approve"):
        approve_override(actor=officer, override=asked, now=NOW)
    assert codes(world) == ["party_clauses_missing"]
    with pytest.raises(IntegrityError), transaction.atomic():  # the database itself holds them apart
        Override.objects.update(approved_by=officer.ref, approved_at=NOW)
    approve_override(actor=world.actor("privacy_officer"), override=asked, now=NOW)
    assert codes(world) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"because": "because"}, "Say in 20 to 1000 characters"),
        ({"until": TODAY - timedelta(days=1)}, "ends within 30 days"),
        ({"until": TODAY + timedelta(days=31)}, "ends within 30 days"),
        ({"key": "party_clauses_missing:CC-A:h"}, "does not stand in the way of Centre A today"),
    ],
)
def test_an_override_without_reason_end_or_subject_is_refused(world, changes, what):
    with pytest.raises(Refused, match=what):
        ask(world, world.actor("team_lead"), **changes)
    assert not Override.objects.exists()


def test_a_suspension_and_a_missing_contract_cannot_be_overridden(world):
    Partner.objects.filter(pk=world.centre.pk).update(suspended_on=date(2025, 1, 1))
    world.centre.refresh_from_db()
    with pytest.raises(Refused, match="Nobody can override this reason"):
        ask(world, world.actor("team_lead"), key="party_suspended:CC-A:")
    Contract.objects.all().delete()
    with pytest.raises(Refused, match="Nobody can override this reason"):
        ask(world, world.actor("team_lead"), key="party_no_contract:CC-A:")


def test_it_covers_nothing_that_comes_up_later(world):
    approve_override(
        actor=world.actor("privacy_officer"), override=ask(world, world.actor("team_lead")), now=NOW
    )
    Contract.objects.filter(partner=world.centre).update(answers={**ALL_MET, "g": "partly", "h": "absent"})
    assert codes(world) == ["party_clauses_missing"]


def test_one_that_is_taken_back_counts_no_longer_and_cannot_be_approved(world):
    lead, officer = world.actor("team_lead"), world.actor("privacy_officer")
    held = approve_override(actor=officer, override=ask(world, lead), now=NOW)
    assert end_override(actor=officer, override=held, now=NOW)
    assert codes(world) == ["party_clauses_missing"]
    assert not end_override(actor=officer, override=held, now=NOW)
    refused = ask(world, lead)
    end_override(actor=officer, override=refused, now=NOW)
    with pytest.raises(Refused, match="decided before"):
        approve_override(actor=officer, override=refused, now=NOW)


@pytest.mark.parametrize("profile", ["inbound", "team_lead", "administrator"])
def test_only_the_privacy_officer_approves(world, profile):
    asked = ask(world, world.actor("privacy_officer"))
    with pytest.raises(NotPermitted):
        approve_override(actor=world.actor(profile), override=asked, now=NOW)


def test_two_persons_do_it_on_the_page_and_every_page_says_overridden(world):
    lead = signed_in(world, "team_lead")
    lead.post("/partners/CC-A/overrides/", {"key": KEY, "until": WEEK.isoformat(), "because": WHY})
    waiting = Override.objects.get()
    shown = words(lead.get("/partners/CC-A/"))
    assert "Waits for a second person" in shown and "Test team_lead" in shown and WHY in shown
    assert "/approve/" not in shown
    officer = signed_in(world, "privacy_officer")
    assert "Approve or refuse an override of the gate of Centre A" in words(officer.get("/"))
    officer.post(f"/partners/CC-A/overrides/{waiting.pk}/approve/")
    shown = words(officer.get("/partners/CC-A/"))
    assert "Overridden by two persons until" in shown and "Test privacy_officer" in shown
    assert "Open, overridden" in words(officer.get("/partners/"))
    assert "Overridden by two persons until" in words(lead.get("/"))
