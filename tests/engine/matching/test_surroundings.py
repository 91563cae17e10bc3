"""What the other records tell about two: a namesake stops a link, being alone or rare allows one."""

from dataclasses import replace
from datetime import date

from duecause.engine.matching import Identity, Verdict
from duecause.engine.matching.linking import candidate_pairs, counts_of, groups, weigh
from duecause.engine.matching.surroundings import NameCounts, Surroundings

FATHER, SON = date(1952, 1, 9), date(1980, 5, 17)


def human(first="Jan", last="Peeters", birth=SON, phone="home", email="", street="Kerkstraat 12"):
    return Identity(
        first=first,
        last=last,
        birth=birth,
        phones=frozenset({phone} - {""}),
        emails=frozenset({email} - {""}),
        street=street,
        postcode="9000",
    )


def verdicts(*people, complete=True, counts=None):
    identities = dict(enumerate(people))
    among = Surroundings(identities, complete=complete, counts=counts)
    found = weigh(sorted(candidate_pairs(identities)), among)
    return {(one.a, one.b): (str(one.evidence.verdict), one.evidence.rule) for one in found}


def test_alone_at_their_number_and_address_two_records_of_one_name_are_one_human():
    assert verdicts(human(), human(birth=None)) == {(0, 1): ("link", "used_alone")}


def test_with_somebody_else_on_the_number_a_person_decides():
    found = verdicts(human(), human(birth=None), human("Els", birth=FATHER))
    assert found == {(0, 1): ("suggest", "birth_date_missing")}


def test_where_not_everybody_is_known_nobody_is_alone():
    found = verdicts(human(), human(birth=None), complete=False)
    assert found == {(0, 1): ("suggest", "birth_date_missing")}


def test_a_record_without_birth_date_joins_neither_father_nor_son_of_its_name():
    found = verdicts(human(birth=FATHER, email="x"), human(email="x"), human(birth=None, email="x"))
    assert found == {(0, 2): ("suggest", "namesake_near"), (1, 2): ("suggest", "namesake_near")}


def test_a_junior_in_the_house_stops_a_link_without_birth_date():
    found = verdicts(human(birth=None, email="x"), human(birth=None, email="x"), human(last="Peeters jr"))
    assert found[0, 1] == ("suggest", "namesake_near")


def test_a_father_and_a_son_are_not_joined_through_a_third_record():
    """The third record meets each of them in a place of its own, so that neither pair sees the other."""
    father = human(birth=FATHER, phone="a", email="f", street="")
    son = human(phone="b", email="s", street="")
    between = Identity(
        first="Jan", last="Peeters", phones=frozenset({"a", "b"}), emails=frozenset({"f", "s"})
    )
    identities = {0: father, 1: son, 2: between}
    among = Surroundings({0: father, 1: son, 2: between}, complete=False)
    found = weigh([(0, 2), (1, 2)], among)
    assert {one.evidence.verdict for one in found} == {Verdict.SUGGEST}
    assert {one.evidence.rule for one in found} == {"namesake_near"} and len(identities) == 3


def test_a_spelling_nobody_else_bears_is_a_slip_and_not_a_twin():
    counts = NameCounts(first={"marion": 400, "marrion": 1, "martin": 300})
    slip = verdicts(human("Marion"), human("Marrion"), counts=counts)
    assert slip == {(0, 1): ("link", "slip_birth_date")}
    usual = NameCounts(first={"marion": 400, "marrion": 300})
    assert verdicts(human("Marion"), human("Marrion"), counts=usual)[0, 1][0] == "suggest"


def test_a_rare_full_name_with_one_birth_date_is_one_human_a_usual_one_is_asked_about():
    here, there = human("Isolde", "Zandhoven"), human("Isolde", "Zandhoven", phone="other", street="")
    assert verdicts(here, there, counts=counts_of([here, there])) == {
        (0, 1): ("link", "rare_name_birth_date")
    }
    many = counts_of([here, there, *[human("Isolde", "Zandhoven", phone=str(n)) for n in range(9)]])
    assert verdicts(here, there, counts=many) == {(0, 1): ("suggest", "name_and_birth_date_only")}


def test_what_very_many_share_makes_no_pairs():
    crowd = {n: replace(human(email=f"{n}", street=""), birth=None) for n in range(25)}
    assert candidate_pairs(crowd) == set()


def test_groups_are_what_hangs_together_however_it_is_told():
    assert sorted(map(sorted, groups([(1, 2), (3, 4), (2, 1), (4, 1)]))) == [[1, 2, 3, 4]]
    assert groups([]) == []
