"""The nouns of a data map: datasets with collections, their fields, how they refer to each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

Address = tuple[str, str]  # dataset, collection


@dataclass(frozen=True, slots=True)
class Reference:
    """`direction`: "to": the value here finds rows there; "from": the value there finds rows here; "": not
    said, then it is followed once, in the direction in which it is met first. `place` is file and line."""

    dataset: str
    collection: str
    field: str
    direction: str
    place: str


@dataclass(frozen=True, slots=True)
class Link:
    """Several fields that refer together: a composite key."""

    fields: tuple[str, ...]
    dataset: str
    collection: str
    their_fields: tuple[str, ...]
    direction: str
    place: str


@dataclass(frozen=True, slots=True)
class Duty:
    """A law that has data kept for `months` after the day in the field `since`."""

    months: int
    since: str
    law: str


@dataclass(frozen=True, slots=True)
class Handling:
    """The `duecause:` block. Empty texts: not said, the block of the level above holds.

    `about`: the field of this row that says whom this field is about. `match`: how an identity is compared.
    `strategy`: what an erasure does with the field. `shared`: disclose or withhold, what an access does with
    rows that other persons share.
    """

    retention: str = ""
    duty: Duty | None = None
    purpose: str = ""
    basis: str = ""
    source: str = ""
    recipients: tuple[str, ...] = ()
    shared: str = ""
    free_text: bool = False
    strategy: str = ""
    about: str = ""
    match: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """`path` is dotted inside a JSON column. `categories` are those of the level above where it has none."""

    path: str
    categories: tuple[str, ...]
    label: str
    identity: str
    references: tuple[Reference, ...]
    read_only: bool
    handling: Handling
    fields: tuple[Field, ...] = ()

    @property
    def column(self) -> str:
        return self.path.partition(".")[0]

    def all(self) -> Iterator[Field]:
        """This field and those inside it."""
        yield self
        for inner in self.fields:
            yield from inner.all()


@dataclass(frozen=True, slots=True)
class Collection:
    """`erase`: fields, or delete_row. `triggers` are those of the table that somebody looked at."""

    dataset: str
    name: str
    label: str
    fields: tuple[Field, ...]
    links: tuple[Link, ...]
    handling: Handling
    erase: str = "fields"
    skip: bool = False
    triggers: tuple[str, ...] = ()
    place: str = ""

    @property
    def address(self) -> Address:
        return self.dataset, self.name

    def every_field(self) -> Iterator[Field]:
        for each in self.fields:
            yield from each.all()


@dataclass(frozen=True, slots=True)
class Dataset:
    key: str
    label: str
    schema: str
    collections: tuple[Collection, ...]


@dataclass(frozen=True, slots=True)
class DataMap:
    """All datasets; `store_of` says which store holds a dataset."""

    datasets: tuple[Dataset, ...]
    store_of: dict[str, str] = field(default_factory=dict)

    def collections(self) -> Iterator[Collection]:
        for dataset in self.datasets:
            yield from dataset.collections


def within(category: str, wanted: str) -> bool:
    """Whether a category is another or lies under it, by its dotted segments: `user.device.cookie_id` does
    not lie under `user.device.cookie`."""
    return category == wanted or category.startswith(f"{wanted}.")


@lru_cache(maxsize=4096)
def any_within(categories: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return any(within(category, each) for category in categories for each in wanted)
