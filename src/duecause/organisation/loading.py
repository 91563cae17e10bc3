"""Read the organisation file: every problem with its line, then one refusal that lists them all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from difflib import get_close_matches
from typing import Any, TypeVar

from duecause.engine import yaml_reader
from duecause.engine.problems import Problem, Refused
from duecause.organisation.schema import Entry, Organisation

E = TypeVar("E", bound=Entry)
Known = dict[str, set[str]]

SHOWN = 20


class FileRefused(Refused):
    """The file cannot be applied; `problems` says why, line by line."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        super().__init__(
            "organisation_file",
            "%(file)s cannot be applied; nothing was changed. Problems found: %(count)s.",
            file=file,
            count=len(problems),
        )
        self.problems = tuple(problems)


def load(text: str, *, file: str) -> Organisation:
    """The organisation a file describes. Raises Refused, FileRefused. References are checked separately."""
    problems: list[Problem] = []
    organisation = _entry(Organisation, yaml_reader.read_mapping(text, file=file), problems)
    if organisation is not None:
        problems += _duplicates(organisation, file)
        problems += _passwords(organisation, file)
    if problems or organisation is None:
        raise FileRefused(file, sorted(problems, key=_line))
    return organisation


def check_references(organisation: Organisation, *, file: str, known: Known) -> None:
    """Every code an entry names must be in the file or in `known` (section → codes). Raises FileRefused."""
    existing = defaultdict(set, {section: set(codes) for section, codes in known.items()})
    for section, entry in walk(organisation):
        existing[section].add(_code(entry))
    problems = []
    for _, entry in walk(organisation):
        for spec in fields(entry):
            section = str(spec.metadata.get("refers", ""))
            for code in _referred(entry, spec) if section else ():
                if code not in existing[section]:
                    problems.append(_unknown_code(entry, spec.name, code, section, existing[section], file))
    if problems:
        raise FileRefused(file, sorted(problems, key=_line))


def walk(organisation: Organisation) -> Iterator[tuple[str, Entry]]:
    """Every entry with the name of its section."""
    yield from _inside(organisation)


def _inside(entry: Entry) -> Iterator[tuple[str, Entry]]:
    for spec in fields(entry):
        value = getattr(entry, spec.name)
        if spec.metadata.get("entries"):
            for inner in value:
                yield spec.name, inner
                yield from _inside(inner)


def _entry(kind: type[E], mapping: yaml_reader.Mapping, problems: list[Problem]) -> E | None:
    """Read one entry; what is wrong goes to `problems`, and the entry is None if anything was."""
    before = len(problems)
    specs = {spec.name: spec for spec in fields(kind) if spec.metadata}
    for name in mapping.keys():  # noqa: SIM118 - not a dict
        if name not in specs:
            problems.append(_unknown_key(mapping, name, list(specs)))
    values: dict[str, Any] = {}
    for name, spec in specs.items():
        if not mapping.has(name) and _has_default(spec):
            continue
        try:
            values[name] = _value(spec, mapping, problems)
        except Refused as refused:
            problems.append(refused.problem)
    if len(problems) > before:
        return None
    lines = {name: mapping.line_of(name) for name in mapping.keys()}  # noqa: SIM118
    return kind(line=mapping.line, lines=lines, **values)


def _value(spec: Field[Any], mapping: yaml_reader.Mapping, problems: list[Problem]) -> Any:
    if kind := spec.metadata.get("entries"):
        read = [_entry(kind, inner, problems) for inner in mapping.mappings(spec.name)]
        return tuple(entry for entry in read if entry is not None)
    return spec.metadata["read"](mapping, spec.name)


def _has_default(spec: Field[Any]) -> bool:
    return spec.default is not MISSING


def _unknown_key(mapping: yaml_reader.Mapping, name: str, known: list[str]) -> Problem:
    params: dict[str, object] = {
        "file": mapping.file,
        "line": mapping.line_of(name),
        "key": name[:60],
        "known": ", ".join(known),
    }
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return Problem(
            "unknown_key",
            "%(file)s, line %(line)s: unknown key “%(key)s”. Did you mean “%(near)s”? Known here: %(known)s.",
            {**params, "near": near[0]},
        )
    return Problem(
        "unknown_key",
        "%(file)s, line %(line)s: unknown key “%(key)s”. Known here: %(known)s. Correct or remove it.",
        params,
    )


def _unknown_code(entry: Entry, name: str, code: str, section: str, known: set[str], file: str) -> Problem:
    params: dict[str, object] = {
        "file": file,
        "line": entry.lines.get(name, entry.line),
        "key": name,
        "code": code,
        "section": section,
        "known": ", ".join(sorted(known)[:30]) or "-",
    }
    near = get_close_matches(code, sorted(known), n=1, cutoff=0.6)
    if near:
        return Problem(
            "unknown_reference",
            "%(file)s, line %(line)s: “%(key)s” names “%(code)s”, which is not among the %(section)s. Did you"
            " mean “%(near)s”? Known: %(known)s.",
            {**params, "near": near[0]},
        )
    return Problem(
        "unknown_reference",
        "%(file)s, line %(line)s: “%(key)s” names “%(code)s”, which is not among the %(section)s. Known:"
        " %(known)s.",
        params,
    )


def _referred(entry: Entry, spec: Field[Any]) -> tuple[str, ...]:
    value = getattr(entry, spec.name)
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _duplicates(organisation: Organisation, file: str) -> list[Problem]:
    first: dict[tuple[str, str], int] = {}
    problems = []
    for section, entry in walk(organisation):
        code = _code(entry)
        if not code:
            continue
        if (section, code) in first:
            problems.append(
                Problem(
                    "duplicate_code",
                    "%(file)s, line %(line)s: “%(code)s” is in line %(first)s, %(section)s, too. Keep one.",
                    {
                        "file": file,
                        "line": entry.line,
                        "section": section,
                        "code": code,
                        "first": first[section, code],
                    },
                )
            )
        first.setdefault((section, code), entry.line)
    return problems


def _code(entry: Entry) -> str:
    if hasattr(entry, "version"):
        return f"{entry.code} {entry.version} ({entry.language})"  # type: ignore[attr-defined]
    return getattr(entry, "code", "") or getattr(entry, "username", "")


def _passwords(organisation: Organisation, file: str) -> list[Problem]:
    if organisation.demonstration:
        return []
    return [
        Problem(
            "password_in_file",
            "%(file)s, line %(line)s: only a demonstration file may hold passwords. Remove it and run:"
            " duecause staff password %(username)s",
            {"file": file, "line": entry.lines["demo_password"], "username": entry.username},
        )
        for entry in organisation.employees
        if entry.demo_password
    ]


def _line(problem: Problem) -> int:
    line = problem.params.get("line", 0)
    return line if isinstance(line, int) else 0
