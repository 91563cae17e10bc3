"""A list leaves only through an open gate, with few fields, marked, planted, dated and recallable."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from duecause.apps.catalogue.models import Field
from duecause.apps.consent import actions as consent
from duecause.apps.consent.consent_actions import Saying, withdraw_consent
from duecause.apps.consent.histories import Topic
from duecause.apps.dialling import exports, marks, release_actions
from duecause.apps.dialling.campaign_actions import apply_campaign
from duecause.apps.dialling.models import DialList, ListRow, Release, ReleaseRow
from duecause.apps.ledger.models import Event
from duecause.apps.register.models import DialFact
from duecause.apps.vault import indexes
from duecause.apps.vault.actions import destroy_keys
from duecause.engine.actor import NotPermitted
from duecause.engine.phone import parse_e164
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, TODAY, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA, JONAS = 32470000011, 32470000012


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


def released(dial_list, *, now=NOW):
    out = io.BytesIO()
    made = release_actions.release(actor=OPERATOR, dial_list=dial_list, now=now, out=out)
    return made, out.getvalue()


def lines(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


def code_of(call, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    return refused.value.code


def object_to(world, person):
    consent.record_objection(
        actor=OPERATOR, person=person, controller=world.controller, taking=consent.Taking(how="call"), now=NOW
    )


def test_the_file_holds_the_released_number_and_the_fields_of_the_campaign_only(world):
    imported(
        world,
        MILA,
        first_name="Mila",
        last_name="Test-Peeters",
        email="mila@example.org",
        phone_mobile="+32470000099",
    )
    made, content = released(screen(world))
    person = next(line for line in lines(content) if line["number"] == f"+{MILA}")
    assert list(person) == ["reference", "number", "first_name", "last_name", "list"]
    assert (person["first_name"], person["last_name"]) == ("Mila", "Test-Peeters")
    assert b"example.org" not in content
    assert b"+32470000099" not in content
    assert made.rows == 1


def test_a_field_that_the_purpose_does_not_need_any_more_stays_behind(world):
    """The campaign asks for it still; the catalogue has taken the purpose from the field since."""
    Field.objects.get(code="first_name").purposes.clear()
    imported(world, MILA, first_name="Mila")
    made, content = released(screen(world))
    assert list(lines(content)[0]) == ["reference", "number", "last_name", "list"]
    assert b"Mila" not in content
    assert made.fields == ["last_name"]


def test_a_campaign_that_would_hand_out_more_than_its_purpose_needs_is_refused(world):
    Field.objects.get(code="birth_date").purposes.clear()
    with pytest.raises(Refused) as refused:
        apply_campaign(
            actor=OPERATOR, now=NOW, code="MORE", name="More", controller=world.controller.code, brand=None,
            purpose=world.sales.code, channel="call", sector="energy", offer_families=[], countries=["BE"],
            release_fields=["last_name", "birth_date"], valid_days=7, ended_on=None,
        )  # fmt: skip
    assert refused.value.code == "release_field_unneeded"
    assert "birth_date" in refused.value.problem.text and "last_name" not in refused.value.problem.text


def test_two_rows_are_planted_on_numbers_of_the_company_in_the_country_of_the_campaign(world):
    imported(world, MILA)
    made, content = released(screen(world))
    planted = [line for line in lines(content) if line["number"] != f"+{MILA}"]
    assert sorted(line["number"] for line in planted) == ["+3227009901", "+3227009902"]
    assert all(line["first_name"] and line["last_name"] for line in planted)
    assert ReleaseRow.objects.filter(release=made, person=None).count() == 2


def test_without_numbers_of_its_own_the_company_releases_nothing(world):
    world.controller.canary_numbers = OWN_NUMBERS[:1]
    world.controller.save()
    imported(world, MILA)
    assert code_of(released, screen(world)) == "canary_numbers_missing"
    assert not Release.objects.exists()


def test_any_single_row_betrays_its_release(world):
    imported(world, MILA)
    made, content = released(screen(world))
    for line in lines(content):
        assert line["list"] == made.watermark == marks.watermark(made.pk)
        assert len(line["reference"]) == 26
        assert ReleaseRow.objects.get(reference=line["reference"]).release_id == made.pk
    order = [line["reference"] for line in lines(content)]
    assert order == sorted(order)


def test_the_planted_names_differ_from_release_to_release(world):
    numbers = [parse_e164(number) for number in OWN_NUMBERS]
    from duecause.engine.ids import uuid7

    drawn = {tuple(c.last_name for c in marks.canaries(uuid7(), numbers, ["BE"])) for _ in range(20)}
    assert len(drawn) > 10


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(world):
    imported(world, MILA, last_name="=HYPERLINK(1)")
    _, content = released(screen(world))
    person = next(line for line in lines(content) if line["number"] == f"+{MILA}")
    assert person["last_name"] == "'=HYPERLINK(1)"


def test_the_certificate_names_the_file_the_registers_the_rules_and_the_event(world):
    imported(world, MILA)
    made, content = released(screen(world))
    certificate = made.certificate
    assert certificate["list_sha256"] == hashlib.sha256(content).hexdigest() == made.file_sha256
    assert certificate["registers"][0]["version"] == (TODAY - DAY).isoformat()
    assert certificate["rules"]
    assert certificate["pack_version"]
    assert certificate["expires_on"] == (TODAY + 4 * DAY).isoformat()
    assert certificate["event"] == str(Event.objects.get(kind="dialling.released").uid)
    assert (
        certificate["candidates"] - sum(s["rows"] for s in certificate["waterfall"])
        == certificate["released"]
    )
    json.dumps(certificate)


def test_the_release_expires_at_the_end_of_the_last_day_in_the_country_of_the_company(world):
    imported(world, MILA)
    made, _ = released(screen(world))
    assert made.expires_at == datetime(2026, 11, 6, 23, 0, tzinfo=UTC)


def test_the_clear_file_is_nowhere_in_the_data_folder(world):
    imported(world, MILA, last_name="Nowhere-On-Disk")
    _, content = released(screen(world))
    assert b"Nowhere-On-Disk" in content
    folder = Path(settings.DATA)
    for path in folder.rglob("*"):
        if path.is_file():
            stored = path.read_bytes()
            assert b"Nowhere-On-Disk" not in stored, path
            assert f"+{MILA}".encode() not in stored, path


def test_every_reason_why_a_centre_is_blocked_is_listed(world):
    imported(world, MILA)
    dial_list = screen(world)
    world.centre.contracts.all().delete()
    world.centre.country = "TN"
    world.centre.save()
    with pytest.raises(Refused) as refused:
        released(DialList.objects.get(pk=dial_list.pk))
    assert refused.value.code == "party_gate_closed"
    assert "contract" in refused.value.problem.text
    assert "transfer" in refused.value.problem.text


def test_a_banned_campaign_is_refused_by_the_law_that_bans_it(world):
    world.campaign.countries, world.campaign.sector = ["FR"], "energy_renovation"
    world.campaign.save()
    imported(world, 33612345678, country="FR")
    with pytest.raises(Refused) as refused:
        released(screen(world))
    assert refused.value.code == "campaign_banned"
    assert "2025-594" in refused.value.problem.text


def test_a_list_of_yesterday_is_screened_again_first(world):
    imported(world, MILA)
    dial_list = screen(world)
    assert code_of(released, dial_list, now=NOW + DAY) == "list_stale"


def test_a_register_loaded_since_the_screening_asks_for_a_new_one(world):
    imported(world, MILA)
    dial_list = screen(world)
    from duecause.apps.consent.models import RegisterVersion

    RegisterVersion.objects.update(state="replaced")
    load_dncm(MILA, version_date=TODAY)
    assert code_of(released, dial_list) == "list_stale"


def test_a_list_is_released_once(world):
    imported(world, MILA)
    dial_list = screen(world)
    released(dial_list)
    assert code_of(released, dial_list) == "already_released"


def test_a_list_that_releases_nobody_is_not_handed_out(world):
    object_to(world, imported(world, MILA))
    assert code_of(released, screen(world)) == "nobody_to_release"


def test_an_objection_after_the_screening_keeps_the_row_back(world):
    mila = imported(world, MILA)
    imported(world, JONAS)
    dial_list = screen(world)
    object_to(world, mila)
    made, content = released(dial_list)
    assert f"+{MILA}".encode() not in content
    assert made.rows == 1
    assert ListRow.objects.get(dial_list=dial_list, position=0).reasons == ["objection"]
    assert {"reason": "objection", "rows": 1} in made.certificate["waterfall"]


def test_a_consent_withdrawn_after_the_screening_keeps_the_row_back(world):
    mila = imported(world, MILA)
    imported(world, JONAS)
    dial_list = screen(world)
    withdraw_consent(
        actor=OPERATOR, person=mila, topic=Topic(world.controller, world.sales, "call"),
        language="nl", saying=Saying(act="withdrawal_spoken"), now=NOW + DAY / 24,
    )  # fmt: skip
    _, content = released(dial_list)
    assert f"+{MILA}".encode() not in content


def test_a_person_whose_key_was_destroyed_is_not_released(world):
    mila = imported(world, MILA)
    imported(world, JONAS)
    dial_list = screen(world)
    destroy_keys(mila.records.get().pk, ["identity"])
    _, content = released(dial_list)
    assert f"+{MILA}".encode() not in content


def test_the_same_person_never_goes_to_two_centres(world):
    imported(world, MILA)
    first, second = screen(world), screen(world, centre=world.other_centre)
    released(first)
    assert code_of(released, second) == "nobody_to_release"
    again = screen(world, centre=world.other_centre)
    assert ListRow.objects.get(dial_list=again).reasons == ["released_elsewhere"]


def test_another_number_of_the_same_person_does_not_go_to_another_centre_either(world):
    mila = imported(world, MILA)
    released(screen(world))
    again = imported(world, JONAS)
    DialFact.objects.filter(person=again).update(person=mila)
    rows = ListRow.objects.filter(dial_list=screen(world, centre=world.other_centre))
    assert all("released_elsewhere" in row.reasons for row in rows)


def test_a_recall_frees_the_person_for_another_centre(world):
    imported(world, MILA)
    made, _ = released(screen(world))
    assert release_actions.recall(actor=OPERATOR, release=made, now=NOW)
    assert not release_actions.recall(actor=OPERATOR, release=made, now=NOW)
    assert released(screen(world, centre=world.other_centre))[0].rows == 1
    assert Event.objects.filter(kind="dialling.recalled").count() == 1


def test_only_who_may_release_does(world):
    imported(world, MILA)
    dial_list = screen(world)
    with pytest.raises(NotPermitted):
        release_actions.release(actor=world.actor("outbound"), dial_list=dial_list, now=NOW, out=io.BytesIO())
    assert not Release.objects.exists()


def test_a_stream_that_breaks_leaves_a_release_that_can_be_recalled(world):
    imported(world, MILA)
    dial_list = screen(world)

    class Broken(io.BytesIO):
        def write(self, data):
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=Broken())
    assert release_actions.recall(actor=OPERATOR, release=Release.objects.get(), now=NOW)


def test_the_verdict_file_names_each_row_with_its_number_or_its_reasons(world):
    imported(world, MILA)
    object_to(world, imported(world, JONAS))
    out = io.BytesIO()
    dial_list = screen(world)
    exports.write_verdicts(actor=OPERATOR, dial_list=dial_list, now=NOW, out=out)
    columns = io.BytesIO()
    exports.write_verdicts(actor=OPERATOR, dial_list=dial_list, now=NOW, out=columns, kind="parquet")
    same = pq.read_table(pa.BufferReader(columns.getvalue())).to_pylist()
    assert [{name: str(value) for name, value in line.items()} for line in same] == lines(out.getvalue())
    assert lines(out.getvalue()) == [
        {
            "file": "test.csv",
            "sheet": "",
            "row": "1",
            "number": f"+{MILA}",
            "verdict": "release",
            "reasons": "",
        },
        {
            "file": "test.csv",
            "sheet": "",
            "row": "2",
            "number": "",
            "verdict": "hold",
            "reasons": "objection",
        },
    ]


def test_no_event_of_a_release_holds_a_number(world):
    imported(world, MILA)
    released(screen(world))
    for event in Event.objects.all():
        assert str(MILA).encode() not in bytes(event.leaf_bytes)
    assert indexes.dial_token(MILA) == bytes(ReleaseRow.objects.exclude(person=None).get().token)


def test_a_release_that_breaks_half_way_is_no_release(world, monkeypatch):
    imported(world, MILA)
    dial_list = screen(world)
    monkeypatch.setattr(release_actions, "_commit", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        released(dial_list)
    assert not Release.objects.exists()
    assert not ReleaseRow.objects.exists()


def test_what_a_crash_left_of_a_release_counts_for_nothing_and_is_cleared(world, monkeypatch):
    from duecause.apps.dialling import precall

    imported(world, MILA)
    dial_list = screen(world)
    with monkeypatch.context() as patched:
        patched.setattr(release_actions, "_commit", lambda *args: 1 / 0)
        patched.setattr(Release, "delete", lambda self: None)
        with pytest.raises(ZeroDivisionError):
            released(dial_list)
    assert Release.objects.count() == 1
    asked = {"campaign": "PUMP-BE", "numbers": [f"+{MILA}"], "now": NOW}
    assert precall.decide(centre=world.centre, **asked)[0].reason == "not_on_your_list"
    assert ListRow.objects.get(dial_list=screen(world, centre=world.other_centre)).released
    made, _ = released(dial_list)
    assert Release.objects.get() == made
    assert precall.decide(centre=world.centre, **asked)[0].allowed


def test_an_objection_while_the_file_is_being_made_keeps_the_row_back(world, monkeypatch):
    mila = imported(world, MILA)
    imported(world, JONAS)
    dial_list = screen(world)
    draft = release_actions._draft

    def object_meanwhile(*args):
        object_to(world, mila)
        return draft(*args)

    monkeypatch.setattr(release_actions, "_draft", object_meanwhile)
    made, content = released(dial_list)
    assert f"+{MILA}".encode() not in content
    assert hashlib.sha256(content).hexdigest() == made.file_sha256
    assert made.release_rows.exclude(person=None).count() == made.rows == 1
