"""What a list is made of, opened once: the imported rows of sources, or a file that was handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from duecause.apps.dialling.candidates import Candidates, from_list, from_sources, imports_of
from duecause.apps.dialling.lists import OpenedList, open_list
from duecause.apps.dialling.models import Campaign
from duecause.apps.register.models import ImportBatch, ImportRow
from duecause.engine.problems import Refused


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list handed in as a file. `country` reads numbers without a country code; empty: the campaign's own,
    if it has one. `columns` maps a column to a phone field where its header says nothing."""

    data: bytes
    name: str
    country: str = ""
    sheet: str | None = None
    columns: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Given:
    """Either `sources` (codes) with their `imports`, or a `file`."""

    campaign: Campaign
    on: date
    sources: Sequence[str] = ()
    imports: Sequence[ImportBatch] = ()
    file: ListFile | None = None

    @cached_property
    def opened(self) -> OpenedList:
        """Of the file. Raises Refused where it cannot be read."""
        if self.file is None:
            raise ValueError("rows of sources are in no file")
        file = self.file
        return open_list(file.data, name=file.name, sheet=file.sheet, columns=file.columns)

    @cached_property
    def country(self) -> str:
        """In which the numbers of the file are written."""
        return country_of(self.campaign, self.file) if self.file else ""

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.file.data).hexdigest() if self.file else ""

    @cached_property
    def rows(self) -> int:
        """Of sources at most so many: rows that a newer file holds again are left out."""
        if self.file:
            return self.opened.rows
        return ImportRow.objects.filter(batch__in=[batch.pk for batch in self.imports]).count()

    @property
    def origin(self) -> dict[str, Any]:
        """Where the rows come from, for the list's own record."""
        if self.file is None:
            return {"sources": sorted(self.sources)}
        return {"file": self.file.name, "sha256": self.sha256}

    def candidates(self, told: Callable[[int], None] | None = None) -> Candidates:
        """All rows, in memory; `told` hears how many of a file are read."""
        if self.file is None:
            return from_sources(self.sources, campaign=self.campaign, on=self.on)
        listed = self.opened.listed(self.country, told=told)
        return from_list(
            listed, campaign=self.campaign, file_name=self.file.name, origin=self.origin, on=self.on
        )


def given(campaign: Campaign, sources: Sequence[str], file: ListFile | None, on: date) -> Given:
    """Raises Refused for what cannot be read, for unknown sources, and unless it is one of the two."""
    if bool(sources) == (file is not None):
        raise Refused("candidates_needed", "Name the sources to take rows from, or hand in one list.")
    found = Given(campaign, on, sources, () if file else imports_of(sources, campaign), file)
    if file:
        _ = found.country, found.opened
    return found


def country_of(campaign: Campaign, file: ListFile) -> str:
    """The country that numbers without a country code are read in. Raises Refused where it must be said."""
    country = file.country or (campaign.countries[0] if len(campaign.countries) == 1 else "")
    if not country:
        raise Refused(
            "country_needed",
            "The campaign calls in %(countries)s. Say in which country the numbers of %(file)s are written.",
            countries=", ".join(campaign.countries),
            file=file.name,
        )
    return country
