"""What the register knows about fields: which are declared, where each is sealed, which it must read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from duecause.apps.catalogue.models import Field
from duecause.apps.statements import Statement
from duecause.apps.vault.models import Compartment

# Columns that say where a row comes from. They become provenance of the record, not sealed values.
PROVENANCE = frozenset({"external_id", "obtained_on", "consent_on", "consent_text"})
DATES = frozenset({"birth_date", "contract_from", "contract_to", "obtained_on", "consent_on"})
CONTRACT = ("product", "contract_from", "contract_to")
NAMES = ("first_name", "initials", "last_name", "full_name")
COMPANY = "company"
# What matching needs to see of a stored record.
IDENTITY = (*NAMES, COMPANY, "birth_date", "street", "house_number", "postcode")
SEALED_IN = (Compartment.IDENTITY.value, Compartment.CONTRACT.value)


def is_phone(field: str) -> bool:
    return field == "phone" or field.startswith("phone_")


def numbers_in(values: Mapping[str, str]) -> list[str]:
    """The numbers of opened values as +E.164, each once; `DialFact.ordinal` counts in this order."""
    cells = (values[field] for field in sorted(values) if is_phone(field))
    return list(dict.fromkeys(number for cell in cells for number in cell.split()))


@dataclass(frozen=True, slots=True)
class Declared:
    """The field catalogue as the register needs it: field → group, field → compartment."""

    groups: Mapping[str, str]
    compartments: Mapping[str, str]

    def stores(self, field: str) -> bool:
        return field not in PROVENANCE and self.compartments.get(field) in SEALED_IN

    @property
    def fingerprint(self) -> str:
        text = json.dumps([sorted(self.groups.items()), sorted(self.compartments.items())])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_FIELDS = Statement(lambda: Field.objects.values_list("code", "group", "compartment"))


def declared() -> Declared:
    rows = _FIELDS.rows()
    return Declared(
        groups={code: group for code, group, _ in rows},
        compartments={code: compartment for code, _, compartment in rows},
    )
