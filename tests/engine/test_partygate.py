"""The party gate: each missing condition blocks with its own reason, and the gate knows when it closes."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.agreements import load_checklists
from duecause.engine.partyfacts import (
    Agreement,
    Basis,
    Override,
    Party,
    PartyFacts,
    SubProcessor,
    load_policy,
)
from duecause.engine.partygate import blocking_reasons, blocks, closes_after, covers, endings
from duecause.engine.partyreasons import CARRYING, MODULES
from duecause.engine.problems import Refused
from duecause.engine.transfers import AdequacyTable, Decision
from duecause.packs import law
from duecause.settings import LANGUAGES

TODAY = date(2026, 11, 21)
START = date(2025, 1, 1)
RULES = law.party_rules()
DPA_POINTS = [point.code for point in RULES.checklists["dpa"].points if point.blocks]
DPA = Agreement("dpa", START, answers=dict.fromkeys(DPA_POINTS, "met"))
ANNEXES = dict.fromkeys(("I.A", "I.B", "I.C", "II", "III"), "met")
SCC = Agreement("scc", START, module="2", answers=ANNEXES)
ASSESSED = Basis("MA", "scc", assessed_on=date(2026, 1, 1), conclusion="sufficient")
GENT = PartyFacts(Party("GENT", "CC Gent", ("BE",), agreements=(DPA,)))


def party(**changes) -> PartyFacts:
    return replace(GENT, party=replace(GENT.party, **changes))


def dpa(**changes) -> PartyFacts:
    return party(agreements=(replace(DPA, **changes),))


def rabat(basis=ASSESSED, scc=SCC, **changes) -> PartyFacts:
    agreements = (DPA, scc) if scc else (DPA,)
    return party(countries=("MA",), agreements=agreements, bases=(basis,) if basis else (), **changes)


def sub(**changes) -> PartyFacts:
    host = Party("HOST", "Cloud Host", ("NL",))
    wanted = {"state": "authorised", "terms_agreed": True, **changes}
    return replace(GENT, chain=(SubProcessor(host, "CC Gent", 1, **wanted),))


def codes(facts, on=TODAY):
    return [problem.code for problem in blocking_reasons(facts, on=on, rules=RULES)]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (GENT, []),
        (party(agreements=()), ["party_no_contract"]),
        (party(agreements=(replace(DPA, kind="nda"),)), ["party_no_contract"]),
        (dpa(valid_from=date(2026, 11, 22)), ["party_contract_not_started"]),
        (dpa(valid_to=date(2026, 11, 21)), []),
        (dpa(valid_to=date(2026, 11, 20)), ["party_contract_expired"]),
        (dpa(answers={}), ["party_clauses_unchecked"]),
        (dpa(answers={**DPA.answers, "h": "absent"}), ["party_clauses_missing"]),
        (dpa(answers={**DPA.answers, "h": "partly"}), ["party_clauses_missing"]),
        (dpa(answers={**DPA.answers, "h": "not_applicable"}), ["party_clauses_missing"]),
        (dpa(answers={**DPA.answers, "liability": "absent", "onward": "absent"}), []),
        (replace(GENT, suspended_on=TODAY, feed_overdue=True), ["party_suspended", "party_feed_overdue"]),
        (replace(GENT, suspended_on=date(2026, 11, 22)), []),
        (rabat(None), ["party_no_transfer_basis"]),
        (rabat(replace(ASSESSED, mechanism="adequacy")), ["party_no_transfer_basis"]),
        (rabat(replace(ASSESSED, mechanism="derogation")), ["party_derogation"]),
        (rabat(), []),
        (rabat(scc=None), ["party_scc_missing"]),
        (rabat(scc=replace(SCC, valid_to=date(2026, 11, 20))), ["party_scc_expired"]),
        (rabat(scc=replace(SCC, answers={**ANNEXES, "II": "absent"})), ["party_scc_annexes"]),
        (rabat(scc=replace(SCC, answers={**ANNEXES, "III": "not_applicable"})), []),
        (rabat(scc=replace(SCC, answers={})), ["party_scc_annexes"]),
        (rabat(replace(ASSESSED, assessed_on=None)), ["party_transfer_assessment_missing"]),
        (rabat(replace(ASSESSED, conclusion="")), ["party_transfer_assessment_missing"]),
        (rabat(replace(ASSESSED, conclusion="insufficient")), ["party_transfer_assessment_negative"]),
        (rabat(replace(ASSESSED, conclusion="sufficient_with_measures")), []),
        (rabat(replace(ASSESSED, assessed_to=date(2026, 11, 20))), ["party_transfer_assessment_expired"]),
        (rabat(replace(ASSESSED, mechanism="bcr")), ["party_bcr_missing"]),
        (rabat(replace(ASSESSED, mechanism="bcr"), replace(SCC, kind="bcr", module="")), []),
        (party(countries=("GB",)), []),
        (party(countries=("NO",)), []),
        (party(countries=("US",)), ["party_not_listed"]),
        (party(countries=("US",), bases=(Basis("US", listed_on=START),)), []),
        (
            party(countries=("US",), bases=(Basis("US", listed_on=START, listed_to=date(2026, 11, 20)),)),
            ["party_listing_ended"],
        ),
        (party(countries=("BE", "IN")), ["party_no_transfer_basis"]),
        (sub(), []),
        (sub(state="announced", decide_by=TODAY), []),
        (sub(state="announced", decide_by=date(2026, 11, 20)), ["party_sub_undecided"]),
        (sub(state="announced"), ["party_sub_undecided"]),
        (sub(state="objected"), ["party_sub_objected"]),
        (sub(terms_agreed=False), ["party_sub_terms"]),
        (
            replace(rabat(None), suspended_on=TODAY, party=Party("X", "X", ("MA", "IN"))),
            ["party_suspended", "party_no_contract", "party_no_transfer_basis", "party_no_transfer_basis"],
        ),
    ],
)
def test_each_missing_condition_blocks_with_its_reason(facts, expected):
    assert codes(facts) == expected


@pytest.mark.parametrize(("ours", "theirs"), sorted(MODULES))
@pytest.mark.parametrize("module", ["1", "2", "3", "4"])
def test_only_the_module_for_both_roles_fits_and_a_wrong_one_is_named(ours, theirs, module):
    """C2C 1, C2P 2, P2P 3, P2C 4 ((EU) 2021/914)."""
    facts = replace(rabat(scc=replace(SCC, module=module), role=theirs), exporter=ours)
    reasons = blocking_reasons(facts, on=TODAY, rules=RULES)
    fits = {"cc": "1", "cp": "2", "pp": "3", "pc": "4"}[ours[0] + theirs[0]]
    assert [reason.code for reason in reasons] == ([] if module == fits else ["party_scc_wrong_module"])
    if reasons:
        assert f"for MA are module {module}; for these roles it must be module {fits}" in reasons[0].text


def test_a_sub_processor_in_a_third_country_needs_module_3():
    host = Party("HOST", "Host", ("IN",), agreements=(SCC,), bases=(replace(ASSESSED, country="IN"),))
    chain = (SubProcessor(host, "CC Gent", 1, "authorised", terms_agreed=True),)
    assert codes(replace(GENT, chain=chain)) == ["party_scc_wrong_module"]
    third = replace(chain[0], party=replace(host, agreements=(replace(SCC, module="3"),)))
    assert codes(replace(GENT, chain=(third,))) == []


def test_an_adequacy_decision_that_ends_stops_transfers_that_rest_on_it_alone():
    london = party(countries=("GB",))
    assert codes(london, date(2031, 12, 27)) == []
    assert codes(london, date(2031, 12, 28)) == ["party_adequacy_ended"]
    both = party(countries=("GB",), agreements=(DPA, SCC), bases=(replace(ASSESSED, country="GB"),))
    assert codes(both, date(2031, 12, 28)) == []


def test_the_gate_knows_the_last_day_on_which_it_is_open():
    def until(facts):
        return closes_after(facts, on=TODAY, rules=RULES)

    assert until(GENT) is None
    assert until(rabat(None)) is None
    assert until(dpa(valid_to=date(2027, 3, 1))) == date(2027, 3, 1)
    assert until(party(countries=("GB",))) == date(2031, 12, 27)
    assert until(replace(GENT, suspended_on=date(2026, 12, 1))) == date(2026, 11, 30)
    assert until(rabat(replace(ASSESSED, assessed_to=date(2027, 1, 1)))) == date(2027, 1, 1)
    assert until(sub(state="announced", decide_by=date(2026, 12, 5))) == date(2026, 12, 5)


def test_a_date_that_another_basis_outlives_does_not_close_the_gate():
    basis = Basis("GB", "scc", date(2026, 1, 1), date(2027, 1, 1), "sufficient")
    both = party(countries=("GB",), agreements=(DPA, SCC), bases=(basis,))
    assert closes_after(both, on=TODAY, rules=RULES) == date(2031, 12, 27)
    renewed = party(agreements=(replace(DPA, valid_to=date(2026, 12, 31)), DPA))
    assert closes_after(renewed, on=TODAY, rules=RULES) is None


def test_endings_say_what_comes_to_stand_in_the_way_and_when():
    facts = dpa(valid_to=date(2026, 12, 31))
    (ending,) = endings(facts, on=TODAY, until=date(2027, 1, 31), rules=RULES)
    assert ending.last_day == date(2026, 12, 31)
    assert [block.problem.code for block in ending.blocks] == ["party_contract_expired"]
    assert endings(facts, on=TODAY, until=date(2026, 12, 30), rules=RULES) == ()


def test_an_override_lets_its_reason_not_count_until_its_day_and_says_so():
    facts = dpa(answers={**DPA.answers, "g": "absent", "h": "absent"})
    (block,) = blocks(facts, on=TODAY, rules=RULES)
    held = replace(facts, overrides=(Override(block.key, date(2026, 12, 1)),))
    assert codes(held) == []
    assert [each.until for each in blocks(held, on=TODAY, rules=RULES)] == [date(2026, 12, 1)]
    assert closes_after(held, on=TODAY, rules=RULES) == date(2026, 12, 1)
    assert codes(held, date(2026, 12, 2)) == ["party_clauses_missing"]


def test_an_override_outlives_mending_a_part_and_never_covers_more():
    key = "party_clauses_missing:GENT:g,h"
    assert covers(key, "party_clauses_missing:GENT:h")
    assert not covers(key, "party_clauses_missing:GENT:a,h")
    assert not covers(key, "party_clauses_missing:OTHER:h")
    assert not covers(key, "party_clauses_unchecked:GENT:h")


@pytest.mark.parametrize("code", sorted(RULES.policy.never))
def test_some_reasons_cannot_be_overridden(code):
    facts = {
        "party_no_contract": party(agreements=()),
        "party_suspended": replace(GENT, suspended_on=TODAY),
        "party_feed_overdue": replace(GENT, feed_overdue=True),
        "party_corrections_overdue": replace(GENT, corrections_overdue=True),
        "party_sub_objected": sub(state="objected"),
    }[code]
    keys = [block.key for block in blocks(facts, on=TODAY, rules=RULES)]
    held = replace(facts, overrides=tuple(Override(key, date.max) for key in keys))
    assert codes(held) == [code]


def test_each_reason_names_the_party_and_the_remedy():
    reasons = blocking_reasons(replace(rabat(), party=Party("R", "CC Rabat", ("MA",))), on=TODAY, rules=RULES)
    assert "CC Rabat has no processor contract. Record one (GDPR Art. 28(3))." in [r.text for r in reasons]


def test_clauses_are_named_in_every_language():
    (reason,) = blocking_reasons(dpa(answers={**DPA.answers, "g": "absent"}), on=TODAY, rules=RULES)
    said = {code: reason.params["clauses"].said(code) for code, _ in LANGUAGES}
    assert said["en"] == "(g) erasure or return at the end" and len(set(said.values())) == 6


def test_every_point_is_asked_in_six_languages():
    for checklist in RULES.checklists.values():
        assert checklist.sources
        for point in checklist.points:
            assert set(point.name) == set(point.asks) == {code for code, _ in LANGUAGES}


def test_a_pack_with_a_mistake_is_refused_by_line():
    text = law.texts()[law.AGREEMENTS_FILE].replace("effect: flags", "effect: whatever", 1)
    with pytest.raises(Refused, match=r"agreements.yaml, line \d+: “effect” must be one of blocks, flags"):
        load_checklists(text, file="agreements.yaml")
    text = law.texts()[law.PARTY_GATE_FILE].replace("[60, 30, 7]", "[soon]")
    with pytest.raises(Refused, match="a list of whole numbers"):
        load_policy(text, file="party_gate.yaml")


# Properties, over arbitrary facts.
NEAR = st.dates(date(2026, 1, 1), date(2027, 12, 31))
COUNTRIES = st.sampled_from(["BE", "GB", "US", "MA", "XX"])
FALLEN = Decision("XX", "made up", date(2020, 1, 1), date(2026, 12, 24), {}, (), "M", None)
TABLE = AdequacyTable(TODAY, "", RULES.adequacy.eea, {**RULES.adequacy.decisions, "XX": (FALLEN,)})
OURS = replace(RULES, adequacy=TABLE)
ANSWER = st.sampled_from(["met", "met", "met", "met", "met", "met", "met", "met", "partly", "absent"])


@st.composite
def agreements(draw, kind):
    codes_ = DPA_POINTS if kind == "dpa" else list(ANNEXES)
    answers = {code: draw(ANSWER) for code in codes_} if draw(st.booleans()) else dict.fromkeys(codes_, "met")
    start = draw(st.dates(date(2025, 1, 1), date(2026, 12, 1)))
    module = draw(st.sampled_from(["2", "2", "3"])) if kind == "scc" else ""
    return Agreement(kind, start, draw(st.none() | NEAR), module, answers)


@st.composite
def bases(draw, country):
    mechanism = draw(st.sampled_from(["none", "scc", "scc", "bcr", "adequacy", "derogation"]))
    conclusion = draw(st.sampled_from(["", *CARRYING, "insufficient"]))
    dates = [draw(st.none() | NEAR) for _ in range(4)]
    return Basis(country, mechanism, dates[0], dates[1], conclusion, dates[2], dates[3])


@st.composite
def parties(draw, code="P"):
    countries = tuple(draw(st.lists(COUNTRIES, min_size=1, max_size=3)))
    kinds = draw(st.lists(st.sampled_from(["dpa", "dpa", "scc", "bcr", "nda"]), max_size=4))
    return Party(
        code,
        code,
        countries,
        agreements=tuple(draw(agreements(kind)) for kind in kinds),
        bases=tuple(draw(bases(country)) for country in dict.fromkeys(countries) if draw(st.booleans())),
    )


@st.composite
def facts_of(draw, overridden=False):
    chain = tuple(
        SubProcessor(
            draw(parties(f"S{place}")),
            "P",
            1,
            draw(st.sampled_from(["announced", "authorised", "authorised", "objected"])),
            draw(st.none() | NEAR),
            draw(st.booleans()),
        )
        for place in range(draw(st.integers(0, 2)))
    )
    seldom = st.integers(0, 9).map(lambda drawn: drawn == 9)
    found = PartyFacts(
        draw(parties()), "controller", draw(st.none() | NEAR), draw(seldom), draw(seldom), chain
    )
    if overridden:
        # Overriding everything that stands today is the quickest way to gates that are open.
        keys = [block.key for block in blocks(found, on=TODAY, rules=OURS)]
        found = replace(found, overrides=tuple(Override(key, draw(NEAR)) for key in keys))
    return found


def _stopping(facts, on):
    return [block for block in blocks(facts, on=on, rules=OURS) if block.stops]


@st.composite
def open_today(draw):
    """Facts whose gate is open: what nobody may override mended, the rest overridden for a while."""
    found = draw(facts_of())
    later = st.none() | NEAR.filter(lambda day: day > TODAY)
    contract = () if found.party.of_kind("dpa") else (draw(agreements("dpa")),)
    found = replace(
        found,
        party=replace(found.party, agreements=(*found.party.agreements, *contract)),
        suspended_on=draw(later),
        feed_overdue=False,
        corrections_overdue=False,
        lists_overdue=False,
        chain=tuple(replace(each, state="authorised") for each in found.chain),
    )
    keys = [block.key for block in blocks(found, on=TODAY, rules=OURS)]
    until = st.dates(TODAY, date(2027, 12, 31))
    return replace(found, overrides=tuple(Override(key, draw(until)) for key in keys))


@settings(max_examples=150, deadline=None)
@given(open_today())
def test_the_gate_stays_open_to_its_last_day_and_is_closed_after_it(facts):
    last = closes_after(facts, on=TODAY, rules=OURS)
    horizon = last or date(2027, 3, 1)
    for days in range(0, (horizon - TODAY).days + 1, 7):
        assert not _stopping(facts, TODAY + timedelta(days=days))
    assert not _stopping(facts, horizon)
    if last:
        assert _stopping(facts, last + timedelta(days=1))


def _dated(facts):
    """The same facts with one more date that passes: facts, and the last day."""
    own = facts.party
    for place, agreement in enumerate(own.agreements):
        yield lambda end, p=place, a=agreement: replace(
            facts, party=replace(own, agreements=_put(own.agreements, p, replace(a, valid_to=end)))
        )
    for place, basis in enumerate(own.bases):
        for name in ("assessed_to", "listed_to"):
            yield lambda end, p=place, b=basis, n=name: replace(
                facts, party=replace(own, bases=_put(own.bases, p, replace(b, **{n: end})))
            )
    for place, override in enumerate(facts.overrides):
        yield lambda end, p=place, o=override: replace(
            facts, overrides=_put(facts.overrides, p, replace(o, until=end))
        )


def _put(items, place, new):
    return (*items[:place], new, *items[place + 1 :])


@pytest.mark.parametrize(
    "needed",
    [
        dpa(valid_to=TODAY),
        rabat(scc=replace(SCC, valid_to=TODAY)),
        rabat(replace(ASSESSED, assessed_to=TODAY)),
        rabat(replace(ASSESSED, mechanism="bcr"), Agreement("bcr", START, TODAY)),
        party(countries=("US",), bases=(Basis("US", listed_on=START, listed_to=TODAY),)),
        party(countries=("XX",)),
        sub(state="announced", decide_by=TODAY),
        replace(GENT, suspended_on=TODAY + timedelta(days=1)),
        replace(
            dpa(answers={**DPA.answers, "g": "absent"}),
            overrides=(Override("party_clauses_missing:GENT:g", TODAY),),
        ),
    ],
)
def test_any_date_that_passes_closes_the_gate(needed):
    ended = replace(FALLEN, valid_to=TODAY)
    table = replace(TABLE, decisions={**TABLE.decisions, "XX": (ended,)})
    rules = replace(RULES, adequacy=table)
    assert not blocking_reasons(needed, on=TODAY, rules=rules)
    assert closes_after(needed, on=TODAY, rules=rules) == TODAY
    for days in (1, 30, 4000):
        assert blocking_reasons(needed, on=TODAY + timedelta(days=days), rules=rules)


@settings(max_examples=200, deadline=None)
@given(facts_of(overridden=True))
def test_an_earlier_end_never_opens_the_gate(facts):
    """For every date there is: were it to have passed yesterday, no reason would go."""
    for moved in _dated(facts):
        if _stopping(facts, TODAY):
            assert _stopping(moved(TODAY - timedelta(days=1)), TODAY)


def _without_one(facts):
    """Facts with one thing less that speaks for the party."""
    for owner in (facts.party, *(each.party for each in facts.chain)):
        less = [
            replace(owner, **{name: _drop(getattr(owner, name), place)})
            for name in ("agreements", "bases")
            for place in range(len(getattr(owner, name)))
        ]
        less += [
            replace(owner, agreements=_put(owner.agreements, place, replace(agreement, answers=answers)))
            for place, agreement in enumerate(owner.agreements)
            for code in agreement.answers
            for answers in [{k: v for k, v in agreement.answers.items() if k != code}]
        ]
        less += [
            replace(owner, bases=_put(owner.bases, place, replace(basis, **{name: empty})))
            for place, basis in enumerate(owner.bases)
            for name, empty in (("assessed_on", None), ("conclusion", ""), ("listed_on", None))
        ]
        for party_ in less:
            if owner is facts.party:
                yield replace(facts, party=party_)
            else:
                chain = tuple(
                    replace(each, party=party_) if each.party is owner else each for each in facts.chain
                )
                yield replace(facts, chain=chain)
    for place, each in enumerate(facts.chain):
        yield replace(facts, chain=_put(facts.chain, place, replace(each, terms_agreed=False)))
        if each.state == "authorised":
            undecided = replace(each, state="announced", decide_by=None)
            yield replace(facts, chain=_put(facts.chain, place, undecided))
    for place in range(len(facts.overrides)):
        yield replace(facts, overrides=_drop(facts.overrides, place))


def _drop(items, place):
    return (*items[:place], *items[place + 1 :])


@settings(max_examples=150, deadline=None)
@given(facts_of(), NEAR)
def test_removing_a_fact_never_opens_the_gate(facts, on):
    """Whatever speaks for a party, taken away, lets nothing through that was stopped."""
    if _stopping(facts, on):
        for less in _without_one(facts):
            assert _stopping(less, on)


@settings(max_examples=150, deadline=None)
@given(facts_of(overridden=True), NEAR)
def test_removing_an_override_never_opens_the_gate(facts, on):
    for place in range(len(facts.overrides)):
        less = replace(facts, overrides=_drop(facts.overrides, place))
        assert {b.key for b in _stopping(facts, on)} <= {b.key for b in _stopping(less, on)}


def _expected(facts, on):
    """The gate in plain words: which parties have which hole. Written apart from the engine."""
    holes = set()
    if facts.suspended_on and facts.suspended_on <= on:
        holes.add(("P", "suspended"))
    if facts.feed_overdue:
        holes.add(("P", "feed"))
    if facts.lists_overdue:
        holes.add(("P", "lists"))
    if facts.corrections_overdue:
        holes.add(("P", "corrections"))

    def runs(agreement):
        return agreement.valid_from <= on and (agreement.valid_to or date.max) >= on

    contracts = [a for a in facts.party.agreements if a.kind == "dpa" and runs(a)]
    if not any(all(a.answers.get(point) == "met" for point in DPA_POINTS) for a in contracts):
        holes.add(("P", "contract"))
    members = [(facts.party, "2"), *((each.party, "3") for each in facts.chain)]
    for member, module in members:
        for country in member.countries:
            held = next((d for d in TABLE.decisions.get(country, ()) if (d.valid_to or date.max) >= on), None)
            own = [b for b in member.bases if b.country == country]
            listed = any(b.listed_on and b.listed_on <= on <= (b.listed_to or date.max) for b in own)
            papers = any(
                b.assessed_on
                and b.assessed_on <= on <= (b.assessed_to or date.max)
                and b.conclusion.startswith("sufficient")
                and any(
                    a.kind == b.mechanism
                    and runs(a)
                    and (b.mechanism == "bcr" or (a.module == module and _complete(a)))
                    for a in member.agreements
                )
                for b in own
                if b.mechanism in ("scc", "bcr")
            )
            if country not in TABLE.eea and not (held and (not held.scope or listed)) and not papers:
                holes.add((member.code, country))
    for each in facts.chain:
        waiting = each.state == "announced" and each.decide_by and each.decide_by >= on
        if each.state != "authorised" and not waiting:
            holes.add((each.party.code, "state"))
        if not each.terms_agreed:
            holes.add((each.party.code, "terms"))
    return holes


def _complete(agreement):
    return all(agreement.answers.get(a) == "met" for a in ("I.A", "I.B", "I.C", "II", "III"))


KIND = {
    "party_suspended": "suspended",
    "party_feed_overdue": "feed",
    "party_lists_overdue": "lists",
    "party_corrections_overdue": "corrections",
    "party_no_contract": "contract",
    "party_contract_expired": "contract",
    "party_contract_not_started": "contract",
    "party_clauses_missing": "contract",
    "party_clauses_unchecked": "contract",
    "party_sub_objected": "state",
    "party_sub_undecided": "state",
    "party_sub_terms": "terms",
}


@settings(max_examples=400, deadline=None)
@given(facts_of(), NEAR)
def test_the_reasons_are_complete_and_nothing_else(facts, on):
    found = {
        (block.party, KIND.get(block.problem.code) or str(block.problem.params["country"]))
        for block in _stopping(facts, on)
    }
    assert found == _expected(facts, on)


def test_every_date_of_the_facts_is_looked_at():
    """A new date in the facts must be able to close the gate: whoever adds one meets this test."""
    dates = {
        f"{kind.__name__}.{each.name}"
        for kind in (Agreement, Basis, SubProcessor, Override, PartyFacts)
        for each in fields(kind)
        if "date" in str(each.type)
    }
    assert dates == {
        "Agreement.valid_from",
        "Agreement.valid_to",
        "Basis.assessed_on",
        "Basis.assessed_to",
        "Basis.listed_on",
        "Basis.listed_to",
        "SubProcessor.decide_by",
        "Override.until",
        "PartyFacts.suspended_on",
    }
