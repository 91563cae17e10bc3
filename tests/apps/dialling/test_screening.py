"""Every candidate row ends released or with all its reasons, and the waterfall adds up."""

from datetime import UTC, date, datetime, timedelta

import pytest

from duecause.apps.catalogue.models import Wording
from duecause.apps.consent import actions as consent
from duecause.apps.dialling import actions, jobs
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.models import DialList, ListRow
from duecause.apps.ledger.models import Event
from duecause.apps.obligations import runner
from duecause.apps.obligations.actions import ATTEMPTS_BEFORE_DEAD
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.parties.models import Controller, Source
from duecause.apps.register import spool
from duecause.apps.register.actions import drop_stray_uploads
from duecause.apps.register.models import DialFact, Lookup, Person, Record, RelationFact
from duecause.apps.vault import indexes
from duecause.apps.vault.models import DataKey
from duecause.engine.actor import NotPermitted
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import (
    DAY,
    TODAY,
    imported,
    load_dncm,
    reasons,
    refused_row,
    screen,
    waterfall_adds_up,
)
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CALL = consent.Taking(how="call")
MILA, JONAS = 32470000011, 32470000012


@pytest.fixture
def world():
    return make_world()


def object_to(world, person, **scope):
    consent.record_objection(
        actor=OPERATOR, person=person, controller=world.controller, taking=CALL, now=NOW,
        scope=consent.Scope(**scope) if scope else consent.ALL_MARKETING,
    )  # fmt: skip


def test_a_row_with_nothing_against_it_is_released_and_the_event_counts(world):
    load_dncm()
    imported(world, MILA)
    dial_list = screen(world)
    assert reasons(dial_list) == [[]]
    assert dial_list.state == DialList.State.SCREENED
    assert dial_list.report["released"] == 1
    assert Event.objects.filter(kind="dialling.screened").count() == 1


def test_each_reason_is_told_and_the_waterfall_adds_up(world):
    load_dncm(MILA)
    mila = imported(world, MILA)
    object_to(world, mila)
    imported(world, JONAS, adult_from=TODAY + DAY, minor_band="minor")
    imported(world, 32470000013, adult_from=TODAY)
    refused_row(world, "phone_decimal")
    refused_row(world, "phone_placeholder")
    refused_row(world, "consent_names_others", outcome="quarantined")
    dial_list = screen(world)
    assert reasons(dial_list) == [
        ["objection", "register_be_dncm"],
        ["minor"],
        [],
        ["invalid_number"],
        ["missing_phone"],
        ["quarantined"],
    ]
    assert waterfall_adds_up(dial_list)
    assert dial_list.report["totals"]["register_be_dncm"] == 1


def test_an_objection_for_another_campaign_stops_nothing_here(world):
    load_dncm()
    object_to(world, imported(world, MILA), kind="campaign", campaign="OTHER")
    assert reasons(screen(world)) == [[]]


def test_a_number_shared_with_somebody_who_objected_is_not_called(world):
    load_dncm()
    mila = imported(world, MILA)
    object_to(world, mila)
    imported(world, JONAS)
    record = mila.records.get()
    DialFact.objects.create(
        record=record, person=mila, source=world.source, ordinal=1, country="BE", basis="consent",
        token=DialFact.objects.get(record__row=2).token, key_id="k",
    )  # fmt: skip
    assert reasons(screen(world)) == [["objection"], ["objection"]]


def test_a_restricted_person_is_not_called(world):
    load_dncm()
    Person.objects.filter(pk=imported(world, MILA).pk).update(restricted_at=NOW)
    assert reasons(screen(world)) == [["restricted"]]


def test_the_company_does_not_call_its_own_planted_numbers(world):
    load_dncm()
    world.controller.canary_numbers = [f"+{MILA}"]
    world.controller.save()
    imported(world, MILA)
    assert reasons(screen(world)) == [["own_number"]]


def test_the_same_person_on_two_rows_is_released_once(world):
    load_dncm()
    mila = imported(world, MILA)
    again = imported(world, JONAS)
    DialFact.objects.filter(person=again).update(person=mila)
    assert reasons(screen(world)) == [[], ["duplicate_in_list"]]


def test_a_french_renovation_campaign_releases_nobody_from_the_eleventh_of_august_2026_and_says_why(world):
    world.campaign.countries, world.campaign.sector = ["FR"], "energy_renovation"
    world.campaign.save()
    imported(world, 33612345678, country="FR")
    dial_list = screen(world, on=date(2026, 8, 11))
    assert reasons(dial_list) == [["sector_ban"]]
    assert [ban["id"] for ban in dial_list.report["bans"]] == ["fr-ban-energy-renovation-2026"]
    assert dial_list.report["bans"][0]["sources"]
    assert dial_list.report["released"] == 0


def test_the_netherlands_ask_for_consent(world):
    world.campaign.countries = ["NL"]
    world.campaign.save()
    imported(world, 31610000011, country="NL", basis="legitimate_interest")
    imported(world, 31610000012, country="NL", basis="consent")
    assert reasons(screen(world)) == [["no_consent"], []]


def test_a_running_dutch_contract_no_longer_replaces_consent_after_july_2026(world):
    world.campaign.countries = ["NL"]
    world.campaign.save()
    person = imported(world, 31610000011, country="NL", basis="contract")
    RelationFact.objects.create(
        record=person.records.get(), person=person, family="heat_pump", since=date(2024, 1, 1)
    )
    assert reasons(screen(world, on=date(2026, 6, 30))) == [[]]
    assert reasons(screen(world, on=date(2026, 7, 1))) == [["no_consent"]]


@pytest.mark.parametrize(("age", "found"), [(5, []), (6, ["register_stale"])])
def test_the_belgian_register_may_be_five_days_old(world, age, found):
    load_dncm(version_date=TODAY - age * DAY)
    imported(world, MILA)
    dial_list = screen(world)
    assert reasons(dial_list) == [found]
    assert dial_list.report["registers"][0]["age_days"] == age


def test_a_register_that_was_never_loaded_lets_nobody_through(world):
    imported(world, MILA)
    assert reasons(screen(world)) == [["register_stale"]]


def test_a_centre_that_may_not_receive_data_gets_no_row_and_each_reason_is_told(world):
    load_dncm()
    imported(world, MILA)
    world.centre.contracts.all().delete()
    world.centre.suspended_on = TODAY
    world.centre.save()
    dial_list = screen(world)
    assert reasons(dial_list) == [["party_gate_closed"]]
    codes = [problem["code"] for problem in dial_list.report["party_gate"]]
    assert codes == ["party_suspended", "party_no_contract"]


def test_the_list_expires_with_the_register(world):
    version = load_dncm()
    imported(world, MILA)
    report = screen(world).report
    assert report["expires_on"] == (version.version_date + 5 * DAY).isoformat()
    assert report["expires_because"]["code"] == "expiry_register"


def csv_list(text):
    return ListFile(data=text.encode(), name="fair.csv")


def test_rows_of_a_list_are_found_in_the_register_by_their_number(world):
    load_dncm()
    mila = imported(world, MILA)
    dial_list = screen(
        world, file=csv_list("naam;telefoon\nA;0470 00 00 11\nB;0470000099\nC;475123456.0\nD;\n")
    )
    rows = list(ListRow.objects.filter(dial_list=dial_list).order_by("position"))
    assert [(row.file, row.row) for row in rows] == [("fair.csv", n) for n in (2, 3, 4, 5)]
    assert rows[0].released
    assert rows[0].person_id == mila.pk
    assert rows[1].reasons == ["not_in_register", "basis_unknown"]
    assert rows[2].reasons == ["invalid_number"]
    assert rows[3].reasons == ["missing_phone"]
    assert waterfall_adds_up(dial_list)


def test_a_list_without_a_phone_column_is_refused_and_leaves_nothing(world):
    with pytest.raises(Refused) as refused:
        screen(world, file=csv_list("naam;gemeente\nA;Gent\n"))
    assert refused.value.code == "no_phone_column"
    assert not DialList.objects.exists()


def foreign_source(world):
    other = Controller.objects.create(code="ZON", legal_name="Zon NV", country="BE")
    return Source.objects.create(
        code="ZON-WEB", name="Zon shop", kind="data_subject", controller=other, default_country="BE",
        claimed_basis="consent",
    )  # fmt: skip


def test_a_source_of_another_controller_is_refused_whatever_its_consent_texts_name(world):
    source = foreign_source(world)
    wording = Wording.objects.create(
        code="ZON-CALL", version="v1", language="nl", text="Zon NV en Warm NV mogen mij bellen.",
        source=source, purpose=world.sales, channels=["call"], valid_from=date(2025, 1, 1),
    )  # fmt: skip
    wording.controllers.add(world.controller, source.controller)
    asked = {
        "campaign": world.campaign, "centre": world.centre, "on": TODAY, "now": NOW,
        "sources": ["WEB", "ZON-WEB"],
    }  # fmt: skip
    for ask in (actions.screen, actions.request_screening):
        with pytest.raises(Refused) as refused:
            ask(actor=OPERATOR, **asked)
        assert refused.value.code == "source_of_another"
        assert "ZON-WEB" in refused.value.problem.text
        assert "PUMP-BE" in refused.value.problem.text
    assert not DialList.objects.exists()


def test_a_number_known_from_another_controller_alone_is_as_unknown_as_any(world):
    load_dncm()
    foreign = foreign_source(world)
    mila = imported(world, MILA)
    DialFact.objects.filter(person=mila).update(source=foreign)
    Record.objects.filter(person=mila).update(source=foreign)
    jonas = imported(world, JONAS)
    dial_list = screen(world, file=csv_list("telefoon\n0470000011\n0470000012\n"))
    rows = list(ListRow.objects.filter(dial_list=dial_list).order_by("position"))
    assert rows[0].reasons == ["not_in_register", "basis_unknown"]
    assert rows[0].person_id is None
    assert rows[1].person_id == jonas.pk


def test_a_screening_without_sources_is_refused_before_anything_is_stored(world):
    with pytest.raises(Refused) as refused:
        actions.request_screening(
            actor=OPERATOR, campaign=world.campaign, centre=world.centre, on=TODAY, now=NOW, sources=[]
        )
    assert refused.value.code == "candidates_needed"
    assert not DialList.objects.exists()
    assert not Obligation.objects.filter(kind=actions.SCREENING).exists()


def test_an_unknown_source_is_named(world):
    with pytest.raises(Refused) as refused:
        screen(world, sources=["NOPE"])
    assert refused.value.code == "unknown_source"
    assert "WEB" in refused.value.problem.text


def test_nothing_sealed_is_opened_for_a_screening(world, monkeypatch):
    from duecause.apps.vault import opening
    from duecause.engine import sealing

    load_dncm()
    imported(world, MILA)

    def broken(*args, **kwargs):
        raise AssertionError("opened")

    monkeypatch.setattr(opening, "open_many", broken)
    real = sealing.open_sealed

    def keys_only(key, blob, *, bound_to):
        return real(key, blob, bound_to=bound_to) if bound_to.startswith(b"key\0") else broken()

    monkeypatch.setattr(sealing, "open_sealed", keys_only)
    assert reasons(screen(world)) == [[]]


def test_a_screening_that_breaks_leaves_a_failed_list_without_rows(world, monkeypatch):
    load_dncm()
    imported(world, MILA)
    monkeypatch.setattr(actions, "_complete", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        screen(world)
    assert DialList.objects.get().state == DialList.State.FAILED
    assert not ListRow.objects.exists()


def test_a_worker_screens_a_list_that_was_asked_for_and_tells_how_far_it_is(world):
    load_dncm()
    imported(world, MILA)
    dial_list, obligation = actions.request_screening(
        actor=world.actor("team_lead"), campaign=world.campaign, centre=world.centre, on=TODAY, now=NOW,
        sources=["WEB"],
    )  # fmt: skip
    assert jobs.screen
    assert runner.run_once("w")
    dial_list.refresh_from_db()
    step = obligation.steps.get()
    assert (dial_list.state, step.state) == ("screened", "done")
    assert step.progress_done == step.progress_total > 0
    assert step.receipt["released"] == 1


def ask_for(world, text="telefoon\n0470000011\n"):
    load_dncm()
    imported(world, MILA)
    return actions.request_screening(
        actor=OPERATOR, campaign=world.campaign, centre=world.centre, on=TODAY, now=NOW, file=csv_list(text)
    )[0]


def kept(dial_list):
    return spool.path_of(dial_list.pk).exists(), DataKey.objects.filter(owner=dial_list.pk).exists()


def again():
    Step.objects.filter(obligation__kind=actions.SCREENING).update(next_at=NOW)
    assert runner.run_once("w")


def test_a_file_waits_sealed_for_the_worker_and_is_destroyed_with_its_key(world):
    dial_list = ask_for(world)
    content = spool.path_of(dial_list.pk).read_bytes()
    assert b"0470000011" not in content
    assert "0470000011" not in str(list(Obligation.objects.values_list("facts", flat=True)))
    assert kept(dial_list) == (True, True)
    assert runner.run_once("w")
    dial_list.refresh_from_db()
    assert reasons(dial_list) == [[]]
    assert kept(dial_list) == (False, False)
    assert Event.objects.filter(kind="gate.spool").count() == 1


def test_a_file_that_its_worker_refuses_is_gone_and_the_list_has_failed(world, monkeypatch):
    dial_list = ask_for(world)

    def refuse(*args, **kwargs):
        raise Refused("no_room", "No room.")

    monkeypatch.setattr(actions, "judge", refuse)
    assert runner.run_once("w")
    dial_list.refresh_from_db()
    assert dial_list.state == DialList.State.FAILED
    assert kept(dial_list) == (False, False)


def test_a_screening_whose_worker_crashed_starts_over_and_its_file_is_there_still(world, monkeypatch):
    dial_list = ask_for(world)
    real = actions._complete
    monkeypatch.setattr(actions, "_complete", lambda *args: 1 / 0)
    assert runner.run_once("w")
    dial_list.refresh_from_db()
    assert dial_list.state == DialList.State.SCREENING
    assert kept(dial_list) == (True, True)
    monkeypatch.setattr(actions, "_complete", real)
    again()
    dial_list.refresh_from_db()
    assert reasons(dial_list) == [[]]
    assert kept(dial_list) == (False, False)


def test_a_screening_that_crashes_every_time_ends_failed_and_keeps_nothing(world, monkeypatch):
    dial_list = ask_for(world)
    monkeypatch.setattr(actions, "_complete", lambda *args: 1 / 0)
    Step.objects.filter(obligation__kind=actions.SCREENING).update(attempts=ATTEMPTS_BEFORE_DEAD)
    again()
    dial_list.refresh_from_db()
    assert dial_list.state == DialList.State.FAILED
    assert not ListRow.objects.exists()
    assert kept(dial_list) == (False, False)


def test_a_worker_that_comes_late_leaves_the_list_of_the_other_as_it_is(world, monkeypatch):
    dial_list = ask_for(world)
    real = actions._complete

    def overtaken(*args):
        real(*args)
        return real(*args)

    monkeypatch.setattr(actions, "_complete", overtaken)
    assert runner.run_once("w")
    dial_list.refresh_from_db()
    assert dial_list.state == DialList.State.SCREENED
    assert reasons(dial_list) == [[]]
    assert Event.objects.filter(kind="dialling.screened").count() == 1


def test_stray_files_are_destroyed_and_those_that_a_screening_awaits_are_not(world):
    awaited = ask_for(world)
    stray = uuid7()
    spool.put(stray, b"telefoon\n0470000011\n")
    later = datetime.now(UTC) + timedelta(hours=1)
    assert drop_stray_uploads(actor=OPERATOR, now=later) >= 1  # other tests of this process may leave some
    assert kept(awaited) == (True, True)
    assert not spool.path_of(stray).exists()


def test_an_agent_may_not_screen(world):
    with pytest.raises(NotPermitted):
        actions.screen(
            actor=world.actor("outbound"), campaign=world.campaign, centre=world.centre, on=TODAY, now=NOW,
            sources=["WEB"],
        )  # fmt: skip


def test_an_objection_taken_by_email_stops_the_person_who_is_imported_later(world):
    load_dncm()
    consent.record_email_objection(
        actor=OPERATOR, email="mila@example.org", controller=world.controller, taking=CALL, now=NOW
    )
    mila = imported(world, MILA)
    Lookup.objects.create(
        record=mila.records.get(), kind="email", token=indexes.lookup_token("email", "mila@example.org"),
        key_id="k", normaliser=1,
    )  # fmt: skip
    assert reasons(screen(world)) == [["objection"]]
