"""A consent leaves as a record of ISO/IEC TS 27560, and the person gets a receipt that names nobody else."""

import json
import re
from datetime import timedelta

import pytest

from duecause.apps.consent.consent_actions import Saying, record_consent, withdraw_consent
from duecause.apps.consent.evidence import Pointer
from duecause.apps.consent.histories import histories
from duecause.apps.consent.phrases import phrases
from duecause.apps.consent.receipt_actions import export_record, give_receipt
from duecause.apps.consent.sheets import receipt_page
from duecause.apps.ledger.models import Event
from duecause.engine.actor import NotPermitted
from duecause.engine.consent_record import check, check_receipt
from duecause.engine.consents import STATES
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
LANGUAGES = ("en", "nl", "fr", "pl", "sv", "de")
POINTER = Pointer("recording", "rec-secret-17", 1200, 9000)


@pytest.fixture
def world():
    return make_world()


def told(world, language="nl", **more):
    """A person who said yes on the telephone, then took it back in a letter."""
    person = world.person(basis="contract", language=language, **more)
    agent = world.actor("inbound")
    yes = Saying(act="spoken_yes", evidence=(POINTER,))
    record_consent(
        actor=agent, person=person, wording=world.spoken_wording, channel="call", given=True, saying=yes,
        now=NOW,
    )  # fmt: skip
    (known,) = histories(person)
    withdraw_consent(
        actor=agent, person=person, topic=known.topic, language=language,
        saying=Saying(act="letter", how="letter", at=NOW + timedelta(hours=1)), now=NOW + timedelta(days=1),
    )  # fmt: skip
    return person, histories(person)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_record_and_receipt_pass_the_strict_check_in_every_language(world, language):
    _, known = told(world, language)
    record = export_record(actor=OPERATOR, known=known, now=NOW + timedelta(days=2))
    receipt = give_receipt(actor=OPERATOR, known=known, now=NOW + timedelta(days=2))
    assert (check(record), check_receipt(receipt)) == ([], [])
    assert [event["event_state"] for event in record["events"]] == ["given", "withdrawn"]
    assert receipt["receipt"]["language"] == language


def test_a_consent_of_a_list_passes_the_same_check(world):
    (known,) = histories(world.person())
    assert check(export_record(actor=OPERATOR, known=known, now=NOW)) == []


def test_a_receipt_holds_nothing_of_staff_other_people_or_evidence(world):
    person, known = told(world)
    told(world, number=32470000012, first_name="Jonas")
    made = give_receipt(actor=OPERATOR, known=known, now=NOW + timedelta(days=2))
    for text in (json.dumps(made), receipt_page(made, known), receipt_page(made, known, alone=True)):
        assert "employee:" not in text and "rec-secret-17" not in text
        ids = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text))
        own = {str(person.pk), made["receipt"]["receipt_id"], *(str(word.id) for word in known.words)}
        assert ids <= own


def test_a_receipt_needs_no_script_and_speaks_the_persons_language(world):
    _, known = told(world, "sv")
    made = give_receipt(actor=OPERATOR, known=known, now=NOW + timedelta(days=2))
    text = receipt_page(made, known)
    assert '<html lang="sv">' in text and "<script" not in text and "<style" not in text
    assert "återkallade du ditt samtycke" in text
    assert 'lang="nl"' in text  # the words stay as they were read
    assert "<style>" in receipt_page(made, known, alone=True)


def test_each_receipt_and_each_record_that_leaves_is_in_the_ledger(world):
    person, known = told(world)
    give_receipt(actor=OPERATOR, known=known, now=NOW)
    export_record(actor=OPERATOR, known=known, now=NOW)
    kinds = set(Event.objects.filter(person=person.pk).values_list("kind", flat=True))
    assert {"consent.receipt_given", "consent.record_exported"} <= kinds
    with pytest.raises(NotPermitted):
        export_record(actor=world.actor("inbound"), known=known, now=NOW)


def test_every_language_has_every_phrase():
    for language in LANGUAGES:
        say = phrases(language)
        assert set(say.said) == set(STATES)
        for part in ("labels", "channels", "how"):
            assert set(getattr(say, part)) == set(getattr(phrases("en"), part))
        for sentence in say.said.values():
            assert set(re.findall(r"\{(\w+)\}", sentence)) == {"date", "purpose", "channel"}
