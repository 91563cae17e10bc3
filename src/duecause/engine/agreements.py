"""What an agreement must say: the points that somebody checks in a contract, as data of packs/law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from duecause.engine import yaml_reader
from duecause.engine.transfers import texts_of

# How far a contract says what it must. Nothing noted means that nobody has looked.
ANSWERS = ("met", "partly", "absent", "not_applicable")


@dataclass(frozen=True, slots=True)
class Point:
    """One point of an agreement. `blocks`: without it nothing is released, else it is only pointed out.
    `optional`: it may not apply. `modules`: of the standard clauses it belongs to; empty: all. `name`,
    `asks`: language → text."""

    code: str
    law: str
    blocks: bool
    optional: bool
    modules: tuple[str, ...]
    name: Mapping[str, str]
    asks: Mapping[str, str]

    def satisfied(self, answer: str) -> bool:
        return answer == "met" or (self.optional and answer == "not_applicable")


@dataclass(frozen=True, slots=True)
class Checklist:
    """The points of one kind of agreement, and where they were read."""

    points: tuple[Point, ...]
    sources: tuple[str, ...]

    def of(self, module: str) -> tuple[Point, ...]:
        return tuple(point for point in self.points if not point.modules or module in point.modules)

    def open(self, answers: Mapping[str, str], module: str = "") -> tuple[list[Point], list[Point]]:
        """What stops a release: points that are not (wholly) there, and points that nobody has checked."""
        must = [point for point in self.of(module) if point.blocks]
        lacking = [p for p in must if p.code in answers and not p.satisfied(answers[p.code])]
        return lacking, [p for p in must if p.code not in answers]

    def flagged(self, answers: Mapping[str, str]) -> list[Point]:
        """What is not as it should be and stops nothing."""
        noted = [point for point in self.points if not point.blocks and point.code in answers]
        return [point for point in noted if not point.satisfied(answers[point.code])]


NOTHING_TO_CHECK = Checklist((), ())


def load_checklists(text: str, *, file: str) -> dict[str, Checklist]:
    """Kind of agreement → checklist. Raises Refused naming file, line and remedy."""
    top = yaml_reader.read_mapping(text, file=file)
    top.day("as_of")
    found = {}
    kinds = top.mapping("agreements")
    for kind in kinds.keys():  # noqa: SIM118 - not a dict
        node = kinds.mapping(kind)
        points = tuple(_point(each) for each in node.mappings("points"))
        found[kind] = Checklist(points, node.texts("sources"))
        node.choice("confidence", ("S", "M"))
        node.text_or_none("reviewed_by")
        node.done()
    top.done()
    return found


def _point(node: yaml_reader.Mapping) -> Point:
    point = Point(
        code=node.text("code"),
        law=node.text("law"),
        blocks=node.choice("effect", ("blocks", "flags")) == "blocks",
        optional=node.has("optional") and node.flag("optional"),
        modules=node.texts("modules", ("1", "2", "3", "4")) if node.has("modules") else (),
        name=texts_of(node.mapping("name")),
        asks=texts_of(node.mapping("asks")),
    )
    node.done()
    return point


def named(points: Iterable[Point]) -> tuple[Mapping[str, str], ...]:
    return tuple(point.name for point in points)
