"""What happens inside an installation: `python -m benchmarks.house_parts.inside PART OPTIONS` with
DUECAUSE_DATA and DATABASE_URL naming it. The last line is one JSON object."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duecause.settings")
django.setup()

from django.db import connection, connections, transaction  # noqa: E402

from duecause.apps.consent.models import NationalRegister, RegisterEntry, RegisterVersion  # noqa: E402
from duecause.apps.dialling import actions as dialling  # noqa: E402
from duecause.apps.dialling import precall, release_actions  # noqa: E402
from duecause.apps.dialling.models import Campaign, ReleaseRow  # noqa: E402
from duecause.apps.ledger import actions as ledger  # noqa: E402
from duecause.apps.ledger import checking, sequencer  # noqa: E402
from duecause.apps.ledger.models import Event, Leaf, QueueEntry  # noqa: E402
from duecause.apps.obligations.models import Step  # noqa: E402
from duecause.apps.parties.actions import create_api_key  # noqa: E402
from duecause.apps.parties.models import Controller, Partner, Source  # noqa: E402
from duecause.apps.register.actions import import_file  # noqa: E402
from duecause.apps.register.models import Person  # noqa: E402
from duecause.apps.vault import indexes  # noqa: E402
from duecause.engine.actor import Actor  # noqa: E402
from duecause.engine.ids import uuid7  # noqa: E402
from duecause.organisation import applying  # noqa: E402
from duecause.organisation.demo import demo_organisation  # noqa: E402

OPERATOR = Actor.system("benchmark")
AGENT = "anna"
RAW = "bench.raw"
SOURCE, CAMPAIGN, CENTRE, REGISTER = "WEBSHOP-BE", "HEATPUMP-BE", "CC-GENT", "BE-DNCM"
FIRST_NUMBER = 32470100000
PLACES = 5_000
COPY_SUPPRESSIONS = (
    "COPY consent_suppression (token, key_id, reason, controller_id, channel, campaign, effective_at, rule)"
    " FROM STDIN"
)
INSERT_SUPPRESSION = (
    "INSERT INTO consent_suppression"
    " (token, key_id, reason, controller_id, channel, campaign, effective_at, rule)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)
INSERT_EVENT = (
    "INSERT INTO ledger_event (uid, at, kind, person, actor_kind, person_part, record_part, record_key,"
    " leaf_bytes, leaf_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"
)
INSERT_QUEUED = "INSERT INTO ledger_queueentry (event_id, queued_at) VALUES (%s, %s)"
HEADER = (
    "Voornaam;Achternaam;Geboortedatum;E-mailadres;GSM-nummer;Straat;Huisnummer;Postcode;Gemeente;Taal;"
    "Datum toestemming;Toestemmingstekst\n"
)
FIRST_NAMES = ("Anouk", "Bart", "Cem", "Dries", "Els", "Fien", "Gert", "Hanne", "Ilse", "Joris")
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "ve")
TOWNS = (("9000", "Gent"), ("2000", "Antwerpen"), ("3000", "Leuven"), ("8000", "Brugge"), ("1000", "Brussel"))


def number_of(index: int) -> int:
    return FIRST_NUMBER + index


def a_list(rows: int) -> bytes:
    """A clean list of fictional people, each with a name, a number and an e-mail address of their own."""
    lines = [HEADER]
    for index in range(rows):
        surname = "".join(SYLLABLES[index >> shift & 15] for shift in (0, 4, 8, 12)).capitalize()
        first, (postcode, town) = FIRST_NAMES[index % 10], TOWNS[index % 5]
        local = f"0{number_of(index) - 32_000_000_000}"
        lines.append(
            f"{first};{surname};{1 + index % 28:02}/{1 + index % 12:02}/{1950 + index % 50};"
            f"{first.lower()}.{index}@example.org;{local};Kerkstraat;{1 + index % 190};{postcode};{town};nl;"
            f"2026-03-{1 + index % 28:02};web-3\n"
        )
    return "".join(lines).encode()


def seed(rows: int, released: int) -> dict[str, Any]:
    """An organisation, an imported list, a release of its first rows to one centre, a key of that centre."""
    now = datetime.now(UTC)
    organisation = demo_organisation()
    if not Controller.objects.exists():
        applying.apply(organisation, actor=OPERATOR, now=now)
    _current_register(now)
    source = Source.objects.get(code=SOURCE)
    first = a_list(released)
    import_file(actor=OPERATOR, source=source, data=first, file_name="first.csv", now=now)
    campaign, centre = Campaign.objects.get(code=CAMPAIGN), Partner.objects.get(code=CENTRE)
    day = dialling.today(campaign, now)
    screened = dialling.screen(
        actor=OPERATOR, campaign=campaign, centre=centre, on=day, now=now, sources=[SOURCE]
    )
    made = release_actions.release(actor=OPERATOR, dial_list=screened, now=now, out=BytesIO())
    imported = timed_import(source, a_list(released + rows), now) if rows else {}
    people = Person.objects.filter(erased_at=None).values_list("pk", flat=True)[:PLACES]
    password = next(entry.demo_password for entry in organisation.employees if entry.username == AGENT)
    return {
        **imported,
        "released": made.rows,
        "numbers": [f"+{number_of(index)}" for index in range(released)],
        "people": [str(person) for person in people],
        "key": create_api_key(actor=OPERATOR, partner=centre, scopes=["precall"], now=now),
        "feed_key": create_api_key(actor=OPERATOR, partner=centre, scopes=["feed"], now=now),
        "agent": [AGENT, password],
    }


def timed_import(source: Source, data: bytes, now: datetime) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = import_file(actor=OPERATOR, source=source, data=data, file_name="second.csv", now=now)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rows = done.batch.rows.count()
    return {"import_rows_per_s": rows / wall, "import_rows_per_cpu_s": rows / cpu}


def _current_register(now: datetime) -> None:
    """The national register as a loader leaves it, so that screening finds it young enough."""
    register = NationalRegister.objects.get(code=REGISTER)
    version, made = RegisterVersion.objects.get_or_create(
        register=register,
        version_date=(now - timedelta(days=1)).date(),
        defaults={
            "sha256": "0" * 64,
            "rows": 1,
            "state": RegisterVersion.State.ACTIVE,
            "loaded_at": now - timedelta(hours=1),
            "actor": OPERATOR.ref,
        },
    )
    if made:
        RegisterEntry.objects.create(version=version, token=indexes.dial_token(32470999999))


def suppress(count: int) -> dict[str, Any]:
    """`count` suppressions of numbers nobody asks for, written as a bulk loader would."""
    controller = Controller.objects.get(code=Campaign.objects.get(code=CAMPAIGN).controller.code).pk
    key, now = indexes.dial_key_id(), datetime.now(UTC) - timedelta(days=1)
    rows: Any = ((os.urandom(16), key, "objection", controller, "", "", now, "") for _ in range(count))
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(COPY_SUPPRESSIONS) as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(INSERT_SUPPRESSION, rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"suppressions": count}


def write(kind: str, seconds: float) -> dict[str, Any]:
    """One event per commit, or the same rows with nothing around them; as many as fit into the time."""
    actor = Actor(kind="partner", id="CC-BENCH")
    payload = {"centre": "CC-BENCH", "campaign": CAMPAIGN, "numbers": 1, "decisions": {"allow": 1}}
    with transaction.atomic():
        made = ledger.record(actor=actor, kind="bench.event", now=datetime.now(UTC), payload=payload)
    raw = raw_insert(made)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    done, ends, cpu = 0, time.perf_counter() + seconds, time.process_time()
    while time.perf_counter() < ends:
        if kind == "ledger":
            with transaction.atomic():
                ledger.record(actor=actor, kind="bench.event", now=datetime.now(UTC), payload=payload)
        else:
            raw()
        done += 1
    return {"done": done, "cpu": time.process_time() - cpu}


def raw_insert(made: Event) -> Any:
    """The same two rows through the driver alone, in one transaction."""
    driver = connection.cursor().connection
    mark = "%s" if connection.vendor == "postgresql" else "?"
    event, queue = INSERT_EVENT.replace("%s", mark), INSERT_QUEUED.replace("%s", mark)
    sealed, leaf, hashed = bytes(made.record_part), bytes(made.leaf_bytes), bytes(made.leaf_hash)

    def text(value: UUID) -> Any:
        return value if connection.vendor == "postgresql" else value.hex

    def once() -> None:
        uid, now = uuid7(), datetime.now(UTC)
        at = now if connection.vendor == "postgresql" else now.isoformat(" ")
        values = (
            text(uid),
            at,
            RAW,
            None,
            "partner",
            None,
            sealed,
            text(made.record_key),
            leaf,
            hashed,
        )
        cursor = driver.cursor()
        cursor.execute("BEGIN" if connection.vendor == "postgresql" else "BEGIN IMMEDIATE")
        cursor.execute(event, values)
        cursor.execute(queue, (cursor.fetchone()[0], at))
        cursor.execute("COMMIT")

    return once


def verify(events: int) -> dict[str, Any]:
    """Fill the log with real events, sequence it, and verify all of it: rows, seals, tree, checkpoints."""
    actor = Actor.system("benchmark")
    QueueEntry.objects.filter(event__kind=RAW).delete()
    Event.objects.filter(kind=RAW).delete()
    for start in range(0, events, 1_000):
        with transaction.atomic():
            for _ in range(min(1_000, events - start)):
                ledger.record(actor=actor, kind="bench.event", now=datetime.now(UTC), payload={"numbers": 1})
    sequencer.sequence_all()
    anchor = checking.own_anchor()
    wall, cpu = time.perf_counter(), time.process_time()
    report = checking.verify_live(now=datetime.now(UTC), anchor=anchor)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    count = Leaf.objects.count()
    if report.exit_code:
        raise SystemExit(f"the log does not verify: {checking.summary(report)}")
    return {"events": count, "verify_per_s": count / wall, "verify_per_cpu_s": count / cpu}


def check(numbers: int) -> dict[str, Any]:
    """CPU and queries of one pre-call check with its event, in this process alone."""
    from duecause.apps.dialling.precall_actions import centre_actor
    from duecause.apps.dialling.precall_actions import precall as answer

    centre = Partner.objects.get(code=CENTRE)
    asked = [f"+{number_of(index)}" for index in range(numbers)]
    answer(
        actor=centre_actor(centre), centre=centre, campaign=CAMPAIGN, numbers=asked[:1], now=datetime.now(UTC)
    )
    queries = [0]

    def counted(execute: Any, *rest: Any) -> Any:
        queries[0] += 1
        return execute(*rest)

    cpu, wall = time.process_time(), time.perf_counter()
    for number in asked:
        now = datetime.now(UTC)
        answer(actor=centre_actor(centre), centre=centre, campaign=CAMPAIGN, numbers=[number], now=now)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    with connections["default"].execute_wrapper(counted), connections["keys"].execute_wrapper(counted):
        now = datetime.now(UTC)
        [found] = answer(
            actor=centre_actor(centre), centre=centre, campaign=CAMPAIGN, numbers=asked[:1], now=now
        )
    if not found.allowed or precall.MOST_NUMBERS < 1 or not ReleaseRow.objects.exists():
        raise SystemExit("the number asked for is not allowed: the figure would say nothing")
    return {
        "precall_cpu_ms": cpu / numbers * 1_000,
        "precall_wall_ms": wall / numbers * 1_000,
        "precall_queries": queries[0],
    }


def settle(seconds: float) -> dict[str, Any]:
    """Wait until the worker has done what was due when it started, as on any day after the first minute."""
    ends = time.perf_counter() + seconds
    while Step.objects.filter(state__in=[Step.State.DUE, Step.State.LEASED], next_at__lte=datetime.now(UTC)):
        if time.perf_counter() > ends:
            raise SystemExit("the worker is still busy with what was due at its start")
        time.sleep(0.5)
    return {}


PARTS = {
    "settle": lambda words: settle(float(words[0])),
    "seed": lambda words: seed(int(words[0]), int(words[1])),
    "suppress": lambda words: suppress(int(words[0])),
    "write": lambda words: write(words[0], float(words[1])),
    "verify": lambda words: verify(int(words[0])),
    "check": lambda words: check(int(words[0])),
}

if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[1]](sys.argv[2:])))
