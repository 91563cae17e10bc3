"""A document as a page that stands alone, for whoever cannot or will not open a PDF."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from .blocks import Document, Facts, Heading, Paragraph, Table

KINDS = {Heading: "heading", Paragraph: "paragraph", Facts: "facts", Table: "table"}


def html(document: Document) -> bytes:
    """One file without scripts or anything to fetch; its style is inside. To be saved, not to be served as a
    page of ours, whose policy lets no inline style through."""
    blocks = []
    for block in document.blocks:
        one: dict[str, object] = {"kind": KINDS[type(block)], "block": block}
        if isinstance(block, Heading):
            one["tag"] = f"h{block.level + 1}"
        blocks.append(one)
    context = {"document": document, "blocks": blocks, "style": _style()}
    return render_to_string("web/document.html", context).encode()


@cache
def _style() -> SafeString:
    text = files(__package__).joinpath("document.css").read_text(encoding="utf-8")
    return mark_safe(f"<style>\n{text}</style>")  # noqa: S308 - our own file, nothing of a document
