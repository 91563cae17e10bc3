"""How collections lead to each other: directed edges, and which of them an identity can reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from duecause.engine.datamap.model import Address, Collection, DataMap, Field, Link, Reference
from duecause.engine.problems import Refused

CODE = "datamap"


@dataclass(frozen=True, slots=True)
class Edge:
    """Values of `source_fields` in a found row find rows by `target_fields`. Not `directed`: the map does not
    say which way; it is followed in the direction in which it is met first, never back."""

    source: Address
    source_fields: tuple[str, ...]
    target: Address
    target_fields: tuple[str, ...]
    directed: bool = True

    def reversed(self) -> Edge:
        return Edge(self.target, self.target_fields, self.source, self.source_fields, self.directed)


@dataclass(slots=True)
class Graph:
    """`identities`: kind → the fields that hold it. `undirected`: places that should say a direction.
    `facts`: fields that are remembered of each row: what links it, whom it names, what dates it."""

    collections: dict[Address, Collection] = field(default_factory=dict)
    out: dict[Address, list[Edge]] = field(default_factory=lambda: defaultdict(list))
    into: dict[Address, list[Edge]] = field(default_factory=lambda: defaultdict(list))
    identities: dict[str, list[tuple[Address, Field]]] = field(default_factory=lambda: defaultdict(list))
    undirected: list[str] = field(default_factory=list)
    facts: dict[Address, tuple[str, ...]] = field(default_factory=dict)

    def reach(self, kinds: Iterable[str]) -> list[Address]:
        """Collections that these kinds of identity lead to, in the order in which they are met. Cycles and
        references of a collection to itself are met once."""
        met: dict[Address, None] = {}
        ahead = [address for kind in kinds for address, _ in self.identities.get(kind, ())]
        for address in ahead:
            if address in met:
                continue
            met[address] = None
            ahead += [edge.target for edge in self.out.get(address, ())]
        return list(met)


def build(data_map: DataMap) -> Graph:
    """Raises Refused, with its place, for a reference to what no map holds."""
    graph = Graph()
    for collection in data_map.collections():
        if collection.address in graph.collections:
            template = "%(place)s: the dataset “%(dataset)s” is mapped twice. Keep one."
            raise Refused(CODE, template, place=collection.place, dataset=collection.dataset)
        if not collection.skip:
            graph.collections[collection.address] = collection
    skipped = {each.address for each in data_map.collections() if each.skip}
    paths = {
        address: {each.path for each in collection.every_field()}
        for address, collection in graph.collections.items()
    }
    edges: dict[Edge, None] = {}
    for address, collection in graph.collections.items():
        for one in collection.every_field():
            if one.identity:
                graph.identities[one.identity].append((address, one))
            for reference in one.references:
                if (reference.dataset, reference.collection) not in skipped:
                    _check(reference, (reference.field,), paths)
                    _add(edges, _edge(address, one.path, reference), graph, reference)
        for link in collection.links:
            if (link.dataset, link.collection) not in skipped:
                _check(link, link.their_fields, paths)
                there = (link.dataset, link.collection)
                edge = Edge(address, link.fields, there, link.their_fields)
                edges[edge if link.direction == "to" else edge.reversed()] = None
    for edge in edges:
        # What is directed one way and left open the other is directed.
        same = replace(edge, directed=True)
        if edge.directed or not {same, same.reversed()} & edges.keys():
            graph.out[edge.source].append(edge)
            graph.into[edge.target].append(edge)
    graph.facts = {address: _facts(graph, address) for address in graph.collections}
    return graph


def _facts(graph: Graph, address: Address) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for edge in graph.into.get(address, ()):
        found.update(dict.fromkeys(edge.target_fields))
    for edge in graph.out.get(address, ()):
        found.update(dict.fromkeys(name for name in edge.source_fields if "." not in name))
    for one in graph.collections[address].every_field():
        duty = one.handling.duty
        names = (one.path if one.identity else "", one.handling.about, duty.since if duty else "")
        found.update(dict.fromkeys(name for name in names if name))
    return tuple(found)


def _add(edges: dict[Edge, None], edge: Edge, graph: Graph, reference: Reference) -> None:
    edges[edge] = None
    if not edge.directed:
        edges[edge.reversed()] = None
        graph.undirected.append(reference.place)


def _edge(address: Address, path: str, reference: Reference) -> Edge:
    there = (reference.dataset, reference.collection)
    edge = Edge(address, (path,), there, (reference.field,), bool(reference.direction))
    return edge.reversed() if reference.direction == "from" else edge


def _check(reference: Reference | Link, fields: tuple[str, ...], paths: dict[Address, set[str]]) -> None:
    there = (reference.dataset, reference.collection)
    if there not in paths:
        template = (
            "%(place)s: there is no collection “%(collection)s” in the dataset “%(dataset)s”. Correct it."
        )
        raise Refused(
            CODE,
            template,
            place=reference.place,
            collection=reference.collection,
            dataset=reference.dataset,
        )
    for name in fields:
        if name not in paths[there]:
            template = "%(place)s: “%(collection)s” has no field “%(field)s”. Correct it."
            raise Refused(CODE, template, place=reference.place, collection=reference.collection, field=name)
