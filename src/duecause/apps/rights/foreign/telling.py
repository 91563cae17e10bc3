"""What is told to the person: JSON for programs and a page for people, written row by row."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, TextIO

from duecause.apps.rights.foreign.folder import Folder
from duecause.engine.datamap.finding import Found, Row, value_of
from duecause.engine.datamap.model import Address, Field, any_within
from duecause.engine.datamap.outline import Outline, Part
from duecause.engine.datamap.planning import Plan
from duecause.engine.datamap.values import at, spelled

PERSONAL = ("user",)
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}"
    ":root{color-scheme:light dark}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem;display:block;overflow-x:auto}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8886}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;font-size:.9rem}dd{margin:0}"
    "h2{margin-top:2.5rem}.withheld{font-style:italic;opacity:.75}"
)
ABOUT = ("purpose", "basis", "source", "retention", "recipients")


class Spool:
    """The rows as they are found: one file per collection, so that no more than one row is held."""

    def __init__(self, folder: Folder, lines: Outline) -> None:
        self._folder, self._lines = folder, lines
        self._files: dict[Address, TextIO] = {}

    def add(self, address: Address, row: Row, given: Mapping[str, Any]) -> None:
        out = self._files.get(address)
        if out is None:
            path = self._folder.path / f"rows-{len(self._files)}.part"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            path.unlink()  # nobody can name it, and nothing is left after a crash
            out = self._files[address] = os.fdopen(descriptor, "w+", encoding="utf-8")
        told = [_plain(given, one) for one in self._lines.parts[address].told]
        out.write(json.dumps([row.key, told], ensure_ascii=False) + "\n")

    def rows(self, address: Address) -> Iterator[tuple[tuple[str | None, ...], list[Any]]]:
        if out := self._files.get(address):
            out.seek(0)
            for line in out:
                key, told = json.loads(line)
                yield tuple(key), told

    def close(self) -> None:
        for each in self._files.values():
            each.close()


def _plain(given: Mapping[str, Any], one: Field) -> Any:
    """As JSON has it: numbers and truths stay, the rest is text; several values inside are a list."""
    if "." in one.path:
        found = [_json(value) for value in at(given, one.path)]
        return found[0] if len(found) == 1 else found or None
    return _json(given.get(one.column))


def _json(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | dict | list):
        return value
    return spelled(value)


@dataclass(slots=True)
class _Out:
    """The two files side by side."""

    json: TextIO
    html: TextIO
    texts: Mapping[str, str]


def tell(
    folder: Folder,
    spool: Spool,
    plan: Plan,
    found: Found,
    *,
    texts: Mapping[str, str],
    made: datetime,
    store_of: Mapping[str, str],
    silent: list[str],
) -> None:
    """Write access.json and access.html (portability: the same under its own name)."""
    request = plan.outline.request
    targets = [folder.path / f".{request.kind}.{kind}.part" for kind in ("json", "html")]
    descriptors = [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) for path in targets]
    with (
        os.fdopen(descriptors[0], "w", encoding="utf-8") as j,
        os.fdopen(descriptors[1], "w", encoding="utf-8") as h,
    ):
        out = _Out(j, h, texts)
        told = [address for address in plan.rows if plan.outline.parts[address].told]
        _head(out, plan, made, [len(told), sum(plan.rows[address] for address in told)], silent)
        for number, address in enumerate(told):
            j.write(",\n" if number else "\n")
            _collection(out, plan.outline.parts[address], spool, found, plan, store_of[address[0]])
        j.write("\n]}\n")
        h.write(f"<p>{escape(texts['rights'])}</p>\n</main></body></html>\n")
        for each in (j, h):
            each.flush()
            os.fsync(each.fileno())
    for path in targets:
        path.rename(folder.path / path.name[1:].removesuffix(".part"))
    spool.close()


def _head(out: _Out, plan: Plan, made: datetime, counts: list[int], silent: list[str]) -> None:
    request, texts = plan.outline.request, out.texts
    head = {
        "request": request.id,
        "kind": request.kind,
        "language": request.language,
        "made_at": made.isoformat(),
    }
    if silent:
        head["not_searched"] = ", ".join(silent)
    out.json.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "collections": [')
    said = texts["intro"].format(received=request.received.isoformat(), made=made.date().isoformat())
    summary = texts["found"].format(places=counts[0], rows=counts[1]) if counts[1] else texts["nothing"]
    out.html.write(
        f'<!doctype html>\n<html lang="{escape(request.language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(texts["title"])}</title>'
        f"<style>{STYLE}</style></head><body><main>\n<h1>{escape(texts['title'])}</h1>\n"
        f"<p>{escape(said)}</p>\n<p>{escape(summary)}</p>\n"
    )
    if silent:
        out.html.write(f"<p>{escape(texts['unreachable'].format(names=', '.join(silent)))}</p>\n")


def _collection(out: _Out, part: Part, spool: Spool, found: Found, plan: Plan, store: str) -> None:
    collection, rows = part.collection, found.rows[part.collection.address]
    head = {
        "store": store,
        "dataset": collection.dataset,
        "collection": collection.name,
        "label": collection.label,
        "fields": [_about_field(one) for one in part.told],
    }
    out.json.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": [')
    title = out.texts["place"].format(label=collection.label, store=store)
    out.html.write(f"<h2>{escape(title)}</h2>\n{_handling(part, out.texts)}<table><thead><tr>")
    out.html.write("".join(f'<th scope="col">{escape(one.label)}</th>' for one in part.told))
    out.html.write("</tr></thead><tbody>\n")
    judge, first = _Judge(part, plan, found), True
    for key, values in spool.rows(collection.address):
        row = rows[key]
        if row.foreign:
            continue
        held = [judge.told(row, one) for one in part.told]
        told = {one.path: v for one, v, ok in zip(part.told, values, held, strict=True) if ok}
        if not all(held):
            told["withheld"] = [one.path for one, ok in zip(part.told, held, strict=True) if not ok]
        out.json.write(("\n " if first else ",\n ") + json.dumps(told, ensure_ascii=False))
        cells = (_cell(v, ok, out.texts) for v, ok in zip(values, held, strict=True))
        out.html.write(f"<tr>{''.join(cells)}</tr>\n")
        first = False
    out.json.write("]}")
    out.html.write("</tbody></table>\n")


def _about_field(one: Field) -> dict[str, Any]:
    handling = one.handling
    return {
        "name": one.path,
        "label": one.label,
        "categories": list(one.categories),
        "purpose": handling.purpose,
        "basis": handling.basis,
        "source": handling.source,
        "retention": handling.retention,
        "recipients": list(handling.recipients),
    }


def _handling(part: Part, texts: Mapping[str, str]) -> str:
    """What for, on which ground, where from, how long, who receives it: GDPR Art. 15(1)."""
    lines = []
    for name in ABOUT:
        said = dict.fromkeys(_said(getattr(one.handling, name), texts) for one in part.told)
        words = ", ".join(each for each in said if each) or texts["not_said"]
        lines.append(f"<dt>{escape(texts[name])}</dt><dd>{escape(words)}</dd>")
    return f"<dl>{''.join(lines)}</dl>\n"


def _said(value: str | tuple[str, ...], texts: Mapping[str, str]) -> str:
    return ", ".join(value) if isinstance(value, tuple) else texts.get(value, value) if value else ""


def _cell(value: Any, told: bool, texts: Mapping[str, str]) -> str:
    if not told:
        return f'<td class="withheld">{escape(texts["withheld"])}</td>'
    if isinstance(value, bool):
        return f"<td>{escape(texts['yes' if value else 'no'])}</td>"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return f"<td>{'' if value is None else escape(str(value))}</td>"


class _Judge:
    """Which fields of a row may be told where it concerns others as well: GDPR Art. 15(4)."""

    def __init__(self, part: Part, plan: Plan, found: Found) -> None:
        self.collection, self.found = part.collection, found
        self.edges = plan.outline.graph.into.get(part.collection.address, ())
        self.persons = {address for fields in plan.outline.graph.identities.values() for address, _ in fields}
        self._own: dict[int, set[tuple[str, ...]]] = {}

    def told(self, row: Row, one: Field) -> bool:
        if row.shared and any_within(one.categories, PERSONAL) and not self._ours(row):
            return False
        if not row.others:
            return True
        about = one.handling.about
        if about:
            value = row.facts.get(about)
            asked = self.found.asked.get((self.collection.address, (about,)), {})
            return value is not None and asked.get((value,), False)
        return not one.handling.free_text and one.path not in row.others

    def _ours(self, row: Row) -> bool:
        """A shared row that the person's own row names is the person's too, unless the map says otherwise."""
        said = self.collection.handling.shared
        if said:
            return said == "disclose"
        for number, edge in enumerate(self.edges):
            if number not in self._own:
                rows = self.found.rows.get(edge.source, {}).values()
                values = (
                    value_of(r.facts, edge.source_fields)
                    for r in rows
                    if r.owned and edge.source in self.persons
                )
                self._own[number] = {value for value in values if value is not None}
            if value_of(row.facts, edge.target_fields) in self._own[number]:
                return True
        return False
