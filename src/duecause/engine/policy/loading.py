"""From three texts to something that can decide, or a refusal that names the policy and the remedy."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cedarpy

from duecause.engine.policy.facts import FACT_NAMES, WORD_TYPES, Facts
from duecause.engine.policy.vocabulary import Vocabulary
from duecause.engine.problems import Refused, gettext_noop

USE = "use"
ENUMERATION = re.compile(r"entity\s+(\w+)\s+enum\s*\[([^\]]*)\]")
OPTIONAL = re.compile(r'"?(\w+)"?\s*\?\s*:')


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy as far as it can be told without facts. `attributes` are the facts it asks."""

    id: str
    effect: str
    attributes: frozenset[str]
    actions: frozenset[str]
    profiles: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What a policy set was read from."""

    policies: str
    schema: str
    vocabulary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Parsed once, used for every decision. `names` maps Cedar's running ids to the @id of each policy."""

    version: str
    texts: Texts
    vocabulary: Vocabulary
    policies: Mapping[str, Policy]
    policy_set: cedarpy.PolicySet
    schema: cedarpy.Schema
    entities: cedarpy.Entities


def load(*, policies: str, schema: str, vocabulary: str) -> Loaded:
    """Check the three texts against each other and parse them. Raises Refused; nothing is half loaded."""
    words = Vocabulary.from_text(vocabulary)
    schema_handle = _schema(schema, words)
    known = _policies(policies, words)
    _validate(policies, schema_handle)
    return Loaded(
        version=version_of(policies, schema, vocabulary),
        texts=Texts(policies=policies, schema=schema, vocabulary=vocabulary),
        vocabulary=words,
        policies=known,
        policy_set=cedarpy.PolicySet.from_str(policies),
        schema=schema_handle,
        entities=_entities(words, schema_handle),
    )


def version_of(*texts: str) -> str:
    """SHA-256 over the texts, each preceded by its length so that no two sets of texts share one."""
    digest = hashlib.sha256()
    for text in texts:
        raw = text.encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def context_of(facts: Facts) -> dict[str, Any]:
    """Cedar's context for these facts: words as members of their enumeration, the rest as Booleans."""
    return {
        name: {"__entity": {"type": WORD_TYPES[name], "id": value}} if name in WORD_TYPES else value
        for name in FACT_NAMES
        for value in (getattr(facts, name),)
    }


def _schema(text: str, words: Vocabulary) -> cedarpy.Schema:
    try:
        handle = cedarpy.Schema.from_str(text)
    except ValueError as error:
        raise Refused(
            "policy_schema_unreadable",
            gettext_noop("Schema: %(error)s. Correct it and load it again."),
            error=str(error),
        ) from None
    written = str(handle)
    if optional := OPTIONAL.search(written):
        raise Refused(
            "policy_schema_optional",
            gettext_noop(
                "Schema: attribute %(attribute)s is optional. Remove the question mark: when an optional "
                "attribute is missing, a forbid that asks for it is skipped."
            ),
            attribute=optional.group(1),
        )
    listed = {kind: set(json.loads(f"[{inside}]")) for kind, inside in ENUMERATION.findall(written)}
    for kind, codes in words.enumerations().items():
        if differing := listed.get(kind, set()) ^ set(codes):
            raise Refused(
                "policy_schema_words",
                gettext_noop(
                    "Schema and vocabulary differ in %(kind)s: %(codes)s. Write each code in both or in "
                    "neither."
                ),
                kind=kind,
                codes=", ".join(sorted(differing)),
            )
    _probe_facts(handle, words)
    return handle


def _probe_facts(schema: cedarpy.Schema, words: Vocabulary) -> None:
    """Ask one question per action, so that a fact the schema lacks is found here and not at a look-up."""
    first = {kind: codes[0] for kind, codes in words.enumerations().items()}
    context = {
        name: {"__entity": {"type": WORD_TYPES[name], "id": first[WORD_TYPES[name]]}}
        if name in WORD_TYPES
        else False
        for name in FACT_NAMES
    }
    for action in (*words.actions, USE):
        on_function = action == USE
        request = {
            "principal": {"type": "Profile", "id": words.profiles[0]},
            "action": {"type": "Action", "id": action},
            "resource": {
                "type": "Function" if on_function else "Field",
                "id": words.functions[0] if on_function else words.groups[0],
            },
            "context": {} if on_function else context,
        }
        result = cedarpy.is_authorized(request, "", "[]", schema)
        if result.diagnostics.errors:
            raise Refused(
                "policy_schema_facts",
                gettext_noop(
                    "Schema, action %(action)s: %(error)s. Give the schema the same attributes as Facts."
                ),
                action=action,
                error=result.diagnostics.errors[0],
            )


def _policies(text: str, words: Vocabulary) -> dict[str, Policy]:
    try:
        tree = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise Refused(
            "policy_unreadable",
            gettext_noop("Policies: %(error)s%(near)s. Correct it and load it again."),
            error=str(error),
            near=_near(text),
        ) from None
    if tree.get("templates"):
        raise Refused(
            "policy_template",
            gettext_noop("Policies: a slot such as ?principal is used. Name the profile instead."),
        )
    out: dict[str, Policy] = {}
    seen: set[str] = set()
    for running, body in tree["staticPolicies"].items():
        name = (body.get("annotations") or {}).get("id") or ""
        if not name:
            raise Refused(
                "policy_without_id",
                gettext_noop('Policy number %(number)s has no @id. Write @id("...") above it.'),
                number=int(running.removeprefix("policy")) + 1,
            )
        if name in seen:
            raise Refused(
                "policy_id_twice",
                gettext_noop("Policy %(policy)s stands twice. Give each policy its own @id."),
                policy=name,
            )
        seen.add(name)
        out[running] = Policy(
            id=name,
            effect=body["effect"],
            attributes=_attributes(body["conditions"]),
            actions=_actions(body["action"], words),
            profiles=_profiles(body["principal"], words),
        )
    return out


def _near(text: str) -> str:
    """The @id of the first policy that cannot be read by itself, because the parser does not name it."""
    for piece in re.split(r"(?m)^(?=@id\()", text)[1:]:
        try:
            cedarpy.PolicySet.from_str(piece)
        except ValueError:
            found = re.match(r'@id\("([^"]*)"', piece)
            return f" (policy {found.group(1)}, line {_line_of(text, found.group(1))})" if found else ""
    return ""


def _line_of(text: str, name: str) -> int:
    """The line on which the policy of this @id begins; 1 if it is not written in the usual way."""
    at = text.find(f'@id("{name}")')
    return text.count("\n", 0, max(at, 0)) + 1


def _attributes(conditions: object) -> frozenset[str]:
    """The facts a policy asks for; all of them if it takes the context in any way but `context.fact`."""
    asked: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            access = node.get(".")
            if isinstance(access, dict) and access.get("left") == {"Var": "context"}:
                asked.add(access["attr"])
                return
            if node == {"Var": "context"}:
                asked.update(FACT_NAMES)
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(conditions)
    return frozenset(asked & set(FACT_NAMES))


def _scope_ids(scope: Mapping[str, Any]) -> frozenset[str] | None:
    """Entity ids a scope names, or None if it is open or of a form not told apart here."""
    if "slot" in scope or scope["op"] not in ("==", "in"):
        return None
    entities: Iterable[Mapping[str, str]] = scope.get("entities") or [scope["entity"]]
    return frozenset(entity["id"] for entity in entities)


def _actions(scope: Mapping[str, Any], words: Vocabulary) -> frozenset[str]:
    named = _scope_ids(scope)
    if named is None:
        return frozenset((*words.actions, USE))
    members = {code for code, action in words.actions.items() if named & set(action.families)}
    return frozenset(members | named)


def _profiles(scope: Mapping[str, Any], words: Vocabulary) -> frozenset[str]:
    named = _scope_ids(scope)
    return frozenset(words.profiles) if named is None else named


def _validate(text: str, schema: cedarpy.Schema) -> None:
    result = cedarpy.validate_policies(text, schema)
    if result.validation_passed:
        return
    first = result.errors[0]
    name = result.id_annotations_by_policy_id.get(first.policy_id, first.policy_id)
    raise Refused(
        "policy_invalid",
        gettext_noop(
            "Policy %(policy)s (line %(line)s): %(error)s. Use a word of the vocabulary or a fact of the"
            " schema, and load the policies again."
        ),
        policy=name,
        line=_line_of(text, name),
        error=first.error.replace(f"`{first.policy_id}`", name),
    )


def _entities(words: Vocabulary, schema: cedarpy.Schema) -> cedarpy.Entities:
    """Actions with their families, and profiles: few, so that handing them over costs nothing."""

    def entity(kind: str, code: str, parents: Iterable[str] = ()) -> dict[str, Any]:
        return {
            "uid": {"type": kind, "id": code},
            "attrs": {},
            "parents": [{"type": "Action", "id": family} for family in parents],
        }

    document = [entity("Action", family) for family in words.families]
    document += [entity("Action", code, action.families) for code, action in words.actions.items()]
    document += [entity("Action", USE)]
    document += [entity("Profile", code) for code in words.profiles]
    try:
        return cedarpy.Entities.from_json_str(json.dumps(document), schema)
    except ValueError as error:
        raise Refused(
            "policy_schema_actions",
            gettext_noop(
                "Schema and vocabulary differ in the actions or their families: %(error)s. Write the same "
                "families in both."
            ),
            error=str(error),
        ) from None
