"""What is recorded about a partner decides whether data may go to it."""

from datetime import date

import pytest

from duecause.apps.ledger.models import Event
from duecause.apps.parties import actions, agreement_actions, engagement_actions, transfer_actions
from duecause.apps.parties.models import Contract, Engagement, Partner
from duecause.apps.parties.queries import blocking_reasons_of, gate_of, open_until
from duecause.apps.parties.showing import tree
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused
from tests.organisation.files import NOW, OPERATOR
from tests.support.world import ALL_MET

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
MET = {code: {"answer": "met"} for code in ALL_MET}
ANNEXES = {code: {"answer": "met"} for code in ("I.A", "I.B", "I.C", "II", "III")}


def centre(country: str, code: str = "CC", **changes) -> Partner:
    wanted = {"code": code, "name": code, "kind": "call_centre", "country": country, "suspended_on": None}
    actions.apply_partner(actor=OPERATOR, now=NOW, **{**wanted, **changes})
    return Partner.objects.get(code=code)


def contract(reference: str, start: date, end: date | None = None, points=MET, partner="CC", **more) -> None:
    agreement_actions.apply_contract(
        actor=OPERATOR,
        now=NOW,
        partner=partner,
        reference=reference,
        valid_from=start,
        valid_to=end,
        points=points,
        **more,
    )


def transfer(partner="CC", **changes) -> None:
    wanted = {"country": "TN", "mechanism": "scc", **changes}
    transfer_actions.apply_transfer(actor=OPERATOR, now=NOW, partner=partner, **wanted)


def engage(processor: str, sub: str, **changes) -> None:
    wanted = {"service": "Hosting", "announced_on": date(2026, 11, 1), **changes}
    engagement_actions.apply_engagement(actor=OPERATOR, now=NOW, processor=processor, sub=sub, **wanted)


def codes(partner: Partner, on: date = TODAY) -> list[str]:
    return [problem.code for problem in blocking_reasons_of(partner, on)]


def test_a_centre_in_the_union_with_a_checked_contract_is_open():
    partner = centre("BE")
    contract("A", date(2026, 1, 1), date(2026, 12, 31))
    assert codes(partner) == []
    assert open_until(partner, TODAY) == date(2026, 12, 31)
    assert codes(partner, date(2027, 1, 1)) == ["party_contract_expired"]


def test_every_reason_is_told_for_a_third_country_without_contract():
    assert codes(centre("TN")) == ["party_no_contract", "party_no_transfer_basis"]


def test_standard_clauses_open_a_third_country_once_everything_about_them_is_there():
    partner = centre("TN")
    contract("A", date(2026, 1, 1))
    transfer()
    assert codes(partner) == ["party_scc_missing", "party_transfer_assessment_missing"]
    transfer(assessed_on=date(2026, 2, 1), conclusion="sufficient", assessment_valid_to=date(2027, 1, 31))
    contract("S", date(2026, 1, 1), points=None, kind="scc", module="1")
    assert codes(partner) == ["party_scc_wrong_module"]
    contract("S", date(2026, 1, 1), points=None, kind="scc", module="2")
    assert codes(partner) == ["party_scc_annexes"]
    contract("S", date(2026, 1, 1), points=ANNEXES, kind="scc", module="2")
    assert codes(partner) == []
    assert open_until(partner, TODAY) == date(2027, 1, 31)


def test_remote_access_from_another_country_counts_like_the_seat():
    partner = centre("BE")
    contract("A", date(2026, 1, 1))
    note = {"actor": OPERATOR, "partner": partner, "country": "IN", "now": NOW}
    transfer_actions.note_access(ways=["support", "remote_access"], **note)
    partner.refresh_from_db()
    assert partner.accesses == [{"country": "IN", "ways": ["remote_access", "support"]}]
    assert codes(partner) == ["party_no_transfer_basis"]
    transfer_actions.note_access(ways=[], **note)
    partner.refresh_from_db()
    assert codes(partner) == []
    with pytest.raises(Refused, match="A way of access is one of storage"):
        transfer_actions.note_access(ways=["telepathy"], **note)


def test_an_importer_inside_a_limited_decision_is_open_until_its_listing_ends():
    partner = centre("US")
    contract("A", date(2026, 1, 1))
    assert codes(partner) == ["party_not_listed"]
    transfer(country="US", mechanism="adequacy", listed_on=date(2026, 1, 1), listed_to=date(2026, 12, 31))
    assert codes(partner) == []
    assert codes(partner, date(2027, 1, 1)) == ["party_listing_ended"]


def test_of_several_contracts_one_in_force_that_day_is_enough():
    partner = centre("BE")
    contract("OLD", date(2024, 1, 1), date(2026, 12, 31))
    contract("NEXT", date(2027, 1, 1))
    assert codes(partner) == []
    assert open_until(partner, TODAY) is None
    assert codes(partner, date(2027, 6, 1)) == []


def test_a_suspension_closes_from_its_day_on():
    partner = centre("BE", suspended_on=TODAY)
    contract("A", date(2026, 1, 1))
    assert codes(partner) == ["party_suspended"]
    assert codes(partner, date(2026, 11, 20)) == []


def test_a_point_that_is_absent_closes_it_and_noting_it_opens_it_again():
    partner = centre("BE")
    contract("A", date(2026, 1, 1), points={**MET, "g": {"answer": "absent"}})
    assert codes(partner) == ["party_clauses_missing"]
    row = Contract.objects.get()
    noted = {"g": {"answer": "met", "page": "7", "quote": "wist alle gegevens"}}
    assert agreement_actions.note_points(actor=OPERATOR, contract=row, points=noted, now=NOW)
    assert codes(partner) == []
    row.refresh_from_db()
    assert row.evidence["g"] == {
        "page": "7",
        "quote": "wist alle gegevens",
        "by": OPERATOR.ref,
        "on": NOW.date().isoformat(),
    }
    events = Event.objects.count()
    assert agreement_actions.note_points(actor=OPERATOR, contract=row, points=noted, now=NOW) is None
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    ("points", "what"),
    [
        ({"z": {"answer": "met"}}, "no point “z” in this kind of agreement. There are: subject"),
        ({"g": {"answer": "perhaps"}}, "Point “g” is one of met, partly, absent"),
        ({"g": {"answer": "not_applicable"}}, "Point “g” is one of met, partly, absent"),
        ({"g": {"answer": "met", "quote": "x" * 601}}, "600 for the quote"),
    ],
)
def test_a_point_that_is_none_is_refused_with_what_there_is(points, what):
    centre("BE")
    with pytest.raises(Refused, match=what):
        contract("A", date(2026, 1, 1), points=points)
    assert not Contract.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"end": date(2025, 12, 31)}, "ends on 2025-12-31, before it starts"),
        ({"kind": "scc", "points": None}, "standard clauses have a module from 1 to 4"),
        ({"module": "2", "points": None}, "nothing else has one"),
        ({"file_sha256": "abc", "points": None}, "64 digits and letters a to f"),
    ],
)
def test_a_contract_that_cannot_be_so_is_refused(wrong, what):
    centre("BE")
    with pytest.raises(Refused, match=what):
        contract("A", date(2026, 1, 1), **wrong)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"assessment_valid_to": date(2027, 1, 1)}, "did not start before"),
        ({"listed_on": date(2026, 1, 2), "listed_to": date(2026, 1, 1)}, "did not start before"),
        ({"conclusion": "sufficient_with_measures"}, "rests on measures. Name them"),
    ],
)
def test_a_transfer_that_cannot_be_so_is_refused(wrong, what):
    centre("TN")
    with pytest.raises(Refused, match=what):
        transfer(**wrong)


def test_a_chain_of_sub_processors_is_followed_down_and_numbered():
    partner = centre("BE")
    contract("A", date(2026, 1, 1))
    for code, country in (("HOST", "NL"), ("DISKS", "IN"), ("MAIL", "FR")):
        centre(country, code, kind="vendor")
    agreed = {"state": "authorised", "terms_agreed_on": date(2026, 11, 1)}
    engage("CC", "HOST", **agreed)
    engage("CC", "MAIL", **agreed)
    assert codes(partner) == []
    engage("HOST", "DISKS", decide_by=TODAY)
    assert codes(partner) == ["party_sub_terms", "party_no_transfer_basis"]
    assert [block.party for block in gate_of(partner, TODAY).blocks] == ["DISKS", "DISKS"]
    assert codes(partner, date(2026, 11, 22))[0] == "party_sub_undecided"
    assert [(row["number"], row["row"].sub.code, row["rank"]) for row in tree(partner)] == [
        ("1", "HOST", 1),
        ("1.1", "DISKS", 2),
        ("2", "MAIL", 1),
    ]
    engagement_actions.decide(
        actor=OPERATOR,
        engagement=Engagement.objects.get(sub__code="DISKS"),
        state="objected",
        terms_agreed_on=None,
        ended_on=None,
        now=NOW,
    )
    assert "party_sub_objected" in codes(partner)
    Engagement.objects.filter(sub__code="DISKS").update(ended_on=TODAY)
    assert codes(partner) == []


@pytest.mark.parametrize("back", ["A", "B", "C"])
def test_a_chain_that_would_come_back_is_refused(back):
    for code in "ABC":
        centre("BE", code, kind="vendor")
    engage("A", "B")
    engage("B", "C")
    with pytest.raises(Refused, match=f"{back} cannot work for C"):
        engage("C", back)
    assert Engagement.objects.count() == 2


def test_only_who_checks_partners_may_note_anything():
    partner = centre("BE")
    contract("A", date(2026, 1, 1))
    agent = Actor(kind="employee", id="x", functions=frozenset({"parties.read"}))
    row = Contract.objects.get()
    with pytest.raises(NotPermitted):
        agreement_actions.note_points(actor=agent, contract=row, points={}, now=NOW)
    with pytest.raises(NotPermitted):
        transfer_actions.note_access(actor=agent, partner=partner, country="IN", ways=[], now=NOW)
    with pytest.raises(NotPermitted):
        actions.suspend(actor=agent, partner=partner, on=TODAY, now=NOW)
