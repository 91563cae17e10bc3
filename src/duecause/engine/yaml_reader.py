"""Strict YAML: every key is asked for by name, every refusal names file, line and remedy.

No aliases, no duplicate keys, no guessing of types: `NO` without quotes is refused where a text is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NoReturn, TypeVar

import yaml

from duecause.engine.problems import Refused, gettext_noop, shape_of

LIMIT = 2_000_000
T = TypeVar("T")


def read_mapping(text: str, *, file: str) -> Mapping:
    """The document's top mapping. Raises Refused for malformed, oversize or aliased YAML."""
    if len(text) > LIMIT:
        template = gettext_noop("%(file)s is larger than %(limit)s characters. Split it.")
        raise Refused("yaml_too_large", template, file=file, limit=LIMIT)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                template = gettext_noop("%(file)s, line %(line)s: aliases are not allowed. Write it out.")
                raise Refused("yaml_alias", template, file=file, line=_line(event))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        template = gettext_noop(
            "%(file)s, line %(line)s: not valid YAML. Check indentation and quotes there."
        )
        raise Refused("yaml_malformed", template, file=file, line=line) from None
    except (yaml.YAMLError, RecursionError):
        template = gettext_noop("%(file)s is not readable YAML: check for control characters and nesting.")
        raise Refused("yaml_malformed", template, file=file) from None
    if not isinstance(node, yaml.MappingNode):
        template = gettext_noop("%(file)s must start with keys such as “country:”.")
        raise Refused("yaml_malformed", template, file=file)
    return Mapping(node, file)


class Mapping:
    """Keys of one YAML mapping. Read each, then call `done`, which refuses what nobody asked for."""

    def __init__(self, node: yaml.MappingNode, file: str) -> None:
        self.file, self.line = file, _line(node)
        self._nodes: dict[str, yaml.Node] = {}
        self._key_lines: dict[str, int] = {}
        self._asked: set[str] = set()
        for key, value in node.value:
            name, line = str(key.value), _line(key)
            if name in self._nodes:
                template = gettext_noop("%(file)s, line %(line)s: “%(key)s” is there twice. Keep one.")
                raise Refused("yaml_duplicate_key", template, file=file, line=line, key=name)
            self._nodes[name], self._key_lines[name] = value, line

    def text(self, key: str) -> str:
        return self._scalar(
            key, "str", str, gettext_noop("a text, in quotes if it looks like something else")
        )

    def text_or_none(self, key: str) -> str | None:
        return None if self._is_null(key) else self.text(key)

    def number(self, key: str) -> int:
        return self._scalar(key, "int", int, gettext_noop("a whole number"))

    def numbers(self, key: str) -> tuple[int, ...]:
        nodes = self._items(key)
        if not all(isinstance(node, yaml.ScalarNode) and node.tag.endswith(":int") for node in nodes):
            self._wrong_type(key, gettext_noop("a list of whole numbers"))
        return tuple(int(node.value) for node in nodes)

    def flag(self, key: str) -> bool:
        return self._scalar(key, "bool", lambda v: v.lower() == "true", gettext_noop("true or false"))

    def day(self, key: str) -> date:
        return self._scalar(key, "timestamp", date.fromisoformat, gettext_noop("a date like 2026-08-11"))

    def day_or_none(self, key: str) -> date | None:
        return None if self._is_null(key) else self.day(key)

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        value = self.text(key)
        if value not in allowed:
            template = gettext_noop("%(file)s, line %(line)s: “%(key)s” must be one of %(allowed)s.")
            raise self._refusal("yaml_value", template, key, allowed=", ".join(allowed))
        return value

    def texts(self, key: str, allowed: Sequence[str] = ()) -> tuple[str, ...]:
        items = self._items(key)
        values = []
        for node in items:
            if not isinstance(node, yaml.ScalarNode) or not node.tag.endswith(":str"):
                self._wrong_type(
                    key, gettext_noop("a list of texts, in quotes if they look like something else")
                )
            values.append(str(node.value))
        if allowed and not set(values) <= set(allowed):
            template = gettext_noop("%(file)s, line %(line)s: “%(key)s” may hold only %(allowed)s.")
            raise self._refusal("yaml_value", template, key, allowed=", ".join(allowed))
        return tuple(values)

    def mapping(self, key: str) -> Mapping:
        node = self._node(key)
        if not isinstance(node, yaml.MappingNode):
            self._wrong_type(key, gettext_noop("keys with values"))
        return Mapping(node, self.file)

    def mappings(self, key: str) -> tuple[Mapping, ...]:
        nodes = self._items(key)
        entries = [node for node in nodes if isinstance(node, yaml.MappingNode)]
        if len(entries) < len(nodes):
            self._wrong_type(key, gettext_noop("a list of entries, each with its keys"))
        return tuple(Mapping(node, self.file) for node in entries)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._nodes)

    def has(self, key: str) -> bool:
        return key in self._nodes

    def given(self, key: str) -> bool:
        """Whether the key is there with a value. Asks for it."""
        self._asked.add(key)
        return key in self._nodes and not self._is_null(key)

    def holds_list(self, key: str) -> bool:
        return isinstance(self._nodes.get(key), yaml.SequenceNode)

    def holds_text(self, key: str) -> bool:
        """Whether the value is one word or number, not keys with values or a list."""
        return isinstance(self._nodes.get(key), yaml.ScalarNode)

    def line_of(self, key: str) -> int:
        return self._key_lines.get(key, self.line)

    def done(self) -> None:
        """Refuse keys that were not asked for."""
        for key in self._nodes:
            if key not in self._asked:
                template = gettext_noop(
                    "%(file)s, line %(line)s: unknown key “%(key)s”. Known here: %(known)s. "
                    "Correct or remove it."
                )
                known = ", ".join(sorted(self._asked))
                raise self._refusal("yaml_unknown_key", template, key, known=known)

    def _node(self, key: str) -> yaml.Node:
        self._asked.add(key)
        if key not in self._nodes:
            template = gettext_noop("%(file)s, line %(line)s: “%(key)s” is missing. Add it.")
            raise self._refusal("yaml_missing_key", template, key)
        return self._nodes[key]

    def _items(self, key: str) -> list[yaml.Node]:
        node = self._node(key)
        if not isinstance(node, yaml.SequenceNode):
            self._wrong_type(key, gettext_noop("a list"))
        return list(node.value)

    def _is_null(self, key: str) -> bool:
        return self._node(key).tag.endswith(":null")

    def _scalar(self, key: str, tag: str, convert: Callable[[str], T], expected: str) -> T:
        node = self._node(key)
        if isinstance(node, yaml.ScalarNode) and node.tag == f"tag:yaml.org,2002:{tag}":
            try:
                return convert(node.value)
            except ValueError:
                pass
        self._wrong_type(key, expected)

    def _wrong_type(self, key: str, expected: str) -> NoReturn:
        node = self._nodes[key]
        shape = shape_of(node.value) if isinstance(node, yaml.ScalarNode) else "…"
        template = gettext_noop(
            "%(file)s, line %(line)s: “%(key)s” looks like “%(shape)s”; it must be %(expected)s."
        )
        raise self._refusal("yaml_type", template, key, shape=shape, expected=expected)

    def _refusal(self, code: str, template: str, key: str, **params: object) -> Refused:
        return Refused(code, template, file=self.file, line=self.line_of(key), key=key, **params)


def _line(marked: yaml.Node | yaml.Event) -> int:
    return marked.start_mark.line + 1 if marked.start_mark else 1
