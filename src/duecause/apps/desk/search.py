"""What an agent types, and whom it may mean: a number, an e-mail, a customer number, or name and postcode."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from duecause.apps.gate.confirming import confirmed
from duecause.apps.parties.models import Source
from duecause.apps.register.models import Lookup
from duecause.apps.vault import indexes
from duecause.engine.phone import read_cell
from duecause.engine.tabular import fold_name, normal_customer_no, normalise_email

MOST_RESULTS = 20
POSTCODE = re.compile(r"\b(\d{4}\s?[A-Za-z]{2}|\d{2}-\d{3}|\d{3}\s\d{2}|\d{4,5})\b")


@dataclass(frozen=True, slots=True)
class Query:
    """One reading of the typed text: a kind of Lookup and its normalised value."""

    kind: str
    value: str


def readings(text: str) -> list[Query]:
    """Every way to read the text that could name a person. Empty: it names nobody (too short, no digits)."""
    text = text.strip()
    if "@" in text:
        address, _ = normalise_email(text)
        return [Query(Lookup.Kind.EMAIL, address)] if address else []
    found = [Query(Lookup.Kind.PHONE, str(number)) for number in numbers_in(text)]
    postcode = POSTCODE.search(text)
    words = POSTCODE.sub(" ", text, count=1).strip() if postcode else ""
    if postcode and re.search(r"[^\W\d_]{2}", words):
        surname = fold_name(words)
        code = re.sub(r"\s", "", postcode[0]).upper()
        return [Query(Lookup.Kind.NAME_POSTCODE, f"{surname}|{code}")]
    if re.fullmatch(r"[\w./-]{3,30}", text) and any(char.isdigit() for char in text):
        found.append(Query(Lookup.Kind.CUSTOMER_NO, normal_customer_no(text)))
    return found


def numbers_in(text: str) -> list[int]:
    """E.164 readings of a typed number, in the countries we have sources in. Searching wider than dialling
    is safe: a wrong reading finds nobody."""
    if len(re.sub(r"\D", "", text)) < 6:
        return []
    regions = Source.objects.order_by("default_country").values_list("default_country", flat=True).distinct()
    found = {
        number.e164
        for region in regions
        for number in read_cell(text, region=region, policy="suppression").numbers
    }
    return sorted(found)


def find_people(text: str) -> tuple[list[UUID], bool]:
    """Ids of persons the text may mean, newest first, and whether there are more than are told. A name with
    postcode is confirmed by opening, because its index is truncated on purpose."""
    people: list[UUID] = []
    for query in readings(text):
        token = indexes.lookup_token(query.kind, query.value)
        rows = Lookup.objects.filter(kind=query.kind, token=token).order_by("-record__recorded_at")
        candidates = list(dict.fromkeys(rows.values_list("record__person_id", flat=True)[:200]))
        if query.kind == Lookup.Kind.NAME_POSTCODE:
            candidates = confirmed(candidates, partial(_is_named, query.value))
        people.extend(person for person in candidates if person not in people)
    return people[:MOST_RESULTS], len(people) > MOST_RESULTS


def _is_named(wanted: str, values: Mapping[str, Any]) -> bool:
    surname, _, postcode = wanted.partition("|")
    name = fold_name(str(values.get("last_name", "")))
    code = re.sub(r"\s", "", str(values.get("postcode", ""))).upper()
    return code == postcode and name == surname


def initials(values: Mapping[str, Any]) -> str:
    """First letter of the given name, and of each part of the family name: enough to ask "is it you?"."""
    first = str(values.get("first_name", ""))[:1]
    last = [part[:1] for part in str(values.get("last_name", "")).split()]
    return " ".join(f"{letter}." for letter in [first, *last] if letter)


def shown_groups() -> Sequence[str]:
    return ("name", "address", "customer_no")


def results(found: Mapping[UUID, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a list of results shows of each person before a reason is given."""
    return [
        {
            "id": person,
            "initials": initials(values),
            "town": values.get("city") or values.get("postcode", ""),
            "customer_no": values.get("customer_no", ""),
        }
        for person, values in found.items()
    ]
