"""Pointers to what shows that a consent was given: where a recording, form or row lies, never what it says.

They are sealed in the proof compartment of the person, which outlives an erasure until its rule ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from duecause.engine.problems import Refused

USE = "consent.evidence"
RECORDING, FORM, ROW, LETTER = "recording", "form", "import_row", "letter"
KINDS = (RECORDING, FORM, ROW, LETTER)
# An identifier of another system: nothing one could write a name, a number or an address with.
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,119}")
_NUMBER = re.compile(r"(?:\+|00)?\d[\d./-]{7,}\d")


@dataclass(frozen=True, slots=True)
class Pointer:
    """`from_ms` and `to_ms` are places in a recording; `sha512` is of the file pointed at, hex.

    Raises Refused for a kind, reference or place that is none.
    """

    kind: str
    reference: str
    from_ms: int | None = None
    to_ms: int | None = None
    sha512: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Refused(
                "evidence_kind",
                "Evidence is one of %(known)s, not “%(given)s”.",
                known=", ".join(KINDS),
                given=self.kind[:20],
            )
        digits = self.reference.isdigit() or bool(_NUMBER.fullmatch(self.reference))
        if not _REFERENCE.fullmatch(self.reference) or digits:
            raise Refused(
                "evidence_reference",
                "The reference of the evidence must be the identifier of a recording, form or row: letters,"
                " digits and . _ : / # -, at most 120, and not digits alone. Point to the evidence; do not"
                " write down what it says.",
            )
        start, end = self.from_ms or 0, self.to_ms
        if start < 0 or (end is not None and end < start):
            raise Refused(
                "evidence_place",
                "A place in a recording runs from %(start)s ms to %(end)s ms; the end must come after the"
                " start.",
                start=start,
                end=end,
            )


def content(pointers: Sequence[Pointer]) -> dict[str, Any]:
    """What is sealed."""
    return {
        "pointers": [
            {name: value for name, value in asdict(each).items() if value not in (None, "")}
            for each in pointers
        ]
    }


def read(sealed: Mapping[str, Any]) -> tuple[Pointer, ...]:
    """The pointers of an opened blob."""
    return tuple(Pointer(**each) for each in sealed.get("pointers", ()))
