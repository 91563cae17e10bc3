"""A processing activity is agreed step by step, and what was agreed does not change unseen."""

import pytest
from django.test import Client

from duecause.apps.catalogue import queries
from duecause.apps.catalogue.activity_actions import move_activity
from duecause.apps.catalogue.models import Activity, Field, Purpose
from duecause.apps.ledger.models import Event
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from tests.support.activities import make_activity
from tests.support.world import NOW, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]


@pytest.fixture
def world():
    return make_world()


def approved(world) -> Activity:
    activity = make_activity(world)
    for to in ("review", "approved"):
        activity = move_activity(actor=world.actor("privacy_officer"), activity=activity, to=to, now=NOW)
    return activity


def test_an_activity_is_approved_after_a_review_and_every_step_is_in_the_ledger(world):
    assert approved(world).status == "approved"
    assert Event.objects.filter(kind="catalogue.activity_moved").count() == 2


def test_what_was_approved_and_changes_goes_back_to_review(world):
    approved(world)
    assert make_activity(world, owner="Head of marketing").status == "review"


def test_applying_the_same_file_again_leaves_an_approval_alone(world):
    approved(world)
    assert make_activity(world).status == "approved"


def test_a_draft_is_not_approved_unseen(world):
    with pytest.raises(Refused, match="from “draft” to “approved”"):
        move_activity(
            actor=world.actor("privacy_officer"), activity=make_activity(world), to="approved", now=NOW
        )


def test_nothing_is_approved_before_somebody_decided_on_an_impact_assessment(world):
    activity = make_activity(world, dpia="undecided", dpia_reason="")
    officer = world.actor("privacy_officer")
    move_activity(actor=officer, activity=activity, to="review", now=NOW)
    with pytest.raises(Refused, match="impact assessment"):
        move_activity(actor=officer, activity=activity, to="approved", now=NOW)
    assert Activity.objects.get().status == "review"


def test_who_sells_does_not_approve(world):
    with pytest.raises(NotPermitted):
        move_activity(actor=world.actor("team_lead"), activity=make_activity(world), to="review", now=NOW)


def test_fields_follow_from_purposes_and_a_list_only_narrows_them(world):
    every = {field.code for field in queries.fields_of(make_activity(world))}
    assert every == set(Field.objects.filter(purposes=world.sales).values_list("code", flat=True))
    narrow = make_activity(world, "narrow", fields=["phone"])
    assert [field.code for field in queries.fields_of(narrow)] == ["phone"]
    Field.objects.get(code="phone").purposes.set([Purpose.objects.create(code="other")])
    assert queries.fields_of(Activity.objects.get(code="narrow")) == []


def test_the_page_moves_an_activity_and_says_why_it_does_not(world):
    make_activity(world, dpia="undecided", dpia_reason="")
    client = Client()
    client.force_login(world.employee("privacy_officer"))
    assert client.post("/rules/activities/selling/status/", {"to": "review"}).status_code == 302
    answer = client.post("/rules/activities/selling/status/", {"to": "approved"})
    assert answer.status_code == 422
    assert "nobody decided whether an impact assessment is needed" in answer.content.decode()


def test_a_team_lead_sees_activities_without_buttons(world):
    make_activity(world)
    client = Client()
    client.force_login(world.employee("team_lead"))
    shown = client.get("/rules/activities/").content.decode()
    assert "Selling by telephone" in shown and "/status/" not in shown
