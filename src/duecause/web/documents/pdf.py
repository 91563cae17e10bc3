"""A document as PDF: tagged (PDF/UA-1), for the archive (PDF/A-3a), its data attached for machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import typst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from .blocks import Block, Document, Facts, Heading, Paragraph, Table, cell_text

STANDARDS: list[Any] = ["ua-1", "a-3a"]
LACKING = "could not be displayed"
BOX = "\u25a1"
MISSING = gettext_noop("Characters that this typeface lacks are drawn as □. The attached file has them all.")
PUNCTUATION = frozenset("‐‑–—‘’‚“”„†‡•…‰‹›€→−≤≥")


def pdf(document: Document, *, at: datetime, data: bytes = b"", data_name: str = "") -> bytes:
    """The same document and moment give the same bytes. `data` is attached as the JSON file `data_name`
    (AFRelationship Source): what the document says, for machines. Only fonts that come with the typesetter
    are used, so that it looks the same everywhere; nothing is written to disk.

    A character that these fonts lack (a name in Chinese, say) is drawn as a box, with a sentence that says
    so: the standards forbid to leave it out unseen. The attached data and the twin have it.
    """
    given: dict[str, Any] = {
        "title": document.title,
        "language": document.language,
        "foot": document.foot,
        "wide": document.wide,
        "blocks": [_SHAPES[type(block)](block) for block in document.blocks],
    }
    try:
        return _typeset(given, at, data, data_name)
    except typst.TypstError as error:
        if LACKING not in str(error):
            raise
    given["blocks"].append(_SHAPES[Paragraph](Paragraph(_(MISSING), quiet=True)))
    return _typeset(_drawable(given), at, data, data_name)


def _typeset(given: Any, at: datetime, data: bytes, data_name: str) -> bytes:
    made = typst.compile(
        _template(),
        format="pdf",
        sys_inputs={
            "document": json.dumps(given, ensure_ascii=False),
            "name": data_name,
            "data": data.decode(),
        },
        pdf_standards=STANDARDS,
        timestamp=int(at.timestamp()),
        ignore_system_fonts=True,
    )
    assert isinstance(made, bytes)
    return made


def _drawable(given: Any) -> Any:
    """Every text of a description with a box for each character that may be lacking."""
    if isinstance(given, str):
        return "".join(char if _is_drawable(char) else BOX for char in given)
    if isinstance(given, list):
        return [_drawable(each) for each in given]
    return {name: _drawable(each) for name, each in given.items()} if isinstance(given, dict) else given


def _is_drawable(char: str) -> bool:
    """Printable characters of the scripts that the embedded fonts have."""
    return char == BOX or char.isspace() or (char.isprintable() and ord(char) < 0x590) or char in PUNCTUATION


@cache
def _template() -> bytes:
    return files(__package__).joinpath("document.typ").read_bytes()


def _table(block: Table) -> dict[str, Any]:
    numbers = [
        bool(block.rows) and all(isinstance(row[column], int) for row in block.rows)
        for column in range(len(block.columns))
    ]
    return {
        "kind": "table",
        "caption": block.caption,
        "columns": list(block.columns),
        "numbers": numbers,
        "rows": [[cell_text(cell) for cell in row] for row in block.rows],
    }


_SHAPES: Mapping[type[Block], Callable[[Any], dict[str, Any]]] = {
    Heading: lambda block: {"kind": "heading", "level": block.level, "text": block.text},
    Paragraph: lambda block: {"kind": "paragraph", "quiet": block.quiet, "text": block.text},
    Facts: lambda block: {"kind": "facts", "rows": [list(row) for row in block.rows]},
    Table: _table,
}
