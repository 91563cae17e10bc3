"""The record of processing is what is configured and done: whatever changes there has changed here."""

from datetime import date, timedelta

import pytest

from duecause.apps.catalogue.models import Activity, Field, Purpose, RetentionRule, Wording
from duecause.apps.evidence import measures
from duecause.apps.evidence.counting import counts
from duecause.apps.evidence.filters import Filter, narrowed, scope_of
from duecause.apps.evidence.models import Tally
from duecause.apps.evidence.record import assemble, scopes
from duecause.apps.evidence.tally_actions import store_counts
from duecause.apps.parties.models import Contract, Controller, Engagement, Partner, TransferBasis
from duecause.engine.problems import Refused
from tests.apps.evidence.records import company, hand_out, signed_in, texts_of_page
from tests.support.activities import make_activity
from tests.support.world import NOW, OPERATOR

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]


@pytest.fixture
def world():
    return company()


def record(code=""):
    return assemble(scope_of(code), now=NOW)


def test_fields_in_use_are_counted_without_opening_a_record(world):
    found = record()
    assert found.content["fields"]["phone"]["in_use"] and found.holding("phone") == 2
    assert found.holding("phone_mobile") == 1
    assert not found.content["fields"]["street"]["in_use"] and found.holding("street") == 0


def test_where_a_record_comes_from_is_counted_too(world):
    assert counts(NOW).fields["WEB"]["obtained_on"] == 2
    assert counts(NOW).fields["WEB"]["consent_text"] == 2
    world.person(number=32470000077, basis="legitimate_interest")
    assert counts(NOW).fields["WEB"]["consent_text"] == 2


def test_a_field_is_kept_for_an_activity_as_long_as_its_own_purposes_need_it(world):
    care = Purpose.objects.create(code="care", name={"en": "Care"}, legal_basis="contract")
    Field.objects.get(code="phone").purposes.add(care)
    make_activity(world, "supply", purposes=["care"])
    page = signed_in(world).get("/evidence/record/").content.decode()
    selling = page.partition('id="activity-selling"')[2].partition("</section>")[0]
    assert "24 months" in selling and "84 months" not in selling


@pytest.mark.parametrize(
    "change",
    [
        lambda world: Field.objects.filter(code="phone").update(law_class="communications"),
        lambda world: Field.objects.filter(code="phone").update(perception=5),
        lambda world: RetentionRule.objects.update(months=36),
        lambda world: Purpose.objects.update(legal_basis="legitimate_interest"),
        lambda world: Activity.objects.update(dpia="needed"),
        lambda world: Controller.objects.update(legal_name="Warm Group NV"),
        lambda world: Wording.objects.update(text="Warm NV mag mij bellen."),
        lambda world: Wording.objects.update(holds_months=24),
        lambda world: Wording.objects.update(valid_to=date(2025, 12, 31)),
        lambda world: make_activity(world, "second"),
        lambda world: make_activity(world, processors=["CC-B"]),
        lambda world: hand_out(world),
        lambda world: world.person(number=32470000031, street="Dorpsstraat"),
        lambda world: Controller.objects.update(canary_numbers=["+3227009901"]),
    ],
)
def test_a_change_of_the_configuration_is_another_version(world, change):
    before = record()
    assert record().version == before.version
    change(world)
    assert record().version != before.version


def test_who_got_a_list_is_a_recipient_with_contract_and_transfer(world):
    assert record().content["recipients"] == {}
    hand_out(world, rows=12)
    found = record()
    assert found.content["activities"]["selling"]["recipients"] == ["CC-A"]
    assert (found.recipients["CC-A"].lists, found.recipients["CC-A"].rows) == (1, 12)
    assert found.content["recipients"]["CC-A"]["agreements"][0]["reference"] == "DPA-1"
    Contract.objects.filter(partner=world.centre).delete()
    assert record().content["recipients"]["CC-A"]["agreements"] == []
    assert record().recipients["CC-A"].against


def test_a_draft_that_was_never_handed_out_makes_no_recipient(world):
    draft = hand_out(world)
    draft.expires_at = draft.released_at
    draft.save()
    assert record().content["recipients"] == {}


def test_a_list_of_former_times_makes_a_recipient(world):
    former = hand_out(world)
    former.dial_list, former.expires_at = None, former.released_at
    former.save()
    assert list(record().content["recipients"]) == ["CC-A"]


def test_a_transfer_outside_the_area_says_on_what_it_rests(world):
    Partner.objects.filter(code="CC-A").update(country="TN")
    TransferBasis.objects.create(
        partner=world.centre,
        country="TN",
        mechanism="scc",
        assessment_valid_to=NOW.date() + timedelta(days=90),
    )
    hand_out(world)
    (transfer,) = record().content["recipients"]["CC-A"]["transfers"]
    assert not transfer["inside"] and transfer["mechanism"] == "scc"
    shown = texts_of_page(signed_in(world).get("/evidence/record/").content)
    assert any("Tunisia, Standard contractual clauses, assessed until" in text for text in shown)


def test_who_works_for_a_recipient_stands_beside_it(world):
    hand_out(world)
    Engagement.objects.create(
        processor=world.centre,
        sub=world.other_centre,
        service="Evening calls",
        state="authorised",
        announced_on=NOW.date(),
    )
    (sub,) = record().content["recipients"]["CC-A"]["sub_processors"]
    assert (sub["name"], sub["countries"], sub["state"]) == ("Centre B", ["NL"], "authorised")


def test_what_is_done_for_others_is_a_record_of_its_own(world):
    other = Controller.objects.create(code="SUN", legal_name="Sun BV", country="NL")
    make_activity(world, "overflow", role="processor", controller=other.code)
    assert [scope.code for scope in scopes()] == ["controller.WARM", "processor.SUN"]
    found = record("processor.SUN").content
    assert list(found["activities"]) == ["overflow"] and found["sources"] == {}
    assert "overflow" not in record("controller.WARM").content["activities"]


def test_a_retired_activity_leaves_the_record_and_its_fields_stay_while_they_are_held(world):
    Activity.objects.update(status="retired")
    found = record()
    assert found.content["activities"] == {}
    assert "phone" in found.content["fields"] and "street" not in found.content["fields"]
    page = signed_in(world).get("/evidence/record/").content.decode()
    assert "“phone” is held in records, but no activity uses it." in page


def test_a_special_category_without_condition_is_an_open_point(world):
    Field.objects.filter(code="phone").update(law_class="special")
    page = signed_in(world).get("/evidence/record/").content.decode()
    assert "names no condition for it (GDPR Art. 9(2))" in page
    Purpose.objects.update(special_condition="a")
    assert "names no condition" not in signed_in(world).get("/evidence/record/").content.decode()


def test_measures_are_asked_of_what_runs(world, settings):
    def on():
        return {one.code: one.on for one in measures.measures()}

    assert on()["reason_asked"] and on()["training_asked"] and on()["sealed"]
    assert not on()["transport"] and not on()["canaries"]
    settings.BEHIND_TLS = settings.SESSION_COOKIE_SECURE = True
    settings.SESSION_COOKIE_AGE = 14 * 86400
    assert on()["transport"] and not on()["sessions"]


def test_a_part_holds_what_the_filter_leaves_and_keeps_the_version_of_the_whole(world):
    Field.objects.filter(code="email").update(law_class="communications")
    care = Purpose.objects.create(code="care", name={"en": "Care"}, legal_basis="contract")
    Field.objects.get(code="customer_no").purposes.set([care])
    make_activity(world, "supply", purposes=["care"])
    hand_out(world)
    whole = record()
    by_purpose = narrowed(whole, Filter(purpose="care")).content
    assert list(by_purpose["activities"]) == ["supply"] and list(by_purpose["fields"]) == ["customer_no"]
    by_class = narrowed(whole, Filter(law_class="communications"))
    assert list(by_class.content["fields"]) == ["email"] and by_class.version == whole.version
    by_partner = narrowed(whole, Filter(partner="CC-A")).content
    assert list(by_partner["activities"]) == ["selling"] and list(by_partner["recipients"]) == ["CC-A"]


@pytest.mark.parametrize("by", [{"purpose": "x"}, {"class": "x"}, {"partner": "x"}, {"of": "controller.x"}])
def test_a_misspelt_filter_is_explained_and_is_no_empty_record(world, by):
    answer = signed_in(world).get("/evidence/record/", by)
    assert answer.status_code == 422
    assert "“x”" in answer.content.decode() or "“controller.x”" in answer.content.decode()
    assert "Selling by telephone" in answer.content.decode()
    with pytest.raises(Refused):
        narrowed(assemble(scope_of(by.get("of", "")), now=NOW), Filter.read(by))


def test_without_an_organisation_the_page_says_how_to_begin(world):
    Activity.objects.all().delete()
    assert "No activities yet" in signed_in(world).get("/evidence/record/").content.decode()


def test_where_counting_takes_long_the_worker_counts_and_the_page_says_when(world):
    store_counts(actor=OPERATOR, now=NOW, wait=-1.0)
    assert Tally.objects.get().fields["phone"] == 2
    world.person(number=32470000055)
    later = NOW + timedelta(minutes=5)
    assert counts(later).fields["WEB"]["phone"] == 2 and counts(later).counted_at == NOW
    store_counts(actor=OPERATOR, now=later)
    assert not Tally.objects.exists() and counts(later).fields["WEB"]["phone"] == 3
