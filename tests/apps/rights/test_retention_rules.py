"""Rules change by agreement: whoever agrees is somebody else, and has read whom the change touches."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from duecause.apps.catalogue import retention_actions as actions
from duecause.apps.catalogue import retention_queries as queries
from duecause.apps.catalogue.models import Field, Purpose, RetentionVersion
from duecause.apps.evidence import gaps, record
from duecause.apps.ledger.models import Event
from duecause.apps.register.models import Record, RelationFact
from duecause.apps.rights import retention_counting as counting
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from duecause.organisation import applying
from tests.support.activities import make_activity
from tests.support.world import NOW, OPERATOR, World, keep_by_rules, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
TODAY = NOW.date()
RULE = {
    "purpose": "phone_sales",
    "field": "",
    "trigger": "last_contact",
    "months": 24,
    "days": 0,
    "action": "erase",
}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def officers(world):
    return world.actor("privacy_officer"), world.actor("privacy_officer")


def known_since(world: World, number: int, obtained: date) -> Record:
    person = world.person(number=number)
    person.records.update(obtained_on=obtained)
    return person.records.get()


def proposed(actor, **after) -> RetentionVersion:
    version = actions.change_rule(actor=actor, before=RULE, after={**RULE, **after}, now=NOW)
    return actions.count_impact(actor=actor, version=version, now=NOW)


def approved(actor, version: RetentionVersion) -> RetentionVersion:
    return actions.approve_rules(actor=actor, version=version, counted_at=version.counted_at, now=NOW)


def test_a_shorter_period_says_whom_it_touches_and_when(world, officers):
    for number, days in enumerate((400, 390, 350, 200)):
        known_since(world, 32470000020 + number, TODAY - timedelta(days=days))
    impact = proposed(officers[0], months=12).impact
    assert {bucket: found["persons"] for bucket, found in impact.items()} == {
        "at_once": 2, "within_30_days": 1, "later": 1, "longer": 0,
    }  # fmt: skip
    assert impact["at_once"]["fields"]["erase"] == 6, "three fields of each"


def test_a_longer_period_lets_people_stay_longer(world, officers):
    known_since(world, 32470000020, TODAY - timedelta(days=400))
    impact = proposed(officers[0], months=36).impact
    assert impact["longer"] == {"persons": 1, "fields": {"erase": 3}}
    assert not any(impact[bucket]["persons"] for bucket in ("at_once", "within_30_days", "later"))


def test_nothing_changes_before_somebody_else_agrees(world, officers):
    proposer, approver = officers
    version = proposed(proposer, months=12)
    assert queries.rules_of(queries.in_force())[0].months == 24
    with pytest.raises(Refused, match="somebody else"):
        approved(proposer, version)
    approved(approver, version)
    assert queries.rules_of(queries.in_force())[0].months == 12
    assert queries.waiting() is None


def test_what_was_in_force_stays_readable_and_every_step_is_in_the_ledger(world, officers):
    version = approved(officers[1], proposed(officers[0], months=12))
    before = RetentionVersion.objects.get(state="replaced")
    assert queries.plain_rules(before) == [RULE]
    assert queries.changes(version) == [{"before": RULE, "after": {**RULE, "months": 12}}]
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {"catalogue.retention_proposed", "catalogue.retention_changed"} <= kinds
    assert Event.objects.filter(uid=version.event, kind="catalogue.retention_changed").exists()


def test_who_agrees_has_read_the_newest_figures(world, officers):
    version = actions.change_rule(actor=officers[0], before=RULE, after={**RULE, "months": 12}, now=NOW)
    with pytest.raises(Refused, match="not counted yet"):
        approved(officers[1], version)
    actions.count_impact(actor=officers[0], version=version, now=NOW)
    old = version.counted_at
    actions.count_impact(actor=officers[0], version=version, now=NOW + timedelta(minutes=1))
    with pytest.raises(Refused, match="counted anew"):
        actions.approve_rules(actor=officers[1], version=version, counted_at=old, now=NOW)


def test_a_proposal_of_somebody_else_is_not_overwritten(world, officers):
    proposed(officers[0], months=12)
    with pytest.raises(Refused, match="waits for approval"):
        proposed(officers[1], months=18)
    own = actions.change_rule(
        actor=officers[0], before={**RULE, "months": 12}, after={**RULE, "months": 18}, now=NOW
    )
    assert queries.waiting() == own
    assert RetentionVersion.objects.filter(state="refused").count() == 1


def test_an_operator_at_the_command_line_cannot_agree(world, officers):
    with pytest.raises(Refused, match="somebody else"):
        approved(OPERATOR, proposed(officers[0], months=12))


def test_who_may_only_read_proposes_nothing(world):
    with pytest.raises(NotPermitted):
        proposed(world.actor("team_lead"), months=12)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"purpose": "nowhere"}, "nowhere"),
        ({"field": "nowhere"}, "nowhere"),
        ({"trigger": "full_moon"}, "full_moon"),
        ({"action": "sell"}, "sell"),
        ({"months": 12, "days": 3}, "either months"),
        ({"months": 5000}, "1 to 1200"),
        ({"field": "email", "action": "anonymise"}, "birth_date, postcode"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_a_remedy(world, officers, after, said):
    with pytest.raises(Refused, match=said):
        actions.change_rule(actor=officers[0], before=None, after={**RULE, **after}, now=NOW)
    assert queries.waiting() is None


def test_a_purpose_is_never_left_without_a_rule(world, officers):
    with pytest.raises(Refused, match="without a rule"):
        actions.change_rule(actor=officers[0], before=RULE, after=None, now=NOW)


def test_giving_a_field_another_purpose_ends_nothing_unseen(world, officers):
    """The night goes by what was agreed on, not by what somebody has configured since."""
    record_ = known_since(world, 32470000020, TODAY - timedelta(days=3 * 366))
    contract = Purpose.objects.create(code="supply", legal_basis="contract")
    for field in Field.objects.all():
        field.purposes.add(contract)
    keep_by_rules(
        (world.sales, None, "last_contact", 24, 0, "erase"),
        (contract, None, "contract_ended", 84, 0, "erase"),
    )
    RelationFact.objects.create(record=record_, person=record_.person, family="gas")
    Field.objects.get(code="last_name").purposes.set([world.sales])
    assert "erase" not in counting.forecast(NOW)["months"].get("overdue", {})
    rules = queries.plain_rules(queries.in_force())
    version = actions.propose_rules(actor=officers[0], rules=rules, now=NOW)
    actions.count_impact(actor=officers[0], version=version, now=NOW)
    assert version.impact["at_once"] == {"persons": 1, "fields": {"erase": 1}}
    assert queries.moved_fields(version) == {"last_name": (["phone_sales", "supply"], ["phone_sales"])}
    approved(officers[1], version)
    assert counting.forecast(NOW)["months"]["overdue"]["erase"]["fields"] == 1


def test_the_forecast_counts_each_record_where_it_goes(world):
    known_since(world, 32470000020, TODAY - timedelta(days=3 * 366))
    known_since(world, 32470000021, date(2025, 1, 10))
    known_since(world, 32470000022, date(2026, 10, 10))
    found = counting.forecast(NOW)
    assert found["people"] == 3 and found["no_rule"] == {} and found["held"] == {}
    assert {month: cells["erase"] for month, cells in found["months"].items()} == {
        "overdue": {"persons": 1, "records": 1, "fields": 3},
        "2027-01": {"persons": 1, "records": 1, "fields": 3},
        "beyond": {"persons": 1, "records": 1, "fields": 3},
    }
    assert [row.source for row in counting.rows(NOW, counting.Asked("2027-01", "erase"))] == ["Web shop"]


def test_the_record_of_processing_says_what_is_carried_out(world, officers):
    scope = record.Scope("controller", world.controller)
    make_activity(world)
    before = record.assemble(scope, now=NOW)
    assert before.content["purposes"]["phone_sales"]["retention"] == [RULE]
    version = proposed(officers[0], months=12)
    waiting = record.assemble(scope, now=NOW)
    assert waiting.version == before.version, "what is only proposed changes nothing"
    assert "A change of the retention rules waits for approval." in gaps.of(waiting)
    approved(officers[1], version)
    after = record.assemble(scope, now=NOW)
    assert after.version != before.version
    assert after.content["purposes"]["phone_sales"]["retention"][0]["months"] == 12
    RetentionVersion.objects.update(state="replaced")
    assert any("no retention rule" in gap for gap in gaps.of(record.assemble(scope, now=NOW)))


ORGANISATION = """
organisation: Warm
purposes:
  - code: phone_sales
    name: {{en: Sales by telephone}}
    legal_basis: consent
    marketing: true
    {retention}
"""


def applied(retention: str):
    text = ORGANISATION.format(retention=retention)
    organisation = applying.read(text, file="org.yaml")
    applying.plan(organisation, file="org.yaml")
    return applying.apply(organisation, actor=OPERATOR, now=NOW)


def test_an_organisation_file_puts_first_rules_into_force_and_proposes_later_ones(world):
    RetentionVersion.objects.all().delete()
    applied("retention: [{trigger: last_contact, months: 24}, {trigger: objected, days: 30}]")
    assert [(r.trigger, r.months, r.days) for r in queries.rules_of(queries.in_force())] == [
        ("last_contact", 24, 0),
        ("objected", 0, 30),
    ]
    known_since(world, 32470000020, TODAY)
    applied("retention: [{trigger: last_contact, months: 6}]")
    assert queries.rules_of(queries.in_force())[0].months == 24
    assert queries.rules_of(queries.waiting())[0].months == 6
    again = applied("retention: [{trigger: last_contact, months: 6}]")
    assert again.changes == ()


def test_a_register_that_holds_people_gets_its_first_rules_by_agreement_too(world, officers):
    known_since(world, 32470000020, TODAY)
    RetentionVersion.objects.all().delete()
    applied("retention_months: 12")
    assert queries.in_force() is None
    waiting = actions.count_impact(actor=officers[0], version=queries.waiting(), now=NOW)
    assert (approved(officers[0], waiting)).state == "in_force"


def test_a_bare_number_of_months_is_the_usual_rule_of_its_kind(world):
    RetentionVersion.objects.all().delete()
    applied("retention_months: 12")
    assert queries.plain_rules(queries.in_force()) == [{**RULE, "months": 12}]


def test_a_purpose_without_a_rule_is_refused_with_its_line(world):
    RetentionVersion.objects.all().delete()
    with pytest.raises(applying.FileRefused) as refused:
        applied("special_condition: a")
    assert "line 4" in refused.value.problems[0].text and "phone_sales" in refused.value.problems[0].text
    assert queries.waiting() is None
