"""Which column is which field: by the words people write above columns, or as the user said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import yaml

from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tabular.tables import column_letter

How = Literal["given", "recognised", "follows", "refused"]
"""`follows`: a word that says too little alone, recognised by the column directly before it."""

_UNFOLDED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "°": "o"})
_COPY = re.compile(r" \(\d+\)$")
# A second column of phone numbers is one more number of the same person.
_SPARE = {"phone": "phone_other", "phone_mobile": "phone_other"}


@dataclass(frozen=True, slots=True)
class HeaderWords:
    """Folded header words to fields. `beside` tells the other field of a bare word when a column is there;
    `after` tells (other, field) of a word that means `field` only directly behind a column of `other`."""

    words: Mapping[str, str]
    beside: Mapping[str, Mapping[str, str]]
    after: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.words.values())


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """`field` is None when the column is refused: it is neither stored nor looked at. A column that somebody
    chose to refuse has `how` given."""

    index: int
    header: str
    field: str | None
    how: How


@dataclass(frozen=True, slots=True)
class ColumnMap:
    columns: tuple[MappedColumn, ...]

    @property
    def index_of(self) -> dict[str, int]:
        """Column index by field; each field has one column at most."""
        return {column.field: column.index for column in self.columns if column.field}

    @property
    def refused(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns if column.field is None)


def fold_header(text: str) -> str:
    """Letters and digits only, lower case, without diacritics: "N° de tél." → "nodetel"."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(_UNFOLDED))
    return "".join(char for char in decomposed if char.isalnum())


def load_header_words(text: str) -> HeaderWords:
    """Read the YAML of `packs/lexicons/headers.yaml`. Raises Refused when a word stands for two fields."""
    pack = yaml.safe_load(text)
    words: dict[str, str] = {}
    for code, languages in pack["fields"].items():
        _add(words, code, code, "code")
        for language, spoken in languages.items():
            for word in spoken:
                _add(words, word, code, language)
    beside: dict[str, Mapping[str, str]] = {}
    for entry in pack.get("ambiguous", ()):
        for word in entry["words"]:
            _add(words, word, entry["field"], "ambiguous")
            beside[fold_header(str(word))] = dict(entry["beside"])
    after = {
        fold_header(str(word)): (str(entry["after"]), str(entry["field"]))
        for entry in pack.get("following", ())
        for word in entry["words"]
    }
    return HeaderWords(words, beside, after)


def _add(words: dict[str, str], word: object, field: str, language: str) -> None:
    folded = fold_header(str(word))
    if words.setdefault(folded, field) != field:
        raise Refused(
            "header_word_twice",
            gettext_noop(
                "Header words: %(word)s (%(language)s) stands for %(field)s and for %(other)s. Keep it under "
                "one, or move it to the ambiguous ones."
            ),
            word=word,
            language=language,
            field=field,
            other=words[folded],
        )


def map_columns(
    header: Sequence[str],
    *,
    words: HeaderWords,
    fields: Collection[str],
    explicit: Mapping[str, str] | None = None,
) -> ColumnMap:
    """Map `header` to `fields`, the only ones that may be stored.

    `explicit` maps a column (its header, its letter as in "A", or its 1-based number) to a field, or to "" to
    refuse the column; it wins over recognition. A field has one column: of two recognised ones the first, and
    a second phone column becomes `phone_other`. Raises Refused for a column or field that does not exist.
    """
    given: dict[int, str] = {}
    for column, wanted in (explicit or {}).items():
        index = _index_of(column, header)
        if wanted and wanted not in fields:
            raise _unknown_field(wanted, fields)
        if index in given or (wanted and wanted in given.values()):
            raise Refused(
                "mapping_twice",
                gettext_noop(
                    "Column %(column)s and field %(field)s: one of them is mapped twice. "
                    "Map each column once."
                ),
                column=column,
                field=wanted or "-",
            )
        given[index] = wanted
    folded = [fold_header(_COPY.sub("", name)) for name in header]
    present = {words.words[word] for word in folded if word in words.words} | set(given.values())
    taken = {wanted for wanted in given.values() if wanted}
    columns: list[MappedColumn] = []
    for index, (name, word) in enumerate(zip(header, folded, strict=True)):
        if index in given:
            columns.append(MappedColumn(index, name, given[index] or None, "given"))
            continue
        how: How = "recognised"
        found = _recognised(word, words, present, taken, fields)
        if found is None and columns:
            how, found = "follows", _following(word, words, columns[-1].field)
            found = found if found in fields and found not in taken | present else None
        taken |= {found} if found else set()
        columns.append(MappedColumn(index, name, found, how if found else "refused"))
    return ColumnMap(tuple(columns))


def _following(word: str, words: HeaderWords, before: str | None) -> str | None:
    wanted, found = words.after.get(word, (None, None))
    return found if before is not None and before == wanted else None


def _recognised(
    word: str, words: HeaderWords, present: set[str], taken: set[str], fields: Collection[str]
) -> str | None:
    field = words.words.get(word)
    for neighbour, other in words.beside.get(word, {}).items():
        if neighbour in present:
            field = other
    if field in taken:
        field = _SPARE.get(field or "")
    return field if field in fields and field not in taken else None


def _index_of(column: str, header: Sequence[str]) -> int:
    if column in header:
        return header.index(column)
    folded = [fold_header(name) for name in header]
    if folded.count(fold_header(column)) == 1 and fold_header(column):
        return folded.index(fold_header(column))
    letters = [column_letter(index) for index in range(len(header))]
    if column.upper() in letters:
        return letters.index(column.upper())
    if column.isdecimal() and len(column) < 6 and 1 <= int(column) <= len(header):
        return int(column) - 1
    raise Refused(
        "column_unknown",
        gettext_noop("There is no column %(column)s. The columns are: %(known)s."),
        column=column[:60],
        known=", ".join(f"{letter} {name}" for letter, name in zip(letters, header, strict=True)),
    )


def _unknown_field(field: str, fields: Collection[str]) -> Refused:
    return Refused(
        "field_unknown",
        gettext_noop("There is no field %(field)s. The fields are: %(known)s."),
        field=field[:60],
        known=", ".join(sorted(fields)),
    )
