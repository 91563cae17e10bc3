"""The linter of packs names file, rule and field of every mistake, and the shipped packs have none."""

import pytest

from duecause.engine.screening.pack_lint import mistakes
from duecause.organisation.schema import sectors
from tests.engine.screening.builders import SHIPPED

WINDOW = """
  - id: lu-window
    kind: calling_window
    time_zone: called_party
    hours: {mon: ["09:00-12:00"], tue: [], wed: [], thu: [], fri: [], sat: [], sun: []}
    public_holidays: false
    valid_from: 2026-01-01
    valid_to: null
    law: "Invented"
    sources: ["https://example.org"]
    confidence: M
    reviewed_by: null
"""
PACK = """country: LU
name: Luxembourg
as_of: 2026-11-27
rules:
  - id: lu-opt-in
    kind: regime
    regime: opt_in
    valid_from: 2020-01-01
    valid_to: null
    law: "Invented"
    sources: ["https://example.org"]
    confidence: M
    reviewed_by: null
"""


def found(text, file="lu.yaml"):
    return [(m.line, m.rule, m.field) for m in mistakes(text, file=file, sectors=sectors())]


@pytest.mark.parametrize("file", sorted(SHIPPED))
def test_a_shipped_pack_has_no_mistake(file):
    assert [str(m) for m in mistakes(SHIPPED[file], file=file, sectors=sectors())] == []


def test_a_sound_pack_of_a_new_country_has_none():
    assert found(PACK + WINDOW) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("regime: opt_in", "regime: perhaps", (7, "lu-opt-in", "regime")),
        ("hours: {mon:", "hours: {mno:", (18, "lu-window", "mon")),
        ("valid_from: 2026-01-01", "valid_from: soon", (20, "lu-window", "valid_from")),
        ("id: lu-window", "id: be-window", (15, "be-window", "id")),
        ("https://example.org", "example.org", (11, "lu-opt-in", "sources")),
        ("country: LU", "country: XY", (1, "", "country")),
        ("    public", '    holidays_also_of: ["ZZ"]\n    public', (20, "lu-window", "public_holidays")),
        ("country: LU", "country: LU\nzone: Mars/Olympus", (2, "", "zone")),
        ("name: Luxembourg", "", (1, "", "name")),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(old, new, where):
    assert where in found((PACK + WINDOW).replace(old, new))


def test_all_mistakes_are_told_at_once():
    broken = (PACK + WINDOW).replace("opt_in\n", "perhaps\n").replace('["09:00-12:00"]', '["9-12"]')
    told = [str(m) for m in mistakes(broken, file="lu.yaml", sectors=sectors())]
    assert len(told) >= 2
    assert "lu.yaml:7: rule lu-opt-in, field regime: “regime” must be one of opt_in, opt_out." in told


def test_what_only_the_file_as_a_whole_shows_is_told_too():
    twice = PACK + PACK.partition("rules:\n")[2]
    assert found(twice)[0][1] == "lu-opt-in"
    assert (1, "", "rules") in found(PACK.partition("  - id")[0].replace("rules:", "rules: []"))
    ban = WINDOW.replace("kind: calling_window", "kind: sector_ban\n    sector: magic\n    unless: null")
    ban = "\n".join(x for x in ban.splitlines() if not x.strip().startswith(("time_zone", "hours", "public")))
    assert (17, "lu-window", "sector") in found(PACK + ban)


def test_a_window_in_a_country_of_unknown_zone_asks_for_the_zone():
    other = (PACK + WINDOW).replace("LU", "PT").replace("lu-", "pt-")
    assert (17, "pt-window", "time_zone") in found(other, "pt.yaml")
    assert found(other.replace("country: PT", "country: PT\nzone: Europe/Lisbon"), "pt.yaml") == []
