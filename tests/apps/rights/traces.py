"""What of a person lies on the disk beyond clear text: tokens, sealed blobs and wrapped keys as stored."""

from __future__ import annotations

from pathlib import Path

from duecause.apps.ledger.models import Event
from duecause.apps.register.models import Lookup, Person, Record
from duecause.apps.vault.models import DataKey

WHOLE_FILE_AT_ONCE = 1 << 28


def traces_of(person: Person) -> dict[str, bytes]:
    """Name → stored bytes. Dial tokens are left out: an objection goes on by them."""
    found: dict[str, bytes] = {}
    owners = [person.pk, *Record.objects.filter(person=person).values_list("pk", flat=True)]
    for key in DataKey.objects.filter(owner__in=owners).exclude(compartment="proof"):
        found[f"key {key.compartment} of {key.owner}"] = bytes(key.wrapped)
    for record in Record.objects.filter(person=person):
        found[f"identity of {record.pk}"] = bytes(record.identity or b"")[-40:]
        found[f"row key of {record.pk}"] = bytes(record.key_in_source)
    for row in Lookup.objects.filter(record__person=person).exclude(kind="name_postcode"):
        found[f"look-up {row.kind} of {row.record_id}"] = bytes(row.token)
    return {name: trace for name, trace in found.items() if len(trace) >= 16}


def sealed_events_of(person: Person) -> list[bytes]:
    return [bytes(part) for part in Event.objects.values_list("person_part", flat=True) if part]


def found_in(folder: Path, traces: dict[str, bytes], *, but: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Name of a trace → files below the folder that hold it, also as hex, as PostgreSQL may write it."""
    hits: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or inside.parts[0] in but or path.stat().st_size > WHOLE_FILE_AT_ONCE:
            continue
        data = path.read_bytes()
        for name, trace in traces.items():
            if trace in data or trace.hex().encode() in data:
                hits.setdefault(name, set()).add(str(inside))
    return hits
