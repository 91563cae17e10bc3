"""The sentence for "where did you get my data?": true in every case, in the person's language."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from django.conf import settings

from duecause.apps.desk.sentences import phrases, where_from
from duecause.apps.dialling.models import Release, ReleaseRow
from duecause.apps.parties.models import Source
from duecause.apps.register.models import Record
from duecause.engine.ids import uuid7
from tests.apps.desk.test_desk import at_desk, look, post
from tests.support.world import NOW, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
TODAY = NOW.date()
LANGUAGES = [code for code, _ in settings.LANGUAGES]


@pytest.fixture
def world():
    return make_world()


def said(person, language="en", recipients=()):
    records = list(Record.objects.filter(person=person).order_by("obtained_on"))
    return where_from(records, recipients, language, on=TODAY)


def test_the_day_of_noting_is_never_said_to_be_the_day_of_obtaining(world):
    person = world.person(basis="contract")
    Record.objects.filter(person=person).update(obtained_on=None)
    told = said(person)
    assert told.text == (
        "We got your details from the order form of our web shop. "
        "We do not know on which day; we noted them on 2 November 2026."
    )
    assert told.known


def test_a_day_that_is_still_to_come_counts_as_unknown(world):
    person = world.person(basis="contract")
    Record.objects.filter(person=person).update(obtained_on=TODAY + timedelta(days=1))
    assert "We do not know on which day" in said(person).text
    assert "3 November" not in said(person).text


def test_an_undated_consent_is_told_with_its_text_and_without_a_day(world):
    person = world.person()
    Record.objects.filter(person=person).update(obtained_on=None)
    text = said(person).text
    assert "agreed to: “Warm NV mag mij bellen over warmtepompen”. We do not know on which day" in text


def test_an_unknown_source_is_said_to_be_unknown_and_not_to_be_used(world):
    person = world.person()
    Source.objects.update(kind=Source.Kind.UNKNOWN)
    told = said(person)
    assert told.text == (
        "We do not know where we got your details. We noted them on 2 November 2026. "
        "We do not use these details for offers."
    )
    assert not told.known
    assert world.source.say["en"] not in told.text


def test_of_two_sources_the_unknown_one_is_told_beside_the_known_one(world):
    person = world.person()
    lost = Source.objects.create(
        code="LOST", name="Lost", kind="unknown", controller=world.controller, default_country="BE",
        claimed_basis="unknown",
    )  # fmt: skip
    again = Record.objects.get(person=person)
    again.pk, again.source, again.key_in_source = Record._meta.pk.get_default(), lost, b"2" * 16
    again.obtained_on, again.recorded_at = date(2026, 9, 9), datetime(2026, 10, 1, 12, tzinfo=UTC)
    again.save(force_insert=True)
    told = said(person)
    assert (told.sources, told.unknown) == (2, 1)
    assert "from the order form of our web shop on 3 March 2026" in told.text
    assert "On 1 October 2026 we noted details of you of which we do not know where we got them." in told.text


def test_a_basis_nobody_can_show_is_admitted(world):
    person = world.person(basis="unknown")
    assert "We have no proof that we may use them for offers." in said(person).text


def test_who_received_the_number_is_told_also_when_the_list_has_run_out(world):
    person = world.person()
    over = NOW - timedelta(days=300)
    release = Release.objects.create(
        campaign=world.campaign, centre=world.centre, released_at=over, expires_at=over + timedelta(days=1),
        rows=1, watermark="W1", file_sha256="0" * 64, event=uuid7(), actor="system:test",
    )  # fmt: skip
    record = Record.objects.get(person=person)
    token = record.dial_facts.get().token
    ReleaseRow.objects.create(release=release, reference="r1", token=token, person=person, record=record)
    client = at_desk(world)
    look(client, person)
    page = post(client, f"/desk/people/{person.pk}/source/").content.decode()
    assert "Wij gaven uw nummer door aan Centre A voor: Heat pumps." in page


def test_the_page_says_when_nobody_knows(world):
    person = world.person()
    Source.objects.update(kind=Source.Kind.UNKNOWN)
    client = at_desk(world)
    look(client, person)
    page = post(client, f"/desk/people/{person.pk}/source/").content.decode()
    assert "No source is known" in page
    assert "Wij weten niet hoe wij aan uw gegevens kwamen." in page


def test_every_language_says_every_case_with_the_same_places():
    def places(text):
        return {part.partition("}")[0] for part in text.split("{")[1:]}

    english = phrases("en")
    for language in LANGUAGES:
        own = phrases(language)
        assert own.keys() == english.keys()
        assert own["version"] == f"provenance 2 ({language})"
        assert all(places(own[key]) == places(english[key]) for key in english), language


def test_no_case_leaves_a_gap_in_any_language(world):
    person = world.person()
    for kind, basis, day in product(("public", "unknown"), ("consent", "contract", "unknown"), (None, TODAY)):
        Source.objects.update(kind=kind)
        Record.objects.filter(person=person).update(basis=basis, obtained_on=day)
        for language in LANGUAGES:
            text = said(person, language, [("Centre A", "Heat pumps")]).text
            assert not {"{", "}", "  "} & {*text, *(text[i : i + 2] for i in range(len(text)))}
            assert "2026" in text
            assert "Centre A" in text
