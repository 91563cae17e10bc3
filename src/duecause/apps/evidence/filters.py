"""A part of a record: by purpose, class of field or partner. The same part is shown, exported and written
into the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from duecause.apps.evidence.record import Content, Record, Scope, scopes
from duecause.engine.problems import Problem, Refused


@dataclass(frozen=True, slots=True)
class Filter:
    """Codes; empty means all."""

    scope: str = ""
    purpose: str = ""
    law_class: str = ""
    partner: str = ""

    @property
    def query(self) -> str:
        """As it stands in an address."""
        return urlencode({name: value for name, value in self.values.items() if value})

    @property
    def values(self) -> dict[str, str]:
        return {
            "of": self.scope,
            "purpose": self.purpose,
            "class": self.law_class,
            "partner": self.partner,
        }

    @property
    def narrows(self) -> bool:
        return bool(self.purpose or self.law_class or self.partner)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Filter:
        """From the parameters of an address; longer than any code is none of ours."""
        taken = [str(given.get(name, ""))[:60] for name in ("of", "purpose", "class", "partner")]
        return cls(*taken)


def scope_of(code: str) -> Scope | None:
    """The scope with this code; for an empty one the first there is. Raises Refused for an unknown one."""
    every = scopes()
    if not code:
        return every[0] if every else None
    for scope in every:
        if scope.code == code:
            return scope
    raise Refused(
        "record_unknown",
        "There is no record of “%(given)s”. Choose one of: %(known)s.",
        given=code,
        known=", ".join(scope.code for scope in every) or "-",
    )


def narrowed(record: Record, by: Filter) -> Record:
    """The part of a record that a filter leaves. Its version stays that of the whole. Raises Refused for a
    code that the record does not hold, so that a misspelt filter is no empty record."""
    if not by.narrows:
        return record
    if problem := _unknown(record.content, by):
        raise Refused(problem.code, problem.template, **problem.params)
    content = record.content
    kept = {code: part for code, one in content["activities"].items() if (part := _part(content, one, by))}
    fields = {code for one in kept.values() for code in one["fields"]}
    if not by.partner:  # what is held outside any activity belongs to the part too
        fields |= {
            code for code in _fields(content, content["fields"], by) if content["fields"][code]["in_use"]
        }
    purposes = {code for one in kept.values() for code in one["purposes"]}
    purposes |= {code for each in fields for code in content["fields"][each]["purposes"]} & (
        {by.purpose} if by.purpose else set(content["purposes"])
    )
    got = {code for one in kept.values() for code in one["recipients"]}
    part = {
        **content,
        "activities": kept,
        "purposes": _only(content["purposes"], purposes),
        "fields": _only(content["fields"], fields),
        "recipients": _only(content["recipients"], got),
        "wordings": {
            key: one
            for key, one in content["wordings"].items()
            if not one["purpose"] or one["purpose"] in purposes
        },
    }
    return replace(record, content=part)


def _part(content: Content, activity: Content, by: Filter) -> Content | None:
    """What is left of an activity; None where it has nothing to do with what is asked."""
    if by.purpose and by.purpose not in activity["purposes"]:
        return None
    if by.partner and by.partner not in activity["recipients"]:
        return None
    fields = _fields(content, activity["fields"], by)
    if by.law_class and not fields:
        return None
    purposes = [by.purpose] if by.purpose else activity["purposes"]
    got = [by.partner] if by.partner else activity["recipients"]
    return {**activity, "fields": fields, "purposes": purposes, "recipients": got}


def _fields(content: Content, codes: Any, by: Filter) -> list[str]:
    found = content["fields"]
    return [
        code
        for code in codes
        if (not by.law_class or found[code]["law_class"] == by.law_class)
        and (not by.purpose or by.purpose in found[code]["purposes"])
    ]


def _unknown(content: Content, by: Filter) -> Problem | None:
    classes = {one["law_class"] for one in content["fields"].values()}
    asked = (
        (by.purpose, set(content["purposes"]), "purpose"),
        (by.law_class, classes, "class"),
        (by.partner, set(content["recipients"]), "partner"),
    )
    for given, known, name in asked:
        if given and given not in known:
            return Problem(
                "filter_unknown",
                "This record knows no %(name)s “%(given)s”. Choose one of: %(known)s.",
                {"name": name, "given": given, "known": ", ".join(sorted(known)) or "-"},
            )
    return None


def _only(found: Mapping[str, Any], codes: set[str]) -> Content:
    return {code: one for code, one in found.items() if code in codes}
