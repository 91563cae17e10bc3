"""Whose word counts: the log's keys, the witnesses and how many of them (C2SP tlog-policy)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from duecause.engine.problems import gettext_noop
from duecause.engine.tlog.notes import BadSignature, Checked, Malformed, Note, Verifier, check_note

_NONE = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """Counts as one voice when at least `needed` of its members do."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """`quorum` names a witness, a group or `none`. Members stand before the groups that name them."""

    logs: tuple[Verifier, ...]
    witnesses: Mapping[str, Verifier] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = _NONE

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        return (*self.logs, *self.witnesses.values())

    def check_log(self, note: Note) -> Sequence[Checked]:
        """Signatures of known keys, the log named in the first line among them. Raises BadSignature."""
        checked = check_note(note, self.verifiers)
        origin = note.text.partition("\n")[0]
        if not any(each.verifier in self.logs and each.verifier.name == origin for each in checked):
            raise BadSignature(
                "tlog.not_the_log",
                gettext_noop("The note is not signed by the log it names. Check which log's keys you hold."),
            )
        return checked

    def check(self, note: Note) -> Sequence[Checked]:
        """As `check_log`, and the quorum of witnesses has cosigned. Raises BadSignature."""
        checked = self.check_log(note)
        if not self.has_quorum(checked):
            raise BadSignature(
                "tlog.quorum",
                gettext_noop(
                    "Too few witnesses have cosigned this checkpoint. Wait for them, or ask them why."
                ),
            )
        return checked

    def has_quorum(self, checked: Iterable[Checked]) -> bool:
        if self.quorum == _NONE:
            return True
        seen = {each.verifier for each in checked}
        heard = {name: witness in seen for name, witness in self.witnesses.items()}
        for name, group in self.groups.items():
            heard[name] = sum(heard[member] for member in group.members) >= group.needed
        return heard[self.quorum]

    @classmethod
    def of_keys(cls, verifiers: Iterable[Verifier], *, every_witness: bool = True) -> Policy:
        """A plain list of keys: with `every_witness`, each witness key in it must have cosigned."""
        listed = tuple(dict.fromkeys(verifiers))
        witnesses = {str(each): each for each in listed if each.is_witness}
        groups, quorum = {}, _NONE
        if witnesses and every_witness:
            groups, quorum = {"all": Group(len(witnesses), tuple(witnesses))}, "all"
        return cls(tuple(each for each in listed if not each.is_witness), witnesses, groups, quorum)


def parse_policy(data: bytes) -> Policy:
    """A C2SP policy file, or a plain list of verifier keys, one per line. Raises Malformed with the line."""
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        raise _malformed(1) from None
    rows = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    rows = [(number, words) for number, words in rows if not words[0].startswith("#")]
    if rows and all(len(words) == 1 for _, words in rows):
        return Policy.of_keys([_verifier(number, words[0]) for number, words in rows])
    builder = _Builder()
    for number, words in rows:
        builder.add(number, words)
    return builder.policy()


def _verifier(number: int, text: str) -> Verifier:
    try:
        return Verifier.parse(text)
    except Malformed:
        raise _malformed(number) from None


class _Builder:
    def __init__(self) -> None:
        self.logs: list[Verifier] = []
        self.witnesses: dict[str, Verifier] = {}
        self.groups: dict[str, Group] = {}
        self.taken: set[str] = set()
        self.quorum: str | None = None

    def add(self, number: int, words: list[str]) -> None:
        match words:
            case ["log", key, *rest] if len(rest) <= 1:
                verifier = _verifier(number, key)
                self._insist(not verifier.is_witness and verifier not in self.logs, number)
                self.logs.append(verifier)
            case ["witness", name, key, *rest] if len(rest) <= 1:
                verifier = _verifier(number, key)
                keys = [each.public_key for each in self.witnesses.values()]
                self._insist(self._free(name) and verifier.is_witness, number)
                self._insist(verifier.public_key not in keys, number)
                self.witnesses[name] = verifier
            case ["group", name, needed, *members] if members:
                self._add_group(number, name, needed, members)
            case ["quorum", name] if self.quorum is None:
                self._insist(name == _NONE or name in self.witnesses or name in self.groups, number)
                self.quorum = name
            case _:
                raise _malformed(number)

    def _add_group(self, number: int, name: str, needed: str, members: list[str]) -> None:
        known = all(member in self.witnesses or member in self.groups for member in members)
        distinct = len(set(members)) == len(members) and self.taken.isdisjoint(members)
        count = {"any": "1", "all": str(len(members))}.get(needed, needed)
        self._insist(self._free(name) and known and distinct, number)
        self._insist(count.isascii() and count.isdigit() and len(count) < 4, number)
        self._insist(1 <= int(count) <= len(members), number)
        self.taken.update(members)
        self.groups[name] = Group(int(count), tuple(members))

    def _free(self, name: str) -> bool:
        return name != _NONE and name not in self.witnesses and name not in self.groups

    def _insist(self, condition: bool, number: int) -> None:
        if not condition:
            raise _malformed(number)

    def policy(self) -> Policy:
        if self.quorum is None or not self.logs:
            raise Malformed(
                "tlog.policy_short", gettext_noop("The policy names no log or no quorum. Add both lines.")
            )
        return Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum)


def _malformed(number: int) -> Malformed:
    return Malformed(
        "tlog.policy",
        gettext_noop("Line %(line)s of the policy is not a log, witness, group or quorum line, nor a key."),
        line=number,
    )
