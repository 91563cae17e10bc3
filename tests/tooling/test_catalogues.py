import gettext
import os
import shutil
import subprocess
import sys

import polib
import pytest

from tools import i18n


def entry(msgid: str, msgstr: str = "", **more) -> polib.POEntry:
    return polib.POEntry(msgid=msgid, msgstr=msgstr, **more)


def catalogue(*entries: polib.POEntry, language: str = "nl") -> polib.POFile:
    made = polib.POFile()
    made.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Language": language,
        "Plural-Forms": i18n.PLURALS[language],
    }
    made.extend(entries)
    return made


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed")
def test_every_message_of_the_product_is_in_the_catalogues_and_dutch_and_french_are_complete():
    done = subprocess.run(
        [sys.executable, "-m", "tools.i18n", "--check"],
        cwd=i18n.ROOT,
        env={**os.environ, "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    ("faulty", "complaint"),
    [
        (entry("Save"), "missing"),
        (entry("Save", "Bewaar", flags=["fuzzy"]), "fuzzy"),
        (entry("Row %(row)s", "Rij %(rij)s"), "placeholders"),
        (entry("See <b>this</b>", "Zie dit"), "placeholders"),
        (
            entry("%(n)d row", msgid_plural="%(n)d rows", msgstr_plural={0: "%(n)d rij"}),
            "1 of 2 plural forms",
        ),
        (
            entry(
                "%(n)d row", msgid_plural="%(n)d rows", msgstr_plural={0: "een rij", 1: "%(aantal)d rijen"}
            ),
            "placeholders",
        ),
    ],
)
def test_a_faulty_translation_is_found(faulty, complaint):
    found = [what for what, _ in i18n.faults(catalogue(faulty), "nl")]
    assert len(found) == 1 and complaint in found[0]


def test_a_singular_form_may_leave_the_number_out():
    good = entry("%(n)d row", msgid_plural="%(n)d rows", msgstr_plural={0: "een rij", 1: "%(n)d rijen"})
    assert list(i18n.faults(catalogue(good), "nl")) == []


def test_merging_keeps_translations_drops_what_is_gone_and_makes_room_for_every_plural_form(tmp_path):
    path = i18n.catalogue_path("pl", tmp_path)
    path.parent.mkdir(parents=True)
    catalogue(entry("Save", "Zapisz"), entry("Gone", "Nie ma"), language="pl").save(str(path))
    template = catalogue(entry("Save"), entry("%(n)d row", msgid_plural="%(n)d rows"))
    i18n.merge("pl", template, tmp_path)
    first = path.read_text()
    merged = {entry.msgid: entry for entry in polib.pofile(str(path))}
    assert set(merged) == {"Save", "%(n)d row"}
    assert merged["Save"].msgstr == "Zapisz"
    assert sorted(merged["%(n)d row"].msgstr_plural) == [0, 1, 2]
    i18n.merge("pl", template, tmp_path)
    assert path.read_text() == first


def test_the_pseudo_language_marks_every_text_and_keeps_its_places(tmp_path):
    i18n.write_pseudo(tmp_path, catalogue(entry("Row %(row)s <b>bad</b>")))
    with i18n.catalogue_path("eo", tmp_path).with_suffix(".mo").open("rb") as compiled:
        shown = gettext.GNUTranslations(compiled).gettext("Row %(row)s <b>bad</b>")
    assert shown.startswith("⟦") and shown.endswith("⟧")
    assert "%(row)s" in shown and "<b>" in shown and "</b>" in shown
    assert len(shown) > len("Row %(row)s <b>bad</b>") * 4 / 3
