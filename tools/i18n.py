"""The message catalogues: extract, merge, compile, check, and a pseudo-language that shows hard-coded text.

Catalogues lie in src/duecause/locale/<language>/LC_MESSAGES/django.po, sorted by message and without
positions or dates, so that a merge conflict is always about a text. Compiled files are never committed.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "src" / "duecause" / "locale"
SOURCE = "en"
COMPLETE = ("nl", "fr", "pl", "sv", "de")
LANGUAGES = (SOURCE, *COMPLETE)
TWO_FORMS = "nplurals=2; plural=(n != 1);"
PLURALS = {
    "en": TWO_FORMS,
    "nl": TWO_FORMS,
    "sv": TWO_FORMS,
    "de": TWO_FORMS,
    "eo": TWO_FORMS,
    "fr": "nplurals=2; plural=(n > 1);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
}
KEPT = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?[^>]+>|&\w+;")


def catalogue_path(language: str, locale: Path = LOCALE) -> Path:
    return locale / language / "LC_MESSAGES" / "django.po"


def extract() -> polib.POFile:
    """Every message of the code and the templates. Needs xgettext (Debian: gettext)."""
    import polib
    from django.core.management import call_command
    from django.core.management.commands import makemessages

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duecause.settings")
    from django.conf import settings

    class Extract(makemessages.Command):
        # The templates of Problem and Refused are messages wherever they are written; `lazy` is gettext_lazy.
        xgettext_options = [
            *makemessages.Command.xgettext_options,
            "--keyword=lazy",
            "--keyword=Refused:2",
            "--keyword=Problem:2",
        ]

    with tempfile.TemporaryDirectory() as scratch, chdir(ROOT / "src"):
        settings.LOCALE_PATHS = [scratch]
        call_command(
            Extract(),
            locale=[SOURCE],
            ignore_patterns=["duecause/locale", "*/static/*"],
            no_location=True,
            no_obsolete=True,
            verbosity=0,
        )
        return polib.pofile(str(catalogue_path(SOURCE, Path(scratch))))


def merge(language: str, template: polib.POFile, locale: Path = LOCALE) -> None:
    """Bring one catalogue up to the template; translations of messages that are gone go too."""
    import polib

    path = catalogue_path(language, locale)
    catalogue = polib.pofile(str(path)) if path.exists() else polib.POFile()
    catalogue.merge(template)
    entries = sorted(
        (entry for entry in catalogue if not entry.obsolete),
        key=lambda entry: (entry.msgid, entry.msgctxt or ""),
    )
    merged = polib.POFile(wrapwidth=100)
    merged.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "MIME-Version": "1.0",
        "Plural-Forms": PLURALS[language],
    }
    forms = plural_count(PLURALS[language])
    for entry in entries:
        if entry.msgid_plural:
            entry.msgstr_plural = {form: entry.msgstr_plural.get(form, "") for form in range(forms)}
        merged.append(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"{merged}\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def plural_count(rule: str) -> int:
    found = re.search(r"nplurals=(\d)", rule)
    return int(found.group(1)) if found else 0


def compile_catalogue(path: Path) -> None:
    from babel.messages import mofile, pofile

    with path.open("rb") as source, path.with_suffix(".mo").open("wb") as target:
        mofile.write_mo(target, pofile.read_po(source))


def compile_all(locale: Path = LOCALE) -> None:
    for path in sorted(locale.glob("*/LC_MESSAGES/django.po")):
        compile_catalogue(path)


def faults(catalogue: polib.POFile, language: str) -> Iterator[tuple[str, str]]:
    """(what is wrong, message) for every entry of a language that must be complete."""
    forms = plural_count(catalogue.metadata.get("Plural-Forms", ""))
    if forms != plural_count(PLURALS[language]):
        yield "wrong number of plural forms in the header", ""
    for entry in catalogue:
        if entry.obsolete:
            yield "obsolete", entry.msgid
        elif entry.fuzzy:
            yield "fuzzy", entry.msgid
        elif entry.msgid_plural:
            yield from _plural_faults(entry, forms)
        elif not entry.msgstr:
            yield "missing", entry.msgid
        elif set(KEPT.findall(entry.msgstr)) != set(KEPT.findall(entry.msgid)):
            yield "placeholders or markup differ", entry.msgid


def _plural_faults(entry: polib.POEntry, forms: int) -> Iterator[tuple[str, str]]:
    texts = list(entry.msgstr_plural.values())
    if len(texts) != forms or not all(texts):
        yield f"{sum(map(bool, texts))} of {forms} plural forms", entry.msgid
        return
    allowed = set(KEPT.findall(entry.msgid)) | set(KEPT.findall(entry.msgid_plural))
    # A form for exactly one may leave the number out; no form may bring something new.
    if any(set(KEPT.findall(text)) - allowed for text in texts):
        yield "placeholders or markup differ", entry.msgid


def identities(catalogue: polib.POFile) -> set[tuple[str, str]]:
    return {(entry.msgctxt or "", entry.msgid) for entry in catalogue if not entry.obsolete}


def check(template: polib.POFile, locale: Path = LOCALE) -> list[str]:
    """Every reason why the catalogues may not be shipped, one line each; prints the state per language."""
    import polib

    problems: dict[str, list[str]] = {}
    wanted = identities(template)
    for language in LANGUAGES:
        path = catalogue_path(language, locale)
        if not path.exists():
            problems.setdefault("no catalogue, run ./dev i18n", []).append(language)
            continue
        catalogue = polib.pofile(str(path))
        have = identities(catalogue)
        found = [f"stale, not in the catalogue (run ./dev i18n): {text!r}" for _, text in wanted - have]
        found += [f"stale, no longer in the code (run ./dev i18n): {text!r}" for _, text in have - wanted]
        if language in COMPLETE:
            found += [f"{what}: {text!r}" for what, text in faults(catalogue, language)]
        for problem in found:
            problems.setdefault(problem, []).append(language)
        if language != SOURCE:
            print(f"{language}: {len(catalogue.translated_entries())} of {len(have)} messages translated")
    return [f"{', '.join(languages)}: {problem}" for problem, languages in sorted(problems.items())]


def pseudo_text(text: str) -> str:
    """Accented, a third longer and in brackets: what appears without ⟦ on a page is hard-coded."""
    accents = str.maketrans("aeiouAEIOUcnsyz", "áéíóúÁÉÍÓÚçñšýž")
    parts = re.split(f"({KEPT.pattern})", text)
    body = "".join(part if KEPT.fullmatch(part) else part.translate(accents) for part in parts)
    newline = "\n" if body.endswith("\n") else ""
    return f"⟦{body.removesuffix(newline)}{'~' * max(1, len(text) // 3)}⟧{newline}"


def write_pseudo(locale: Path, template: polib.POFile) -> None:
    """Write the compiled pseudo-language `eo` below `locale`, a folder to put in LOCALE_PATHS of a test."""
    for entry in template:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: pseudo_text(entry.msgid), 1: pseudo_text(entry.msgid_plural)}
        else:
            entry.msgstr = pseudo_text(entry.msgid)
    template.metadata |= {"Language": "eo", "Plural-Forms": PLURALS["eo"]}
    template.metadata.pop("PO-Revision-Date", None)
    path = catalogue_path("eo", locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    template.save(str(path))
    compile_catalogue(path)


def source_catalogue() -> polib.POFile:
    """The committed English catalogue: the template for tests that must not need xgettext."""
    import polib

    return polib.pofile(str(catalogue_path(SOURCE)))


def main(arguments: list[str]) -> int:
    if arguments == ["compile"]:
        compile_all()
        return 0
    if arguments[:1] == ["pseudo"] and len(arguments) == 2:
        write_pseudo(Path(arguments[1]), source_catalogue())
        return 0
    if arguments not in ([], ["--check"]):
        print("usage: ./dev i18n [--check | compile | pseudo FOLDER]", file=sys.stderr)
        return 2
    template = extract()
    if not arguments:
        for language in LANGUAGES:
            merge(language, template)
        compile_all()
    problems = check(template)
    for line in problems:
        print(line)
    print(f"catalogues: {len(problems)} problems" if problems else "catalogues: complete")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
