"""What an import did to the value of a field, told from what it noted of its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from duecause.apps.register.fields import DATES, PROVENANCE, is_phone
from duecause.apps.register.models import ImportBatch
from duecause.engine.problems import Problem, gettext_noop

FULL_NAME = "full_name"
PARTS_OF_NAME = ("first_name", "last_name")


@dataclass(frozen=True, slots=True)
class Handled:
    """One thing done to a value. `what` is a sentence to render in the reader's language; `code` says it to
    programs: column, name_split, number_normalised, country_assumed, date_read, email_normalised,
    postcode_normalised, or the code of a problem that the row had."""

    code: str
    what: Problem


TEMPLATES = {
    "column": gettext_noop("Taken from the column “%(column)s”."),
    "name_split": gettext_noop(
        "The column “%(column)s” held the whole name; it was taken apart into first and family name."
    ),
    "number_normalised": gettext_noop("Written as an international number."),
    "country_assumed": gettext_noop("Without a country code it was read as a number of %(country)s."),
    "date_read": gettext_noop("Read as a date in the order %(order)s."),
    "email_normalised": gettext_noop("Written in small letters, as one address."),
    "postcode_normalised": gettext_noop("Postcode written the way its country writes it."),
}
ORDERS = {"dmy": "dd-mm-yyyy", "mdy": "mm-dd-yyyy"}


def handled(code: str, **params: object) -> Handled:
    return Handled(code, Problem(code, TEMPLATES[code], params))


@dataclass(frozen=True, slots=True)
class Handling:
    """One sheet of one import and the problems of one row. `sheet` is empty where nothing is on record."""

    sheet: Mapping[str, Any]
    region: str
    problems: Sequence[Mapping[str, Any]]

    @classmethod
    def of_batch(
        cls,
        batch: ImportBatch | None,
        sheet: str,
        default_country: str,
        problems: Sequence[Mapping[str, Any]],
    ) -> Handling:
        """`default_country`: of the source, for imports that did not note in which country they read."""
        found: Mapping[str, Any] = {}
        if batch is not None:
            named = (each for each in batch.sheets if str(each.get("name") or "").startswith(sheet))
            found = next(named, {})
        chosen = str((batch.options.get("country") if batch else "") or default_country)
        return cls(found, str(found.get("region") or chosen), problems)

    def of(self, field: str) -> Iterator[Handled]:
        """In the order in which they were done."""
        column = self._column(field)
        if column:
            yield handled("column", column=column)
        elif field in PARTS_OF_NAME and self._column(FULL_NAME):
            column = self._column(FULL_NAME)
            yield handled("name_split", column=column)
        if is_phone(field):
            yield handled("number_normalised")
            yield handled("country_assumed", country=self.region.upper())
        elif field in DATES and self._order(field):
            yield handled("date_read", order=self._order(field))
        elif field == "email":
            yield handled("email_normalised")
        elif field == "postcode":
            yield handled("postcode_normalised")
        for problem in self.problems:
            if column and problem.get("column") == column:
                yield Handled(str(problem["code"]), _stored(problem))

    def dropped(self) -> tuple[str, ...]:
        """Titles of columns whose content was not kept."""
        columns = self.sheet.get("columns", ())
        return tuple(str(column["header"]) for column in columns if column["use"] == "refused")

    def _column(self, field: str) -> str:
        """The title of the column a field was read from; of several the first."""
        columns = self.sheet.get("columns", ())
        found = (column["header"] for column in columns if column["field"] == field and _used(column))
        return str(next(found, ""))

    def _order(self, field: str) -> str:
        return ORDERS.get(str(self.sheet.get("date_orders", {}).get(field)), "")


def _used(column: Mapping[str, Any]) -> bool:
    return column["use"] != "refused" and column["field"] not in PROVENANCE


def _stored(problem: Mapping[str, Any]) -> Problem:
    params = {**(problem.get("params") or {})}
    params |= {name: problem[name] for name in ("column", "looks") if name in problem}
    return Problem(str(problem["code"]), str(problem.get("template", problem["code"])), params)
