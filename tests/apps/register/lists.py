"""Small fictional lists, and the shortest way to import one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from duecause.apps.catalogue.models import Field
from duecause.apps.parties.models import Source
from duecause.apps.register import actions
from duecause.apps.register.models import ImportBatch, ImportRow, Record
from tests.support.world import NOW, OPERATOR, World

MORE_FIELDS = {"company": ("name", "identity"), "contract_from": ("contracts", "contract")}
MORE_FIELDS |= {"contract_to": ("contracts", "contract"), "language": ("language", "identity")}


def declare_fields() -> None:
    for code, (group, compartment) in MORE_FIELDS.items():
        Field.objects.get_or_create(code=code, defaults={"group": group, "compartment": compartment})


def customers(world: World, code: str = "CUSTOMERS", **more: Any) -> Source:
    """A source that claims no consent."""
    values = {
        "name": code,
        "kind": Source.Kind.CONTROLLER,
        "controller": world.controller,
        "default_country": "BE",
        "default_language": "nl",
        "claimed_basis": "contract",
        **more,
    }
    return Source.objects.create(code=code, **values)


def take(source: Source, text: str | bytes, *, now: datetime = NOW, **more: Any) -> ImportBatch:
    data = text.encode() if isinstance(text, str) else text
    given = {"file_name": "list.csv", "actor": OPERATOR, **more}
    return actions.import_file(source=source, data=data, now=now, **given).batch


def outcomes(batch: ImportBatch) -> dict[int, str]:
    return dict(ImportRow.objects.filter(batch=batch).order_by("row").values_list("row", "outcome"))


def problems(batch: ImportBatch) -> Counter[str]:
    stored = ImportRow.objects.filter(batch=batch).values_list("problems", flat=True)
    return Counter(problem["code"] for listed in stored for problem in listed)


def record_of_row(source: Source, row: int) -> Record:
    return Record.objects.get(source=source, row=row)
