"""Read dataset YAML, in the syntax of fideslang 3, strictly: an unknown key is refused with file and line.

What is ours stands in a `duecause:` block of a dataset, a collection or a field; the nearest one holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from duecause.engine import yaml_reader
from duecause.engine.datamap.model import Collection, Dataset, Duty, Field, Handling, Link, Reference
from duecause.engine.problems import Refused

STRATEGIES = ("null", "tombstone", "hmac", "fake", "decade", "postcode_area", "keep")
# The names that fideslang's users know, and what they are here.
THEIRS = {
    "null_rewrite": "null",
    "string_rewrite": "tombstone",
    "hash": "hmac",
    "hmac": "hmac",
    "random_string_rewrite": "fake",
    "preserve": "keep",
}
MATCHES = ("exact", "ignore_case", "phone")
BASES = ("consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests")
CATEGORY = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
CODE = "datamap"
MAP = yaml_reader.Mapping


def read_map(text: str, *, file: str) -> tuple[Dataset, ...]:
    """The datasets of one file. Raises Refused for whatever is not known there or does not fit."""
    top = yaml_reader.read_mapping(text, file=file)
    found = tuple(_dataset(each) for each in top.mappings("dataset"))
    top.done()
    return found


def _dataset(entry: MAP) -> Dataset:
    key = entry.text("fides_key")
    meta, schema = _meta(entry), ""
    if meta:
        _texts(meta, "after")
        if meta.given("namespace"):
            namespace = meta.mapping("namespace")
            schema = namespace.text("schema") if namespace.given("schema") else ""
            for other in ("database_name", "connection_type"):
                _text(namespace, other)
            namespace.done()
        meta.done()
    handling, block = _handling(entry, Handling())
    if block:
        schema = _text(block, "schema") or schema
        block.done()
    for ignored in ("organization_fides_key", "data_qualifier"):
        _text(entry, ignored)
    _texts(entry, "tags")
    if entry.given("meta"):
        entry.mapping("meta")
    label = _label(entry, key)
    categories = _categories(entry, ())
    collections = tuple(
        _collection(each, key, categories, handling) for each in entry.mappings("collections")
    )
    entry.done()
    _twice([each.name for each in collections], entry, "collection")
    return Dataset(key, label, schema, collections)


def _collection(entry: MAP, dataset: str, above: tuple[str, ...], handling: Handling) -> Collection:
    name = entry.text("name")
    skip, erase = False, "fields"
    if meta := _meta(entry):
        for ignored in ("after", "erase_after"):
            _texts(meta, ignored)
        skip = _flag(meta, "skip_processing")
        if meta.given("masking_strategy_override"):
            override = meta.mapping("masking_strategy_override")
            erase = {"delete": "delete_row"}[override.choice("strategy", ("delete",))]
            override.done()
        meta.done()
    own, block = _handling(entry, handling)
    links: tuple[Link, ...] = ()
    triggers: tuple[str, ...] = ()
    if block:
        if block.given("erase"):
            erase = block.choice("erase", ("fields", "delete_row"))
        links = tuple(_link(each, dataset) for each in _maps(block, "links"))
        triggers = _texts(block, "triggers")
        block.done()
    label, categories = _label(entry, name), _categories(entry, above)
    fields = tuple(_field(each, "", categories, own, dataset) for each in entry.mappings("fields"))
    found = Collection(
        dataset, name, label, fields, links, own, erase, skip, triggers, f"{entry.file}, line {entry.line}"
    )
    entry.done()
    _check_names(found, entry)
    return found


def _field(entry: MAP, prefix: str, above: tuple[str, ...], handling: Handling, dataset: str) -> Field:
    name = entry.text("name")
    path = f"{prefix}{name}"
    identity, read_only, strategy = "", False, ""
    references: tuple[Reference, ...] = ()
    if meta := _meta(entry):
        identity = _text(meta, "identity")
        references = tuple(_reference(each, dataset) for each in _maps(meta, "references"))
        read_only = _flag(meta, "read_only")
        for ignored in ("primary_key", "return_all_elements"):
            _flag(meta, ignored)
        for ignored in ("data_type", "custom_request_field"):
            _text(meta, ignored)
        if meta.given("length"):
            meta.number("length")
        if meta.given("masking_strategy_override"):
            strategy = _override(meta.mapping("masking_strategy_override"))
        meta.done()
    own, block = _handling(entry, handling)
    if block:
        block.done()
    if strategy and not own.strategy:
        own = replace(own, strategy=strategy)
    _text(entry, "data_qualifier")
    label, categories = _label(entry, name), _categories(entry, above)
    inner = tuple(_field(each, f"{path}.", categories, own, dataset) for each in _maps(entry, "fields"))
    entry.done()
    return Field(path, categories, label, identity, references, read_only, own, inner)


def _override(entry: MAP) -> str:
    strategy = THEIRS[entry.choice("strategy", tuple(THEIRS))]
    if entry.given("configuration"):
        entry.mapping("configuration")
    entry.done()
    return strategy


def _reference(entry: MAP, dataset: str) -> Reference:
    """`field` may be quoted with its dataset in front, as some files have it."""
    there, path = entry.text("dataset"), entry.text("field")
    direction = entry.choice("direction", ("from", "to")) if entry.given("direction") else ""
    collection, _, name = path.partition(".")
    if not name:
        template = "%(file)s, line %(line)s: “field” must be collection.field, such as customer.id."
        raise _refused(template, entry, "field")
    entry.done()
    return Reference(there, collection, name, direction, f"{entry.file}, line {entry.line_of('field')}")


def _link(entry: MAP, dataset: str) -> Link:
    ours, theirs = entry.texts("fields"), entry.texts("their_fields")
    there = entry.text("dataset") if entry.given("dataset") else dataset
    found = Link(
        ours,
        there,
        entry.text("collection"),
        theirs,
        entry.choice("direction", ("from", "to")),
        f"{entry.file}, line {entry.line}",
    )
    entry.done()
    if len(ours) != len(theirs) or not ours:
        template = "%(file)s, line %(line)s: “fields” and “their_fields” must be as many, in the same order."
        raise _refused(template, entry, "their_fields")
    return found


def _handling(entry: MAP, above: Handling) -> tuple[Handling, MAP | None]:
    """What holds here, and the block for the keys of one level only; its `done` is the caller's."""
    # What concerns one field is not handed down.
    base = replace(above, free_text=False, strategy="", about="", match="")
    if not entry.given("duecause"):
        return base, None
    block = entry.mapping("duecause")
    retention, duty = _retention(block)
    return (
        Handling(
            retention=retention or base.retention,
            duty=duty or base.duty,
            purpose=_text(block, "purpose") or base.purpose,
            basis=(block.choice("basis", BASES) if block.given("basis") else "") or base.basis,
            source=_text(block, "source") or base.source,
            recipients=_texts(block, "recipients") or base.recipients,
            shared=block.choice("shared", ("disclose", "withhold")) if block.given("shared") else base.shared,
            free_text=_flag(block, "free_text"),
            strategy=block.choice("strategy", STRATEGIES) if block.given("strategy") else "",
            about=_text(block, "about"),
            match=block.choice("match", MATCHES) if block.given("match") else "",
        ),
        block,
    )


def _retention(block: MAP) -> tuple[str, Duty | None]:
    if not block.given("retention"):
        return "", None
    if block.holds_text("retention"):
        return block.text("retention"), None
    entry = block.mapping("retention")
    months, since = entry.number("months"), entry.text("since")
    must, law = _flag(entry, "duty"), _text(entry, "law")
    if must and not law:
        template = "%(file)s, line %(line)s: a duty to keep needs its “law”. Name the article."
        raise _refused(template, entry, "duty")
    entry.done()
    return f"{months} months from {since}", Duty(months, since, law) if must else None


def _meta(entry: MAP) -> MAP | None:
    """The block that fideslang calls fides_meta; older files say fidesops_meta."""
    for key in ("fides_meta", "fidesops_meta"):
        if entry.given(key):
            return entry.mapping(key)
    return None


def _label(entry: MAP, name: str) -> str:
    """What people call it: the description where there is one."""
    if entry.has("fides_key"):
        return _text(entry, "name") or _text(entry, "description") or name
    return _text(entry, "description") or name


def _categories(entry: MAP, above: tuple[str, ...]) -> tuple[str, ...]:
    found = _texts(entry, "data_categories")
    for category in found:
        if not CATEGORY.fullmatch(category):
            template = "%(file)s, line %(line)s: a category is words with dots, such as user.contact.email."
            raise _refused(template, entry, "data_categories")
    return found or above


def _text(entry: MAP, key: str) -> str:
    return entry.text(key) if entry.given(key) else ""


def _texts(entry: MAP, key: str) -> tuple[str, ...]:
    return entry.texts(key) if entry.given(key) else ()


def _maps(entry: MAP, key: str) -> tuple[MAP, ...]:
    return entry.mappings(key) if entry.given(key) else ()


def _flag(entry: MAP, key: str) -> bool:
    return entry.flag(key) if entry.given(key) else False


def _check_names(collection: Collection, entry: MAP) -> None:
    paths = [each.path for each in collection.every_field()]
    _twice(paths, entry, "field")
    duties = [each.handling for each in collection.every_field()]
    asked = {each.about for each in duties} | {each.duty.since for each in duties if each.duty}
    asked |= {name for link in collection.links for name in link.fields}
    for name in sorted(asked - {""} - set(paths)):
        template = "%(file)s, line %(line)s: “%(name)s” is no field of “%(collection)s”. Correct it."
        raise _refused(template, entry, "fields", name=name, collection=collection.name)


def _twice(names: Sequence[str], entry: MAP, what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            template = "%(file)s, line %(line)s: the %(what)s “%(name)s” is there twice. Keep one."
            raise _refused(template, entry, "name", what=what, name=name)


def _refused(template: str, entry: MAP, key: str, **params: str) -> Refused:
    return Refused(CODE, template, file=entry.file, line=entry.line_of(key), **params)
