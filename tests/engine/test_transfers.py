"""The dated table of adequacy decisions."""

from datetime import date

import pytest

from duecause.engine.problems import Refused
from duecause.engine.transfers import load_adequacy
from duecause.packs import law

ADEQUACY = law.adequacy()


def test_the_table_covers_the_eea_and_scoped_decisions():
    assert len(ADEQUACY.eea) == 30
    scoped = [c for c, held in ADEQUACY.decisions.items() if any(d.scope for d in held)]
    assert scoped == ["CA", "JP", "US"]
    assert ADEQUACY.decision("BR", date(2026, 1, 25)) is None


def test_a_decision_holds_to_its_last_day():
    assert ADEQUACY.decision("GB", date(2031, 12, 27)).ref.startswith("(EU) 2021/1772")
    assert ADEQUACY.decision("GB", date(2031, 12, 28)) is None
    assert ADEQUACY.ended("GB", date(2031, 12, 28)).valid_to == date(2031, 12, 27)


def test_overlapping_decisions_are_refused():
    text = law.texts()[law.ADEQUACY_FILE]
    twice = text + text[text.index("  - country: AD") : text.index("  - country: AR")]
    with pytest.raises(Refused, match="two decisions for AD"):
        load_adequacy(twice, file="adequacy.yaml")
