"""The words policies are written in: profiles, groups of data, actions, purposes, links and functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import yaml

from duecause.engine.problems import Refused, gettext_noop

CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?\Z")
PLAIN_SECTIONS = (
    "profiles",
    "groups",
    "families",
    "purposes",
    "statuses",
    "relations",
    "workplaces",
    "functions",
)
SECTIONS = (*PLAIN_SECTIONS, "actions", "links")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`families` are the Cedar action groups it belongs to; `groups` the groups of data it may concern."""

    families: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Codes in their written order; `labels[section][code]` is English, marked in the labels module."""

    profiles: tuple[str, ...]
    groups: tuple[str, ...]
    families: tuple[str, ...]
    actions: Mapping[str, Action]
    purposes: tuple[str, ...]
    links: tuple[str, ...]
    statuses: tuple[str, ...]
    relations: tuple[str, ...]
    workplaces: tuple[str, ...]
    functions: tuple[str, ...]
    usual_purpose: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]]

    @classmethod
    def from_text(cls, text: str) -> Vocabulary:
        """Read the vocabulary file. Raises Refused that names the section and code."""
        sections = _sections(text)
        plain = {name: _labels(name, sections[name]) for name in PLAIN_SECTIONS}
        groups = tuple(plain["groups"])
        actions: dict[str, Action] = {}
        usual: dict[str, str] = {}
        action_labels: dict[str, str] = {}
        link_labels: dict[str, str] = {}
        for code, entry in _entries("actions", sections["actions"], {"label", "families"}, {"groups"}):
            action_labels[code] = entry["label"]
            actions[code] = Action(
                families=_codes("actions", code, entry["families"], "families", plain["families"]),
                groups=_codes("actions", code, entry.get("groups", list(groups)), "groups", plain["groups"]),
            )
        for code, entry in _entries("links", sections["links"], {"label", "purpose"}, set()):
            link_labels[code] = entry["label"]
            usual[code] = _codes("links", code, [entry["purpose"]], "purposes", plain["purposes"])[0]
        return cls(
            profiles=tuple(plain["profiles"]),
            groups=groups,
            families=tuple(plain["families"]),
            actions=MappingProxyType(actions),
            purposes=tuple(plain["purposes"]),
            links=tuple(link_labels),
            statuses=tuple(plain["statuses"]),
            relations=tuple(plain["relations"]),
            workplaces=tuple(plain["workplaces"]),
            functions=tuple(plain["functions"]),
            usual_purpose=MappingProxyType(usual),
            labels=MappingProxyType({**plain, "actions": action_labels, "links": link_labels}),
        )

    def enumerations(self) -> Mapping[str, tuple[str, ...]]:
        """The Cedar entity types that the schema must list with exactly these words."""
        return {
            "Profile": self.profiles,
            "Field": self.groups,
            "Function": self.functions,
            "Purpose": self.purposes,
            "Link": self.links,
            "Status": self.statuses,
            "Relation": self.relations,
            "Workplace": self.workplaces,
        }


def _sections(text: str) -> dict[str, object]:
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Refused(
            "policy_vocabulary_unreadable",
            gettext_noop("Vocabulary, line %(line)s: this is not YAML. Correct the line and load it again."),
            line=mark.line + 1 if mark else "?",
        ) from None
    if not isinstance(read, dict) or set(read) != set(SECTIONS):
        found = set(map(str, read)) if isinstance(read, dict) else set()
        raise Refused(
            "policy_vocabulary_sections",
            gettext_noop(
                "Vocabulary: missing sections: %(missing)s; unknown sections: %(unknown)s. "
                "Write each section once."
            ),
            missing=", ".join(sorted(set(SECTIONS) - found)) or "-",
            unknown=", ".join(sorted(found - set(SECTIONS))) or "-",
        )
    return read


def _refuse_entry(section: str, code: object, needs: str) -> Refused:
    return Refused(
        "policy_vocabulary_entry",
        gettext_noop("Vocabulary, section %(section)s, entry %(entry)s: it needs %(needs)s."),
        section=section,
        entry=str(code)[:60],
        needs=needs,
    )


def _checked(section: str, entries: object) -> dict[str, object]:
    if not isinstance(entries, dict) or not entries:
        raise _refuse_entry(section, "-", "at least one code with a label")
    for code in entries:
        if not isinstance(code, str) or not CODE.match(code):
            raise _refuse_entry(section, code, "a code of small letters, digits and _")
    return entries


def _labels(section: str, entries: object) -> dict[str, str]:
    out: dict[str, str] = {}
    for code, label in _checked(section, entries).items():
        if not isinstance(label, str) or not label:
            raise _refuse_entry(section, code, "a label")
        out[code] = label
    return out


def _entries(
    section: str, entries: object, required: set[str], optional: set[str]
) -> list[tuple[str, dict[str, Any]]]:
    out: list[tuple[str, dict[str, Any]]] = []
    for code, entry in _checked(section, entries).items():
        if not isinstance(entry, dict) or not required <= set(entry) <= required | optional:
            raise _refuse_entry(section, code, "exactly: " + ", ".join(sorted(required | optional)))
        if not isinstance(entry["label"], str) or not entry["label"]:
            raise _refuse_entry(section, code, "a label")
        out.append((code, entry))
    return out


def _codes(
    section: str, code: str, wanted: object, known_section: str, known: Mapping[str, str]
) -> tuple[str, ...]:
    if not isinstance(wanted, list) or not wanted or any(word not in known for word in wanted):
        raise _refuse_entry(section, code, f"codes that stand in section {known_section}")
    return tuple(wanted)
