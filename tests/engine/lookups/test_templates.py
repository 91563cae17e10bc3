"""Which link explains a look-up: read from the file that ships."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from duecause.engine.lookups.templates import CONDITIONS, KINDS, Traits, read
from duecause.engine.problems import Refused
from duecause.packs import lookups

SHIPPED = lookups.explanations(date(2026, 11, 28))
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
ONE = """
as_of: 2026-11-28
sets:
  - valid_from: 2026-01-01
    explanations:
      - {code: a, kinds: [call],
         before_minutes: 1, after_minutes: 2, open_days: 0, strength: strong, comment: c}
    law: l
    note: n
    confidence: M
    reviewed_by: null
"""


def strength(link: Traits) -> str:
    found = SHIPPED.fitting(link)
    return found[0].strength if found else "none"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (Traits("call", bound="number"), "strong"),
        (Traits("call", bound="identified"), "strong"),
        (Traits("call", bound="none"), "weak"),
        (Traits("call"), "weak"),  # nobody says how the caller was found
        (Traits("ticket", made_by="other"), "strong"),
        (Traits("ticket", made_by="self", contact="yes"), "strong"),
        (Traits("ticket", made_by="self", contact="no"), "weak"),
        (Traits("ticket", made_by="self"), "weak"),
        (Traits("ticket", assigned="team"), "medium"),
        (Traits("qa_sample", drawn="yes"), "strong"),
        (Traits("qa_sample", drawn="no"), "none"),  # the listener chose it
        (Traits("qa_sample"), "none"),
        (Traits("training"), "none"),
        (Traits("break_glass"), "medium"),
    ],
)
def test_a_link_explains_as_well_as_what_is_known_of_it(link: Traits, expected: str) -> None:
    assert strength(link) == expected


def test_every_kind_of_link_has_a_template() -> None:
    assert {kind for template in SHIPPED.all for kind in template.kinds} == set(KINDS)


def test_only_an_emergency_access_is_always_read_by_a_person() -> None:
    assert [each.code for each in SHIPPED.all if each.reviewed] == ["break_glass"]


def test_a_call_explains_from_the_preview_to_the_end_of_the_wrap_up() -> None:
    call = next(each for each in SHIPPED.all if each.code == "call_number")
    minutes = timedelta(minutes=1)
    assert call.window(NOON, NOON + 10 * minutes) == (NOON - 5 * minutes, NOON + 40 * minutes)
    assert call.window(NOON, None) == (NOON - 5 * minutes, NOON + 30 * minutes)


def test_an_open_ticket_explains_for_a_while_and_not_for_ever() -> None:
    ticket = next(each for each in SHIPPED.all if each.code == "ticket_own")
    assert ticket.window(NOON, None)[1] == NOON + timedelta(days=92)
    assert SHIPPED.longest_reach() == timedelta(days=181)


def test_an_end_before_the_begin_does_not_shorten_the_window() -> None:
    call = next(each for each in SHIPPED.all if each.code == "call_number")
    assert call.window(NOON, NOON - timedelta(hours=1)) == call.window(NOON, NOON)


def test_a_trait_that_is_not_asked_never_decides() -> None:
    visit = next(each for each in SHIPPED.all if each.code == "visit")
    for trait, answers in CONDITIONS.items():
        assert all(visit.fits(replace(Traits("visit"), **{trait: answer})) for answer in answers)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("strength: strong", "strength: iron", "“strength” must be one of strong, medium, weak, none"),
        ("kinds: [call]", "kinds: [seance]", "“kinds” may hold only call"),
        ("kinds: [call]", "kinds: []", "“kinds” names no kind of link"),
        ("kinds: [call]", "kinds: [call], bound: []", "“bound” lets nothing pass"),
        ("before_minutes: 1", "before_minutes: -1", "“before_minutes” must be 0 or more"),
        ("comment: c", "comment: c, colour: red", "unknown key “colour”"),
        ("as_of: 2026-11-28", "as_of: soon", "“as_of” looks like “xxxx”"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(old: str, new: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        read(ONE.replace(old, new), file="own.yaml")
    assert words in str(refused.value)
    assert "own.yaml, line " in str(refused.value)


def test_a_code_may_be_there_once() -> None:
    begin, end = ONE.index("      - {code"), ONE.index("    law:")
    with pytest.raises(Refused, match="each code may be there once"):
        read(ONE[:end] + ONE[begin:end] + ONE[end:], file="own.yaml")
