"""Records of a table as identities, and all decisions on them, so that any labelled set can be scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from duecause.engine.matching.linking import Weighed, candidate_pairs, counts_of, groups, weigh
from duecause.engine.matching.proposals import Register, worth_asking
from duecause.engine.matching.rules import Identity, Verdict, compatible
from duecause.engine.matching.surroundings import Surroundings
from duecause.engine.problems import Refused, gettext_noop

COLUMNS = (
    "first_name",
    "last_name",
    "company",
    "birth_date",
    "phone",
    "email",
    "customer_no",
    "street",
    "house_number",
    "postcode",
)
SHARED_DIGITS = 9  # of a number without its country code; shorter ones are compared whole
_NO_COLUMNS = gettext_noop(
    "%(file)s has none of the columns that matching reads. Name at least two of them: %(columns)s."
)
_NO_COLUMN = gettext_noop("%(file)s has no column “%(column)s”. It has: %(found)s.")
_BAD_DATE = gettext_noop("Row %(row)s, column birth_date: write the date as 1980-05-17.")


@dataclass(frozen=True, slots=True)
class Decision:
    """`decision`: link (a rule), same_person (through other records), suggest (for a person to decide)."""

    a: int
    b: int
    decision: str
    rule: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Over pairs of records that became one person. Intervals: Wilson, 95 %."""

    right: int
    found: int
    true: int

    def precision(self) -> tuple[float, float, float]:
        return _wilson(self.right, self.found)

    def recall(self) -> tuple[float, float, float]:
        return _wilson(self.right, self.true)


def identities_of(
    rows: Sequence[Mapping[str, str]], numbers: Sequence[int], *, file: str = ""
) -> list[Identity]:
    """Rows by column name (COLUMNS; others are not looked at) with their numbers in the file. Raises Refused:
    fewer than two known columns, a bad date."""
    known = set(COLUMNS) & {name for row in rows[:1] for name in row}
    if len(known) < 2:
        raise Refused("no_columns", _NO_COLUMNS, file=file, columns=", ".join(COLUMNS))
    return [_identity(row, number) for row, number in zip(rows, numbers, strict=True)]


def column_of(rows: Sequence[Mapping[str, str]], column: str, *, file: str = "") -> list[str]:
    """The values of one column. Raises Refused where there is none of that name."""
    if rows and column not in rows[0]:
        raise Refused("no_column", _NO_COLUMN, file=file, column=column, found=", ".join(rows[0]))
    return [row[column].strip() for row in rows]


def decide(identities: Sequence[Identity], *, with_model: bool) -> list[Decision]:
    """Links of the rules, what they join through others, then suggestions; in the order of the records."""
    among = Surroundings(dict(enumerate(identities)), complete=True, counts=counts_of(identities))
    weighed = weigh(sorted(candidate_pairs(dict(enumerate(identities)))), among)
    links = [one for one in weighed if one.evidence.verdict is Verdict.LINK]
    direct = {(one.a, one.b) for one in links}
    joined = groups(direct)
    person = {record: number for number, group in enumerate(joined) for record in group}
    implied = [
        Decision(a, b, "same_person", "", ())
        for group in joined
        for a, b in _pairs(sorted(group))
        if (a, b) not in direct
    ]
    asked = [one for one in weighed if one.evidence.verdict is Verdict.SUGGEST]
    if with_model:
        asked += _proposed(identities, among, {(one.a, one.b) for one in weighed})
    apart = [one for one in asked if person.get(one.a, -1) != person.get(one.b, -2)]
    told = [_decision(one, "link") for one in links] + implied + [_decision(one, "suggest") for one in apart]
    return sorted(told, key=lambda one: (one.decision == "suggest", one.a, one.b))


def accuracy(decisions: Sequence[Decision], truth: Sequence[str]) -> Accuracy:
    """Against `truth[record]`, equal for records of one human; records without one match nobody."""
    joined = [(one.a, one.b) for one in decisions if one.decision != "suggest"]
    humans = Counter(name for name in truth if name)
    return Accuracy(
        right=sum(bool(truth[a]) and truth[a] == truth[b] for a, b in joined),
        found=len(joined),
        true=sum(n * (n - 1) // 2 for n in humans.values()),
    )


def _proposed(
    identities: Sequence[Identity], among: Surroundings[int], known: set[tuple[int, int]]
) -> Iterator[Weighed[int]]:
    with Register() as register:
        register.add(identities)
        for a, b, probability in register.proposals():
            evidence = compatible(identities[a], identities[b], among.of(a, b))
            if (a, b) not in known and worth_asking(evidence, probability):
                yield Weighed(a, b, evidence)


def _decision(one: Weighed[int], decision: str) -> Decision:
    rule = one.evidence.rule if one.evidence.verdict is not Verdict.NONE else "alike"
    return Decision(one.a, one.b, decision, rule, one.evidence.codes)


def _pairs(members: Sequence[int]) -> Iterator[tuple[int, int]]:
    for position, b in enumerate(members):
        for a in members[:position]:
            yield a, b


def _identity(row: Mapping[str, str], number: int) -> Identity:
    value = {name: (row.get(name) or "").strip() for name in COLUMNS}
    digits = "".join(filter(str.isdigit, value["phone"]))[-SHARED_DIGITS:]
    return Identity(
        first=value["first_name"],
        last=value["last_name"],
        company=value["company"],
        birth=_day(value["birth_date"], number),
        phones=frozenset({digits} - {""}),
        emails=frozenset({value["email"].lower()} - {""}),
        customer_nos=frozenset({value["customer_no"].upper()} - {""}),
        postcode=value["postcode"],
        street=f"{value['street']} {value['house_number']}".strip(),
    )


def _day(text: str, row: int) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("bad_date", _BAD_DATE, row=row) from None


def _wilson(part: int, whole: int) -> tuple[float, float, float]:
    """Share and its bounds (Wilson 1927); (0, 0, 1) of nothing."""
    if not whole:
        return 0.0, 0.0, 1.0
    z, share = 1.96, part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return share, max(middle - half, 0.0), min(middle + half, 1.0)
