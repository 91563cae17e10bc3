"""Inside a scratch installation: fill it with contacts, ask why people are looked at, print the figures."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duecause.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402

from duecause.apps.gate.explaining import explained  # noqa: E402
from duecause.apps.interactions.models import ContactSystem, Interaction  # noqa: E402
from duecause.apps.parties.models import Controller, Source  # noqa: E402
from duecause.apps.register.models import Lookup, Person, Record  # noqa: E402
from duecause.apps.staff.models import Employee, Team  # noqa: E402
from duecause.apps.vault import indexes  # noqa: E402
from duecause.engine.ids import uuid7  # noqa: E402

SEED = 20261128
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
EMPLOYEES, TEAMS = 1_000, 40
DAYS = 180
AT_ONCE = 5_000
# Of look-ups: how many have no contact behind them. Of contacts: how many were never told, and how many came
# without a number. After the simulator of the look-up review (innocent employees, low noise).
WITHOUT_CONTACT, NEVER_TOLD, WITHOUT_NUMBER = 0.02, 0.02, 0.06
KINDS = (("call", 0.7), ("ticket", 0.2), ("chat", 0.1))

Told = tuple[Employee, int, datetime]


def seed(links: int, people: int, rng: random.Random) -> tuple[list[Employee], list[UUID], list[Told]]:
    teams = Team.objects.bulk_create(Team(code=f"T{n}", name=f"Team {n}") for n in range(TEAMS))
    employees = Employee.objects.bulk_create(
        Employee(username=f"e{n}", display_name=f"E {n}", profile="inbound", team=rng.choice(teams))
        for n in range(EMPLOYEES)
    )
    persons, tokens = _people(people)
    system = ContactSystem.objects.create(code="CTI", name="Telephony")
    told: list[Told] = []
    kinds, weights = [kind for kind, _ in KINDS], [weight for _, weight in KINDS]
    for start in range(0, links, AT_ONCE):
        rows = []
        for n in range(start, min(start + AT_ONCE, links)):
            whom, who = rng.randrange(people), rng.choice(employees)
            at = NOW - timedelta(seconds=rng.randrange(DAYS * 86_400))
            kind = rng.choices(kinds, weights)[0]
            blank = kind == "call" and rng.random() < WITHOUT_NUMBER
            queued = kind == "ticket" and rng.random() < 0.3
            rows.append(
                Interaction(
                    system=system,
                    reference=f"r{n}",
                    kind=kind,
                    employee=None if queued else who,
                    team=who.team if queued else None,
                    token=None if blank else tokens[whom],
                    bound="none" if blank else "number",
                    begun_at=at,
                    ended_at=at + timedelta(minutes=rng.randrange(1, 20)),
                    contact=True,
                    told_at=at,
                )
            )
            if rng.random() < 0.02:
                told.append((who, whom, at))
        with transaction.atomic():
            Interaction.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return employees, persons, told


def _people(count: int) -> tuple[list[UUID], list[bytes]]:
    controller = Controller.objects.create(code="C", legal_name="C", country="BE")
    source = Source.objects.create(
        code="S", name="S", kind="data_subject", controller=controller, default_country="BE"
    )
    key = indexes.lookup_key_id()
    persons: list[UUID] = []
    tokens: list[bytes] = []
    for start in range(0, count, AT_ONCE):
        part = [Person(id=uuid7(), created_at=NOW) for _ in range(min(AT_ONCE, count - start))]
        records = [
            Record(
                id=uuid7(), person=one, source=source, key_in_source=uuid7().bytes, content_hash=bytes(16),
                basis="consent", recorded_at=NOW,
            )
            for one in part
        ]  # fmt: skip
        numbers = [f"3247{start + n:07d}" for n in range(len(part))]
        own = indexes.lookup_tokens(("phone", number) for number in numbers)
        with transaction.atomic():
            Person.objects.bulk_create(part)
            Record.objects.bulk_create(records)
            Lookup.objects.bulk_create(
                Lookup(record=record, kind="phone", token=token, key_id=key, normaliser=1)
                for record, token in zip(records, own, strict=True)
            )
        persons += [one.pk for one in part]
        tokens += own
    return persons, tokens


def ask(
    employees: Sequence[Employee],
    persons: Sequence[UUID],
    told: Sequence[Told],
    asked: int,
    rng: random.Random,
) -> dict[str, Any]:
    """Times of single questions, after a few that warm the caches of this process."""
    wall, own = [], []
    found = strong = 0
    for n in range(-200, asked):
        who, whom, at = rng.choice(told)
        if rng.random() < WITHOUT_CONTACT + NEVER_TOLD:
            who, whom = rng.choice(employees), rng.randrange(len(persons))
        began, began_own = time.perf_counter(), time.process_time()
        answer = explained(who, persons[whom], at + timedelta(minutes=2))
        took, took_own = time.perf_counter() - began, time.process_time() - began_own
        if n < 0:
            continue
        wall.append(took)
        own.append(took_own)
        found += any(each.strength in ("strong", "medium") for each in answer)
        strong += any(each.strength == "strong" for each in answer)
    return {
        **_quantiles("", wall),
        **_quantiles("process_", own),
        "explained_share": round(found / asked, 4),
        "strong_share": round(strong / asked, 4),
    }


def _quantiles(name: str, times: list[float]) -> dict[str, float]:
    times.sort()
    return {
        f"{name}p50_ms": round(times[len(times) // 2] * 1000, 3),
        f"{name}p99_ms": round(times[len(times) * 99 // 100] * 1000, 3),
    }


def main() -> None:
    links, people, asked = (int(word) for word in sys.argv[1:4])
    rng = random.Random(SEED)  # noqa: S311 - a workload, no secret
    employees, persons, told = seed(links, people, rng)
    print(json.dumps(ask(employees, persons, told, asked, rng)))


if __name__ == "__main__":
    main()
