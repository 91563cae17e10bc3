"""One cell of a list to its phone numbers, under one of two policies.

"dial" fails closed: what might be somebody else's number is refused and says why. "suppression" is greedy:
a person who objected is protected under every plausible reading. What "dial" accepts, "suppression" holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import phonenumbers

from duecause.engine.phone import traps
from duecause.engine.phone.clean import clean
from duecause.engine.phone.numbers import OUR_REGIONS, PhoneNumber, e164_of, from_parsed
from duecause.engine.phone.plain import read_plain
from duecause.engine.phone.traps import problem
from duecause.engine.problems import Problem, Refused, gettext_noop

Policy = Literal["dial", "suppression"]

_LONGEST = 300
_PLAIN = re.compile(r"\+?[(\[]?\d[\d ().\-/\[\]]*(?:[ /]\+\d[\d ().\-/\[\]]*)?")
_RUN = re.compile(r"\+?\(?\d[\d ().\-/]{5,}\d")
_MOBILE = ("mobile", "fixed_line_or_mobile")
_ANY_LENGTH = ("DE", "LU", "IT")  # plans that take almost any digits as a fixed line
_SHORTEST_NUMBER = 6
_MOST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class CellNumbers:
    """The numbers of a cell in reading order, each once, and what was odd about it.

    An empty cell has neither. `phone_two_numbers` is a note, not an error.
    """

    numbers: tuple[PhoneNumber, ...]
    problems: tuple[Problem, ...]


_EMPTY = CellNumbers((), ())


def read_cell(text: str, *, region: str, policy: Policy) -> CellNumbers:
    """Read `text` as written in a list from `region` (ISO 3166-1 alpha-2, from the contract of the source).

    A number without country code is read in `region` and nowhere else. Problems carry a shape, never the
    value; row and column are put in by `located()`. Raises Refused for a country without numbering plan.
    """
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise Refused(
            "unknown_country",
            gettext_noop("%(country)s is no country with a numbering plan. Give its two letters, as in BE."),
            country=region or "?",
        )
    plain = read_plain(text, region)
    if plain is not None:
        return CellNumbers((plain,), ())
    text = clean(text)
    if not text:
        return _EMPTY
    if policy == "dial":
        return _dial(text, region)
    return _suppress(text, region)


def _dial(text: str, region: str) -> CellNumbers:
    if len(text) > _LONGEST:
        return CellNumbers((), (problem("phone_letters", text),))
    parts = traps.list_parts(text) or [text]
    numbers: dict[int, PhoneNumber] = {}
    problems: list[Problem] = []
    for part in parts:
        found = _read_part(part, region)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            numbers.update((number.e164, number) for number in found)
    if len(numbers) > 1:
        problems.insert(0, problem("phone_two_numbers", text))
    return CellNumbers(tuple(numbers.values()), tuple(problems))


def _read_part(part: str, region: str) -> list[PhoneNumber] | Problem:
    """One entry of the list: every trap first, then the numbering plan."""
    if not _PLAIN.fullmatch(part):
        if traps.is_placeholder(part):
            return problem("phone_placeholder", part)
        digits = traps.scientific(part)
        if digits is not None:
            return _single(digits, region, part) if digits else problem("phone_scientific", part)
        if traps.decimal(part):
            return problem("phone_decimal", part)
        bare = traps.without_label(part)
        if bare is None:
            return problem("phone_letters", part)
        if traps.without_extension(bare) is not None:
            return problem("phone_extension", part)
        if not _PLAIN.fullmatch(bare):
            return problem("phone_letters" if any(map(str.isalpha, bare)) else "phone_invalid", part)
        part = bare
    if traps.is_placeholder(part):
        return problem("phone_placeholder", part)
    if ("." in part) and traps.decimal(part):
        return problem("phone_decimal", part)
    if traps.short_tail(part):
        return problem("phone_one_or_two", part)
    if traps.before_brackets(part) is not None:
        return problem("phone_letters", part)
    places = traps.breaks(part)
    return _one_or_two(part, places, region) if places else _single(part, region, part)


def _one_or_two(part: str, places: list[int], region: str) -> list[PhoneNumber] | Problem:
    """Digits long enough for two numbers. Two readings that both hold are none."""
    if traps.digits_in(part) > _MOST_DIGITS:
        return problem("phone_one_or_two", part)
    whole = _valid(part, region)
    splits = list(islice(_splits(part, places, region), 2))
    if whole is None and len(splits) == 1:
        return splits[0]
    if whole is not None and not splits:
        return [whole]
    return problem("phone_one_or_two" if splits else "phone_invalid", part)


def _splits(part: str, places: list[int], region: str) -> Iterator[list[PhoneNumber]]:
    for place in places:
        head = _valid(part[:place], region)
        if head is None:
            continue
        tail = part[place:].strip(" /-.")
        number = _valid(tail, region)
        if number is not None:
            yield [head, number]
        for rest in _splits(tail, traps.breaks(tail), region):
            yield [head, *rest]


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _valid(text: str, region: str | None) -> PhoneNumber | None:
    parsed = _parsed(text, region)
    return from_parsed(parsed) if parsed is not None else None


def _elsewhere(text: str) -> PhoneNumber | None:
    """The number these digits would be with a plus in front, in one of our countries."""
    digits = "".join(filter(str.isdigit, text))
    if text[:1] in ("+", "0") or digits[:1] == "0" or len(digits) < 9:
        return None
    number = _valid("+" + digits, None)
    return number if number is not None and number.region in OUR_REGIONS else None


def _single(text: str, region: str, written: str) -> list[PhoneNumber] | Problem:
    number = _valid(text, region)
    if number is None:
        return _why_not(text, region, written)
    if number.kind not in _MOBILE and text[0] not in "+0":
        # German, Italian and Luxembourg plans take almost any length: 48501234567 is a valid number there,
        # but is far more often a Polish mobile whose plus was lost.
        other = _elsewhere(text)
        if other is not None and other.e164 != number.e164 and other.kind in _MOBILE:
            return problem("phone_wrong_country", written, country=region)
    return [number]


def _why_not(text: str, region: str, written: str) -> Problem:
    if traps.digits_in(text) < _SHORTEST_NUMBER:
        return problem("phone_too_short", written)
    if _fits_another_country(text, region):
        return problem("phone_wrong_country", written, country=region)
    parsed = _parsed(text, region)
    if parsed is not None:
        possible = phonenumbers.is_possible_number_with_reason(parsed)
        if possible == phonenumbers.ValidationResult.TOO_SHORT:
            return problem("phone_too_short", written)
    return problem("phone_invalid", written)


def _fits_another_country(text: str, region: str) -> bool:
    if text.startswith(("+", "00")):
        return False
    if _elsewhere(text) is not None:
        return True
    readings = (_valid(text, other) for other in OUR_REGIONS if other != region)
    return any(found and (found.kind in _MOBILE or found.region not in _ANY_LENGTH) for found in readings)


def _suppress(text: str, region: str) -> CellNumbers:
    strict = _dial(text, region)
    if not strict.problems:
        return strict
    numbers = {number.e164: number for number in strict.numbers}
    for reading in dict.fromkeys(_readings(text) if len(text) <= _LONGEST else _RUN.findall(text)):
        for number in (_valid(reading, region), _elsewhere(reading)):
            if number is not None:
                numbers.setdefault(number.e164, number)
    if not numbers and strict.problems[0].code == "phone_invalid":
        numbers.update((number.e164, number) for number in _possible(text, region))
    return CellNumbers(tuple(numbers.values()), strict.problems)


def _readings(text: str) -> Iterator[str]:
    """Every text within the cell that could be meant as a number."""
    for piece in (text, *traps.list_parts(text), *re.split(r"[\n;|&,]", text)):
        piece = traps.without_label(piece) or piece
        yield piece
        yield from _RUN.findall(piece)
        cut = traps.without_extension(piece)
        if cut is not None:
            yield cut
            yield from _RUN.findall(cut)
        parts = traps.decimal(piece)
        if parts is not None:
            yield parts[0]
            yield "".join(filter(str.isdigit, parts[0]))
            yield "".join(parts)
        tail = traps.short_tail(piece)
        if tail is not None:
            yield tail[0]
            yield tail[0][: -len(tail[1])] + tail[1]
        head = traps.before_brackets(piece)
        if head is not None:
            yield head
        for place in traps.breaks(piece, anywhere=True):
            yield piece[:place]
            yield piece[place:].strip(" /-.")


def _possible(text: str, region: str) -> Iterator[PhoneNumber]:
    """A number of right length in no plan we know: a later plan may allot it, and the objection must hold."""
    bare = traps.without_label(text)
    if bare is None or not _PLAIN.fullmatch(bare) or traps.is_placeholder(bare):
        return
    parsed = _parsed(bare, region)
    if parsed is not None and parsed.country_code and phonenumbers.is_possible_number(parsed):
        known = phonenumbers.region_code_for_country_code(parsed.country_code)
        yield PhoneNumber(e164=e164_of(parsed), region=known, kind="unknown")
