"""Objections given elsewhere are taken over: greedily, with their date, and once."""

from datetime import date, timedelta

import pytest

from duecause.apps.consent import queries
from duecause.apps.consent.consent_actions import Saying, record_consent
from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.consent.objection_import_actions import import_objections
from duecause.apps.ledger.models import Event
from duecause.apps.register.models import Lookup
from duecause.apps.vault import indexes
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA = 32470000011
STRANGER = 32470000099


@pytest.fixture
def world():
    return make_world()


def take(world, text, *, name="objections.csv", **given):
    data = text if isinstance(text, bytes) else text.encode()
    return import_objections(
        actor=OPERATOR, data=data, file_name=name, controller=world.controller, now=NOW, **given
    )


def outcomes(done):
    return [row.outcome for row in done.rows]


def stopped(world, number, *, channel="call", campaign="PUMP-BE"):
    rows = queries.suppressions(controller=world.controller, channel=channel, campaign=campaign, now=NOW)
    return rows.filter(token=indexes.dial_token(number)).exists()


def test_a_known_person_objects_as_a_person_on_the_given_date(world):
    mila = world.person(number=MILA)
    done = take(world, "phone;email;objected_on;scope\n0470 00 00 11;;2024-05-01;all\n")
    assert outcomes(done) == ["recorded"]
    objection = Objection.objects.get(person=mila)
    assert objection.at.date() == date(2024, 5, 1)
    assert (objection.taken_how, objection.scope) == ("import", "all_marketing")
    assert stopped(world, MILA)


def test_the_email_address_finds_the_person_and_blocks_the_number(world):
    mila = world.person(number=MILA)
    Lookup.objects.create(
        record=mila.records.get(), kind="email", token=indexes.lookup_token("email", "mila@example.org"),
        key_id="k", normaliser=1,
    )  # fmt: skip
    assert outcomes(take(world, "email,date\nMila@Example.org,2024-05-01\n")) == ["recorded"]
    assert stopped(world, MILA)


def test_a_number_that_nobody_is_known_by_is_blocked_by_itself(world):
    assert outcomes(take(world, f"telefoon\n+{STRANGER}\n")) == ["recorded_number"]
    assert stopped(world, STRANGER)
    assert Objection.objects.get().person is None


def test_every_plausible_reading_of_a_cell_is_blocked(world):
    done = take(world, "phone;email\n0470000011 / 0470000012 of 0470000013;\n475000014.0;\n")
    assert all(stopped(world, 32470000000 + n) for n in (11, 12, 13))
    assert done.rows[1].outcome in ("recorded_number", "refused")


def test_the_same_file_twice_changes_nothing(world):
    world.person(number=MILA)
    text = f"phone;objected_on;scope\n+{MILA};2024-05-01;all\n+{STRANGER};2024-05-01;phone\n"
    take(world, text)
    before = (Objection.objects.count(), Suppression.objects.count(), Event.objects.count())
    assert outcomes(take(world, text)) == ["already", "already"]
    assert (Objection.objects.count(), Suppression.objects.count(), Event.objects.count()) == before


def test_the_same_file_does_not_undo_a_consent_that_came_later(world):
    mila = world.person(number=MILA)
    text = f"phone;objected_on\n+{MILA};2024-05-01\n"
    take(world, text)
    record_consent(
        actor=OPERATOR, person=mila, wording=world.wording, channel="call", given=True,
        saying=Saying(act="spoken_yes"), now=NOW - timedelta(days=1),
    )  # fmt: skip
    assert not stopped(world, MILA)
    assert outcomes(take(world, text)) == ["already"]
    assert not stopped(world, MILA)


@pytest.mark.parametrize(
    ("word", "channel", "holds"),
    [
        ("all", "email", True),
        ("", "email", True),
        ("phone", "call", True),
        ("téléphone", "email", False),
        ("no idea", "email", True),
        ("campaign:PUMP-BE", "call", True),
        ("campaign:OTHER", "call", False),
    ],
)
def test_the_scope_word_decides_how_far_it_reaches_and_doubt_reaches_furthest(world, word, channel, holds):
    done = take(world, f"phone;scope\n+{STRANGER};{word}\n")
    assert stopped(world, STRANGER, channel=channel) is holds
    assert [p.code for p in done.rows[0].problems] == (["scope_unknown"] if word == "no idea" else [])


def test_an_objection_by_email_stops_whoever_turns_out_to_have_the_address(world):
    assert outcomes(take(world, "email\nmila@example.org\n")) == ["recorded_email"]
    mila = world.person(number=MILA)
    Lookup.objects.create(
        record=mila.records.get(), kind="email", token=indexes.lookup_token("email", "mila@example.org"),
        key_id="k", normaliser=1,
    )  # fmt: skip
    asked = {"controller": world.controller, "channel": "call", "campaign": "PUMP-BE", "now": NOW}
    assert queries.objecting_by_email(**asked) == {mila.pk}
    assert queries.objecting_by_email(**asked, among=[]) == set()


def test_a_row_that_names_nobody_says_what_to_do(world):
    done = take(world, "phone;email\nn/a;\n")
    assert outcomes(done) == ["refused"]
    assert "Correct it at the source" in done.rows[0].problems[-1].text


def test_a_file_without_a_column_to_find_people_by_is_refused(world):
    with pytest.raises(Refused) as refused:
        take(world, "naam;gemeente\nA;Gent\n")
    assert refused.value.code == "no_identifier_column"


def test_only_who_may_record_objections_imports_them(world):
    with pytest.raises(NotPermitted):
        import_objections(
            actor=world.actor("administrator"), data=b"phone\n+32470000011\n", file_name="x.csv",
            controller=world.controller, now=NOW,
        )  # fmt: skip
