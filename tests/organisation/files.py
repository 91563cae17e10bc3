"""Organisation files for tests: a small one that is right, and the shipped demonstration."""

from __future__ import annotations

from datetime import UTC, datetime

from duecause.engine.actor import Actor
from duecause.organisation import applying
from duecause.organisation.applying import Plan

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
OPERATOR = Actor.system("test")
FILE = "org.yaml"

SMALL = """\
organisation: Klein
demonstration: true
controllers:
  - code: KLEIN
    legal_name: Klein BV
    spoken: {nl: Klein}
    country: NL
    privacy_url: https://klein.example/privacy
    canary_numbers: ["+31201099901"]
purposes:
  - {code: marketing_calls, name: {en: Calls}, legal_basis: consent, retention_months: 24, marketing: true}
partners:
  - {code: CC-EEN, name: Centrum Een, kind: call_centre, country: NL}
sources:
  - code: WEB
    name: Web
    kind: data_subject
    controller: KLEIN
    default_country: NL
    claimed_basis: consent
    say: {nl: onze website}
    wordings:
      - code: WEB
        version: v1
        language: nl
        text: Klein BV mag mij bellen.
        purpose: marketing_calls
        channels: [call]
        controllers: [KLEIN]
        valid_from: 2026-01-01
fields:
  - {code: last_name, group: name, compartment: identity, label: {en: Name}, purposes: [marketing_calls]}
campaigns:
  - code: PUMPS
    name: Heat pumps
    controller: KLEIN
    purpose: marketing_calls
    sector: energy
    countries: [NL]
    release_fields: [last_name]
teams:
  - {code: sales, name: Sales}
employees:
  - username: anna
    display_name: Anna Voorbeeld
    profile: outbound
    team: sales
    own_phones: ["+31610000999"]
    own_emails: [Anna@Example.org]
    demo_password: a-long-demo-word
"""


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def apply(text: str) -> Plan:
    return applying.apply(applying.read(text, file=FILE), actor=OPERATOR, now=NOW)


def plan(text: str) -> Plan:
    return applying.plan(applying.read(text, file=FILE), file=FILE)
