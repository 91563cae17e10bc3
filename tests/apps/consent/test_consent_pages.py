"""The pages of consents: over time with the filter in the address, wordings with what changed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from duecause.apps.catalogue.models import Wording
from duecause.apps.consent.consent_actions import Saying, record_consent, undo_withdrawal, withdraw_consent
from duecause.apps.consent.consent_queries import Asked, Piece, changes, over_time
from duecause.apps.consent.histories import histories
from duecause.apps.parties.models import Controller
from duecause.web.templatetags.formats import zone
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def officer(world):
    client = Client()
    client.force_login(world.employee("privacy_officer"))
    return client


def say(world, person, *, given=True, now=NOW):
    record_consent(
        actor=OPERATOR, person=person, wording=world.spoken_wording, channel="call", given=given,
        saying=Saying(act="spoken_yes"), now=now,
    )  # fmt: skip


def withdraw(world, person, *, now, actor=OPERATOR):
    return withdraw_consent(
        actor=actor, person=person, topic=histories(person)[0].topic, language="nl",
        saying=Saying(act="withdrawal_spoken"), now=now,
    )  # fmt: skip


def test_answers_are_counted_in_the_month_they_were_given_and_undone_slips_not_at_all(world):
    mila = world.person(basis="contract")
    jonas = world.person(number=32470000012, basis="contract")
    say(world, mila, now=datetime(2026, 10, 31, 22, 59, tzinfo=UTC))
    say(world, jonas, given=False, now=datetime(2026, 10, 31, 23, 1, tzinfo=UTC))  # November in Brussels
    slip = withdraw(world, mila, now=NOW)
    undo_withdrawal(actor=OPERATOR, event=slip, now=NOW + timedelta(seconds=3))
    counted = over_time(Asked(date(2026, 10, 1), date(2026, 11, 1)), zone())
    assert counted == {
        ("phone_sales", date(2026, 10, 1), "given"): 1,
        ("phone_sales", date(2026, 11, 1), "refused"): 1,
    }
    assert not over_time(Asked(date(2026, 10, 1), date(2026, 11, 1), purpose="other"), zone())


def test_the_chart_has_its_table_and_a_wrong_month_says_how_to_write_it(world, officer):
    say(world, world.person(basis="contract"))
    page = officer.get(reverse("consents:overview"), {"first": "2026-10", "last": "2026-11"}).content.decode()
    assert "Show as table" in page and 'value="2026-10" selected' in page
    assert "Sales by telephone" in page
    assert (
        "Write it as 2026-11" in officer.get(reverse("consents:overview"), {"first": "soon"}).content.decode()
    )
    backwards = officer.get(reverse("consents:overview"), {"first": "2026-11", "last": "2026-01"})
    assert "the first before the last" in backwards.content.decode()


def test_a_new_version_shows_what_changed_in_words_and_in_companies(world, officer):
    wording = world.spoken_wording
    other = Controller.objects.create(code="OTHER", legal_name="Other NV", country="BE")
    newer = Wording.objects.create(
        code=wording.code, version="v2", language="nl", purpose=world.sales, channels=["call"],
        text="Mag Warm NV u mailen over warmtepompen?", valid_from=date(2026, 6, 1),
    )  # fmt: skip
    newer.controllers.set([other])
    page = officer.get(reverse("consents:wordings")).content.decode()
    assert "<del>bellen</del>" in page and "<ins>mailen</ins>" in page
    assert "now also Other NV" in page and "no longer Warm NV" in page


def test_a_change_of_words_keeps_the_rest_in_order():
    assert list(changes("a b c", "a x c d")) == [
        Piece("same", "a"),
        Piece("gone", "b"),
        Piece("new", "x"),
        Piece("same", "c"),
        Piece("new", "d"),
    ]
