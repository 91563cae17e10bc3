"""Read the file of a national register: one number and its date per line. Whatever makes a file doubtful
refuses it as a whole, because a number that got lost in it is a person who will be called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from duecause.engine.phone import read_cell
from duecause.engine.problems import Refused, gettext_noop

# Countries in which a national number is written with a 0 that falls away behind the calling code.
TRUNK_ZERO = frozenset({"BE", "NL", "FR", "SE", "DE", "GB"})
_INTERNATIONAL = r"^(?:\+|00)[1-9]\d{6,14}$"
_NATIONAL = r"^0[1-9]\d{6,10}$"
_BEHIND_FIRST = r"^\s*([^;,\t ]*)[;,\t ].*$"
_SEPARATOR = re.compile(r"[;,\t ]+")
_COUNT = re.compile(
    r"(?:#+|total|count|records?|rows|lines|aantal|nombre|eof)[\s:;=#]*(\d+)\W*", re.IGNORECASE
)
_WRITTEN = "[./()\u00a0-]"


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """`numbers`: E.164 integers, sorted, each once. `malformed`: lines in which no number could be read."""

    numbers: npt.NDArray[np.int64]
    lines: int
    malformed: int
    sha256: str


def read_register(
    data: bytes, *, name: str, country: str, malformed_per_thousand: int, foreign_per_thousand: int = 1_000
) -> RegisterFile:
    """Read a whole file. Raises Refused for an empty, half-written, damaged or wrongly encoded one, and for
    one of another country, or of several mixed.

    A line holds the number, in international form or as `country` writes it, then optionally its date, apart
    by blank, tab, semicolon or comma. A heading and a closing line with the number of lines are understood.
    """
    lines = _lines(data, name)
    expected = _closing_count(lines)
    if lines and not any(char.isdigit() for char in lines[0]):
        lines.pop(0)
    numbers, malformed = _read(lines, country)
    if not len(numbers):
        raise Refused(
            "register_empty",
            gettext_noop("%(file)s holds no number. Fetch the register file again."),
            file=name,
        )
    if expected is not None and expected != len(lines):
        raise Refused(
            "register_half_written",
            gettext_noop(
                "%(file)s says it has %(expected)s numbers and holds %(found)s. It was cut off or put "
                "together wrongly: fetch it again."
            ),
            file=name,
            expected=expected,
            found=len(lines),
        )
    if malformed * 1000 > malformed_per_thousand * len(lines):
        raise Refused(
            "register_malformed",
            gettext_noop(
                "%(file)s: %(malformed)s of %(lines)s lines hold no number that can be read. Check that it "
                "is the register file, whole and in its original form."
            ),
            file=name,
            malformed=malformed,
            lines=len(lines),
        )
    _refuse_other_countries(numbers, name, country, foreign_per_thousand)
    numbers.sort()  # a quarter of the time of np.unique, which hashes
    unique = numbers[np.diff(numbers, prepend=-1) > 0]
    return RegisterFile(unique, len(lines), malformed, hashlib.sha256(data).hexdigest())


def _refuse_other_countries(
    numbers: npt.NDArray[np.int64], name: str, country: str, per_thousand: int
) -> None:
    """A number of another country is listed like any other; many of them are another register, or several."""
    code = str(_calling_code(country))
    foreign = len(numbers) - pc.sum(pc.starts_with(pa.array(numbers).cast(pa.string()), code)).as_py()
    if foreign * 1000 > per_thousand * len(numbers):
        raise Refused(
            "register_mixed_countries",
            gettext_noop(
                "%(file)s: %(foreign)s of %(numbers)s numbers belong to other countries than %(country)s. "
                "Load each country's register from a file of its own."
            ),
            file=name,
            foreign=foreign,
            numbers=len(numbers),
            country=country,
        )


def _lines(data: bytes, name: str) -> list[str]:
    if not data.strip():
        raise Refused(
            "register_empty", gettext_noop("%(file)s is empty. Fetch the register file again."), file=name
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Refused(
            "register_encoding",
            gettext_noop(
                "%(file)s is no plain text in UTF-8 or ASCII. Use the register file as it was published."
            ),
            file=name,
        )
    if not text.endswith(("\n", "\r")):
        raise Refused(
            "register_half_written",
            gettext_noop(
                "%(file)s ends in the middle of a line: it was not written to its end. Fetch it again."
            ),
            file=name,
        )
    return [line for line in text.splitlines() if line.strip()]


def _closing_count(lines: list[str]) -> int | None:
    """Take the closing line off, if there is one, and return what it says."""
    match = _COUNT.fullmatch(lines[-1].strip())
    if match is None:
        return None
    lines.pop()
    return int(match[1])


def _read(lines: list[str], country: str) -> tuple[npt.NDArray[np.int64], int]:
    """Every number of the lines, and in how many there is none. A line that holds a number in one of the two
    plain ways is read with all of its kind at once; the others one by one."""
    array = pa.array(lines, pa.string())
    first = pc.utf8_trim(pc.replace_substring_regex(array, _BEHIND_FIRST, r"\1"), characters="\"'")
    plain = pc.replace_substring_regex(pc.ascii_trim_whitespace(first), _WRITTEN, "")
    international = pc.match_substring_regex(plain, _INTERNATIONAL)
    digits = pc.replace_substring_regex(plain.filter(international), r"^(\+|00)", "")
    found = [_integers(digits)]
    left = pc.invert(international)
    if country in TRUNK_ZERO:
        national = pc.match_substring_regex(plain, _NATIONAL)
        code = pa.scalar(str(_calling_code(country)))
        behind = pc.utf8_slice_codeunits(plain.filter(national), 1)
        found.append(_integers(pc.binary_join_element_wise(code, behind, "")))
        left = pc.and_(left, pc.invert(national))
    odd = [list(_numbers(line, country)) for line in array.filter(left).to_pylist()]
    found.append(np.array([number for numbers in odd for number in numbers], dtype=np.int64))
    return np.concatenate(found), sum(not numbers for numbers in odd)


def _integers(digits: pa.Array) -> npt.NDArray[np.int64]:
    values: npt.NDArray[np.int64] = digits.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return values


def _numbers(line: str, country: str) -> Iterator[int]:
    """Every number that a line can mean which is written in neither of the plain ways: who is listed under
    any reading must not be called."""
    cell = _SEPARATOR.split(line.strip(), maxsplit=1)[0].strip("\"'")
    spaced = re.split(r"[;,\t]", line.strip(), maxsplit=1)[0]
    for text in dict.fromkeys((cell, spaced)):
        found = read_cell(text, region=country, policy="suppression").numbers
        yield from (number.e164 for number in found)
        if found:
            return


def _calling_code(country: str) -> int:
    return phonenumbers.country_code_for_region(country)
