"""Names of actors for the page. The ledger knows only `kind:id`; the rooms that know names register here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

Names = Callable[[Collection[str]], Mapping[str, str]]
_providers: dict[str, Names] = {}


def register_names(kind: str, provider: Names) -> None:
    """`provider` gives id → name for the ids of one kind of actor. Called in AppConfig.ready."""
    _providers[kind] = provider


def names_of(refs: Collection[str]) -> dict[str, str]:
    """`kind:id` → name, for those that somebody knows."""
    by_kind: dict[str, set[str]] = {}
    for ref in refs:
        kind, _, identifier = ref.partition(":")
        by_kind.setdefault(kind, set()).add(identifier)
    return {
        f"{kind}:{identifier}": name
        for kind, identifiers in by_kind.items()
        if kind in _providers
        for identifier, name in _providers[kind](identifiers).items()
    }
