"""Small worlds for screening: keys from numbers, the shipped packs, one invented country."""

from datetime import UTC, date, datetime

import pyarrow as pa

from duecause.engine.screening import SCHEMAS, CampaignFacts, RegisterState, RuleSet, ScreeningInput, screen
from duecause.engine.screening.law import load_book
from duecause.packs import law

ATLANTIS = """
country: XA
name: Atlantis
as_of: 2026-11-21
rules:
  - {id: xa-people, kind: regime, regime: opt_in, applies_to: [natural], valid_from: 2020-01-01,
     valid_to: null, law: "L1", sources: ["https://example.org"], confidence: S, reviewed_by: "A. Counsel"}
  - {id: xa-firms, kind: regime, regime: opt_out, applies_to: [legal], valid_from: 2024-01-01, valid_to: null,
     law: "L2", sources: ["https://example.org"], confidence: S, reviewed_by: null}
  - {id: xa-one, kind: register, register: XA-ONE, name: One, max_file_age_days: 10, applies_to: [natural],
     valid_from: 2020-01-01, valid_to: null, law: "L3", sources: ["https://example.org"], confidence: S,
     reviewed_by: null}
  - {id: xa-two, kind: register, register: XA-TWO, name: Two, max_file_age_days: 20, valid_from: 2020-01-01,
     valid_to: null, law: "L4", sources: ["https://example.org"], confidence: M, reviewed_by: null}
  - {id: xa-ex, kind: exception, exception: customer_relation, related_offer: false, years_after_end: 1,
     valid_from: 2020-01-01, valid_to: null, law: "L5", sources: ["https://example.org"], confidence: S,
     reviewed_by: null}
"""

SHIPPED = law.country_texts()
BOOK = load_book({**SHIPPED, "xa.yaml": ATLANTIS})


def key(number):
    return None if number is None else number.to_bytes(16, "big")


def table(name, lines):
    return pa.Table.from_pylist(lines, schema=SCHEMAS[name])


def row(row_id, *problems):
    return {
        "row_id": row_id,
        "file": "list.csv",
        "sheet": "",
        "row_no": row_id + 2,
        "problems": list(problems),
    }


def number(row_id, token, person, country="BE", *, ordinal=0, **facts):
    return {
        "row_id": row_id,
        "ordinal": ordinal,
        "token": key(token),
        "person": key(person),
        "country": country,
        "natural": True,
        "minor_band": "adult",
        "source": "FAIR",
        "basis": "legitimate_interest",
        "region": f"{country}-1",
        **facts,
    }


def campaign(**facts):
    defaults = {
        "code": "SPRING",
        "controller": "HEATCO",
        "purpose": "prospecting",
        "sector": "telecom",
        "countries": ("BE", "NL", "FR", "XA"),
        "offer_families": ("heat_pump",),
    }
    return CampaignFacts(**{**defaults, **facts})


def loaded(**versions):
    """Register states by code with `_` for `-`."""
    return {
        name.replace("_", "-"): RegisterState(day, datetime(2026, 1, 1, tzinfo=UTC), 3)
        for name, day in versions.items()
    }


def given(rows, numbers, *, party_reasons=(), registers_loaded=None, **tables):
    return ScreeningInput(
        rows=table("rows", rows),
        numbers=table("numbers", numbers),
        party_reasons=party_reasons,
        registers_loaded=registers_loaded or {},
        **{name: table(name, lines) for name, lines in tables.items()},
    )


def rules_on(day, countries=tuple(BOOK.packs)):
    return {country: RuleSet.for_country(country, day, book=BOOK) for country in countries}


def screened(rows, numbers, *, on, of=None, party_open_until=None, **facts):
    facts.setdefault("registers_loaded", loaded(BE_DNCM=on, FR_BLOCTEL=on, XA_ONE=on, XA_TWO=on))
    return screen(
        given(rows, numbers, **facts),
        campaign=of or campaign(),
        rules=rules_on(on),
        on=on,
        party_open_until=party_open_until,
    )


def reasons(verdicts):
    return {line["row_id"]: line["reasons"] for line in verdicts.table.to_pylist()}


def only_reasons(country, *, on, of=None, token=1, person=1, **facts):
    """The reasons of one row with one number."""
    names = ("natural", "minor_band", "basis")
    about = {name: facts.pop(name) for name in names if name in facts}
    verdicts = screened([row(0)], [number(0, token, person, country, **about)], on=on, of=of, **facts)
    return reasons(verdicts)[0]


def day(text):
    return date.fromisoformat(text)
