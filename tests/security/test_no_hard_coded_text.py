"""Every page in a pseudo-language: what a person reads and no message catalogue knows is hard-coded.

Messages come out as ⟦ţéxt~~~⟧. What stands outside brackets must be data: values from the database, the
organisation's own words, names of law, dates and names of countries as the reader's language has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel import Locale
from django.conf import settings
from django.http import HttpResponse
from django.test import override_settings
from django.utils import translation

import duecause.packs
from duecause.apps.register.fields import PROVENANCE
from duecause.apps.staff.models import Employee
from tests.security import canary
from tests.security.calling import call
from tests.security.endpoints import PUBLIC, SIGNED_IN, endpoints, rows
from tests.security.objects import make_shared, names_of, objects_for
from tests.security.visitors import untouched, visit
from tests.support.scan import cells
from tests.support.world import World, make_world
from tools.i18n import source_catalogue, write_pseudo

PAGES = [
    name
    for name, row in rows().items()
    if "GET" in row.methods and name in endpoints() and not row.scope("GET")
]
READERS = (
    "inbound",
    "team_lead",
    "privacy_officer",
    "auditor",
    "administrator",
)  # together they see every page
PACKS = Path(duecause.packs.__file__).parent
# Not text: code, addresses, names that nobody translates.
SKIPPED = {"script", "style", "code", "pre", "kbd", "time"}
READ_OUT = ("title", "aria-label", "placeholder", "alt")
VOID = {"input", "br", "img", "meta", "link", "hr", "wbr", "col", "source", "path", "circle", "rect", "line"}
WORD = re.compile(r"[^\W\d_]{3,}")
OWN_NAMES = {
    "duecause",
    "csv",
    "json",
    "api",
    "pdf",
    "utf",
    "sha",
    "gdpr",
    "art",
    "log",
    "tlog",
    "http",
    "https",
}


class Outside(HTMLParser):
    """The texts of a page that stand in no brackets."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.depth = 0
        self.silent: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not self.silent:
            self.found += [self._outside(given[name] or "", 0)[0] for name in READ_OUT if given.get(name)]
        data = (
            tag in SKIPPED or given.get("translate") == "no" or "mono" in (given.get("class") or "").split()
        )
        if tag not in VOID and (self.silent or data):
            self.silent.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """It has no content."""

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag in self.silent:
            while self.silent.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.silent:
            text, self.depth = self._outside(data, self.depth)
            self.found.append(text)

    def _outside(self, text: str, depth: int) -> tuple[str, int]:
        kept = []
        for char in text:
            depth += char == "⟦"
            if depth == 0:
                kept.append(char)
            depth -= char == "⟧" and depth > 0
        return "".join(kept), depth


def hard_coded(page: str, known: set[str]) -> list[str]:
    """Texts with a word that is no data."""
    reader = Outside()
    reader.feed(page)
    found = []
    for text in reader.found:
        if any(word.lower() not in known for word in WORD.findall(text)):
            found.append(" ".join(text.split())[:80])
    return sorted(set(found))


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("locale")
    write_pseudo(folder, source_catalogue())
    languages = [*settings.LANGUAGES, ("eo", "Esperanto")]
    with override_settings(LOCALE_PATHS=[folder, *settings.LOCALE_PATHS], LANGUAGES=languages):
        yield
    translation.trans_real._translations.clear()


@pytest.fixture(scope="module")
def words_of_data() -> set[str]:
    """Words of the language's own data, but of no message."""
    eo = Locale("eo")
    names = [str(name) for table in (eo.territories, eo.languages) for name in table.values()]
    months = [str(name) for kind in eo.months.values() for width in kind.values() for name in width.values()]
    days = [str(name) for kind in eo.days.values() for width in kind.values() for name in width.values()]
    # Law is quoted as its source has it; other packs hold a text per language.
    packs = [path.read_text(encoding="utf-8") for path in PACKS.rglob("*.yaml")]
    own = [str(Locale(code).display_name) for code, _ in settings.LANGUAGES]
    units = [str(form) for unit in eo._data["unit_patterns"].values() for form in str(unit).split()]
    return (
        set(WORD.findall(" ".join((*names, *months, *days, *packs, *own, *units, *PROVENANCE)).lower()))
        | OWN_NAMES
    )


def data_words() -> set[str]:
    found = set()
    for _place, data in cells("default"):
        found |= set(WORD.findall(data.decode("utf-8", "ignore").lower()))
    values = " ".join(canary.VALUES.values())
    return found | set(WORD.findall(values.lower()))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_no_text_that_no_catalogue_knows(
    db: None, pseudo: None, words_of_data: set[str], name: str
) -> None:
    world: World = make_world()
    row = rows()[name]
    make_shared(world, row.takes)
    wrong: dict[str, list[str]] = {}
    read = 0
    for who in ("nobody", *READERS) if row.needs["GET"] in (PUBLIC, SIGNED_IN) else READERS:
        with untouched():
            caller = visit(world, who, function=row.needs["GET"])
            if caller.employee:
                Employee.objects.filter(pk=caller.employee.pk).update(language="eo")
            caller.client.cookies[settings.LANGUAGE_COOKIE_NAME] = "eo"
            names = names_of(objects_for(world, row.takes, caller).items())
            answer: HttpResponse = call(world, caller, row, "GET", names)
            read += answer.status_code == 200
            if "text/html" in answer.get("Content-Type", "") and answer.status_code != 403:
                page = answer.content.decode()
                for text in hard_coded(page, words_of_data | data_words()):
                    wrong.setdefault(text, []).append(who)
    if row.needs["GET"] not in (PUBLIC, SIGNED_IN):
        assert read, f"{name}: none of these readers sees the page"
    assert not wrong, f"{name}:\n" + "\n".join(f"{text!r} ({', '.join(who)})" for text, who in wrong.items())


@pytest.mark.parametrize(
    "page",
    [
        "<p>Hard coded</p>",
        "<a title='Hard coded'>⟦x⟧</a>",
        "<p>⟦x <b>y</b>⟧ Hard coded</p>",
        "<p>⟦x⟧ coded ⟦y⟧</p>",
    ],
)
def test_the_control_a_hard_coded_text_would_be_seen(page: str) -> None:
    assert hard_coded(page, set())
    assert not hard_coded(page, {"hard", "coded"})


def test_text_inside_brackets_across_tags_and_data_are_no_findings() -> None:
    page = "<p>⟦Áll <b>óf</b> ⟦ít⟧ bélongs⟧</p><p translate='no'>Mila</p><code>duecause up</code>"
    assert hard_coded(page, set()) == []
