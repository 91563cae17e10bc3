"""Names in one spelling, and how near two spellings are.

Folding is for comparing only; what a person is called stays as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# å, ä, ö and ü where the keyboard lacks them.
_DOUBLED = (("aa", "a"), ("ae", "a"), ("oe", "o"), ("ue", "u"))
_GENDERED = re.compile(r"(?:s|c|dz)k[iay]$")
_WORD = re.compile(r"[a-z]+")
_SPECIAL = re.compile(r"[\U0001F000-\U0010FFFF]")  # pictures, which anyascii would spell out as words
_PARTICLES = _set(
    "van de den der het t ter ten te von zu zum zur vom le la les du des di da del della af av d l"
)
_SUFFIXES = {
    "jr": "junior", "junior": "junior", "jun": "junior", "fils": "junior", "zn": "junior", "ml": "junior",
    "sr": "senior", "senior": "senior", "sen": "senior", "pere": "senior", "st": "senior",
    "ii": "second", "iii": "third", "iv": "fourth",
}  # fmt: skip
_TITLES = _set("dhr mevr mw mr mrs ms dr ir ing prof mme mlle monsieur madame herr frau pan pani sir")
_LEGAL_FORMS = _set(
    "bv bvba nv sa sas sarl srl sprl cv cvba vof vzw asbl gmbh ag kg ohg ug eg spzoo sp zoo z oo ab hb ltd"
    " limited plc inc llc eurl sasu snc commv"
)


def words(text: str) -> list[str]:
    """Lower-case words in Latin letters without marks, digits or punctuation; an apostrophe separates."""
    if not text.isascii():
        # NFKD first: anyascii writes an ä as a, and Ä in two code points as well.
        text = anyascii(unicodedata.normalize("NFKD", _SPECIAL.sub("", text)))
    return _WORD.findall(text.lower())


def _undoubled(word: str) -> str:
    for written, short in _DOUBLED:
        word = word.replace(written, short)
    return word


def _canonical(word: str) -> str:
    return _GENDERED.sub(lambda ending: ending.group()[:-1], _undoubled(word))


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """One spelling of a name: no marks, spaces or hyphens; aa/ae/oe/ue as a/a/o/u; -ski and -ska as -sk.

    >>> fold("Müller") == fold("Mueller"), fold("Nowicka") == fold("Nowicki")
    (True, True)
    """
    return "".join(_canonical(word) for word in words(text))


@lru_cache(maxsize=65_536)
def given(text: str) -> tuple[tuple[str, ...], str]:
    """First names, folded, without titles; and the suffix (junior, senior …) or ""."""
    kept, suffix = _without_suffix(words(text))
    while len(kept) > 1 and kept[0] in _TITLES:
        kept.pop(0)
    return tuple(_undoubled(word) for word in kept), suffix


@lru_cache(maxsize=65_536)
def family(text: str) -> tuple[str, str, frozenset[str], str]:
    """Surname folded; its core without particles; the parts of a double name; the suffix or ""."""
    parts = [_without_suffix(words(part)) for part in re.split(r"[-–/]", text)]
    suffix = next((found for _, found in parts if found), "")
    cores = [_core(kept) for kept, _ in parts if kept]
    whole = "".join(_canonical(word) for kept, _ in parts for word in kept)
    return whole, "".join(cores), frozenset(cores), suffix


def fold_surname(text: str) -> str:
    """The surname as look-ups use it: folded, without junior or senior."""
    return family(text)[0]


@lru_cache(maxsize=4_096)
def fold_company(text: str) -> str:
    """A company's name without its legal form: `Warm Huis B.V.` and `warm huis bv` are one."""
    plain = words(text.replace(".", ""))
    return "".join(_canonical(word) for word in plain if word not in _LEGAL_FORMS)


def _without_suffix(found: list[str]) -> tuple[list[str], str]:
    if len(found) > 1 and found[-1] in _SUFFIXES:
        return found[:-1], _SUFFIXES[found[-1]]
    return found, ""


def _core(found: list[str]) -> str:
    kept = list(found)
    while len(kept) > 1 and kept[0] in _PARTICLES:
        kept.pop(0)
    return "".join(_canonical(word) for word in kept)


def one_edit_apart(a: str, b: str) -> bool:
    """True if one letter added, dropped, changed or swapped with its neighbour makes `a` into `b`."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    if len(a) > len(b):
        a, b = b, a
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    rest_a, rest_b = a[start:], b[start:]
    return rest_a[1:] == rest_b[1:] or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])


def jaro_winkler(a: str, b: str) -> float:
    """Similarity from 0 to 1 (Winkler 1990: prefix of up to four letters, weight 0.1)."""
    if a == b:
        return 1.0
    if not a or not b:
        return 0.0
    if (len(a), a) > (len(b), b):
        a, b = b, a  # the order must not matter
    matched_a, matched_b = _matches(a, b)
    common = len(matched_a)
    if not common:
        return 0.0
    swaps = sum(x != y for x, y in zip(matched_a, matched_b, strict=True)) // 2
    jaro = (common / len(a) + common / len(b) + (common - swaps) / common) / 3
    prefix = next((i for i, (x, y) in enumerate(zip(a[:4], b[:4], strict=False)) if x != y), min(4, len(a)))
    return jaro + prefix * 0.1 * (1 - jaro)


def _matches(a: str, b: str) -> tuple[list[str], list[str]]:
    window = max(max(len(a), len(b)) // 2 - 1, 0)
    used = [False] * len(b)
    in_a = []
    for i, char in enumerate(a):
        for j in range(max(0, i - window), min(len(b), i + window + 1)):
            if not used[j] and b[j] == char:
                used[j] = True
                in_a.append(char)
                break
    return in_a, [char for char, hit in zip(b, used, strict=True) if hit]
