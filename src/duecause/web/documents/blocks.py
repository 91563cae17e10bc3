"""What a document is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duecause.web.templatetags.formats import number

Cell = str | int


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 to 3, below the title; no level is left out on the way down."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`quiet`: beside the matter, such as a note."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms and what holds for them."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows have as many cells as `columns`; the first cell names its row. Numbers are set to the right and
    written as the reader writes them."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def labelled(self) -> list[list[tuple[str, str, bool]]]:
        """Per row: column, text, whether it is a number. For a template."""
        return [
            [
                (column, cell_text(cell), isinstance(cell, int))
                for column, cell in zip(self.columns, row, strict=True)
            ]
            for row in self.rows
        ]


Block = Heading | Paragraph | Facts | Table


@dataclass(frozen=True, slots=True)
class Document:
    """`language`: of its texts, as a tag of BCP 47. `foot` stands at the bottom of every page. `wide`: pages
    lie on their side, for tables of many columns."""

    title: str
    language: str
    blocks: Sequence[Block]
    foot: str = ""
    wide: bool = False


def cell_text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else number(cell)
