"""What the tests of the record share: a company with an activity, people in the register and a list handed
out; and readers of every form of the record that know nothing of how it is made."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

from django.test import Client

from duecause.apps.dialling.models import DialList, Release
from duecause.engine.ids import uuid7
from tests.support.activities import make_activity
from tests.support.world import NOW, World, make_world

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def company() -> World:
    world = make_world()
    make_activity(world)
    world.person(phone_mobile="+32470000012")
    world.person(number=32470000099)
    return world


def hand_out(world: World, rows: int = 12) -> Release:
    """A list of the campaign in the hands of the first call centre."""
    made = DialList.objects.create(
        campaign=world.campaign, centre=world.centre, on=NOW.date(), created_at=NOW, actor="system:test"
    )
    return Release.objects.create(
        dial_list=made,
        campaign=world.campaign,
        centre=world.centre,
        released_at=NOW,
        expires_at=NOW + timedelta(days=28),
        rows=rows,
        watermark=uuid7().hex,
        file_sha256="0" * 64,
        event=uuid7(),
        actor="system:test",
    )


def signed_in(world: World, profile: str = "privacy_officer") -> Client:
    client = Client()
    client.force_login(world.employee(profile))
    return client


class _Texts(HTMLParser):
    """The text of every cell and fact of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("td", "th", "dt", "dd"):
            self._depth += 1
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "dt", "dd"):
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.found[-1] += data


def texts_of_page(content: bytes) -> set[str]:
    reader = _Texts()
    reader.feed(content.decode().partition("<main")[2].partition("</main>")[0])
    return {re.sub(r"\s+", " ", text).strip() for text in reader.found} - {""}


def sheets_of(content: bytes) -> dict[str, list[list[str | float]]]:
    """A workbook as its file says it: sheet name → rows of cells."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        strings = [
            "".join(node.text or "" for node in entry.iter(f"{MAIN}t"))
            for entry in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        names = [
            one.get("name") or ""
            for one in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
        ]
        found: dict[str, list[list[str | float]]] = {}
        for number, name in enumerate(names, 1):
            sheet = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(sheet.iter(f"{MAIN}f")), "a formula"
            found[name] = [
                [
                    strings[int(cell.findtext(f"{MAIN}v") or 0)]
                    if cell.get("t") == "s"
                    else float(cell.findtext(f"{MAIN}v") or 0)
                    for cell in row
                ]
                for row in sheet.iter(f"{MAIN}row")
            ]
    return found


def attachment_of(pdf: bytes) -> bytes:
    """The embedded file of a PDF, read from its bytes."""
    found = re.search(rb"/Type/EmbeddedFile.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    assert found, "no attachment"
    head = pdf[: found.start(1)].rpartition(b"obj")[2]
    return zlib.decompress(found[1]) if b"FlateDecode" in head else found[1]
