"""The peers as their own guides set them up: Splink with independent columns, recordlinkage's ECM."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import recordlinkage
from splink import Linker, SettingsCreator, block_on
from splink import comparison_library as compare
from splink.backends.duckdb import DuckDBAPI

from benchmarks.matching_parts.scoring import Pair
from duecause.engine.matching.comparing import address_key
from duecause.engine.matching.names import fold, fold_surname
from duecause.engine.matching.proposals import BLOCKS
from duecause.engine.matching.rules import Identity


def frame(identities: Sequence[Identity]) -> pd.DataFrame:
    """The same folded columns for every peer: they are not to lose by worse preparation."""
    rows = [
        {
            "unique_id": number,
            "first_n": fold(one.first) or None,
            "last_n": fold_surname(one.last) or None,
            "initial": fold(one.first)[:1] or None,
            "born": one.birth.isoformat() if one.birth else None,
            "phone": _any(one.phones),
            "email": _any(one.emails),
            "number": _any(one.customer_nos),
            "address": address_key(one.street, one.postcode).partition("|")[0] or None,
            "postcode": one.postcode or None,
        }
        for number, one in enumerate(identities)
    ]
    return pd.DataFrame(rows)


def _any(things: frozenset[object]) -> str | None:
    return str(min(things, key=str)) if things else None


def textbook_splink(table: pd.DataFrame, least: float = 0.001) -> dict[Pair, float]:
    """Pair → the probability the model states. One comparison per column, as the tutorials do."""
    api = DuckDBAPI(duckdb.connect(":memory:"))
    comparisons: list[Any] = [compare.NameComparison("first_n"), compare.NameComparison("last_n")]
    comparisons.append(compare.DateOfBirthComparison("born", input_is_string=True))
    if table.phone.notna().any():
        comparisons.append(compare.ExactMatch("phone").configure(term_frequency_adjustments=True))
    if table.email.notna().any():
        comparisons.append(compare.EmailComparison("email"))
    if table.number.notna().any():
        comparisons.append(compare.LevenshteinAtThresholds("number", [1, 2]))
    comparisons += [compare.LevenshteinAtThresholds("address", [2]), compare.ExactMatch("postcode")]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[
            block_on(*columns) for columns in BLOCKS if table[list(columns)].notna().all(axis=1).any()
        ],
        retain_matching_columns=False,
    )
    linker = Linker(api.register(table), settings, log_level=logging.CRITICAL)
    sure: list[Any] = [block_on("first_n", "last_n", "born")]
    if table.email.notna().any():
        sure.append(block_on("email", "born"))
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=3e6, seed=1)
    for columns in (("born",), ("last_n", "first_n")):
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*columns), record_sample_proportion=1.0
        )
    scored: Any = linker.inference.predict(threshold_match_probability=least)
    found = scored.as_pandas_dataframe()
    pairs = zip(found.unique_id_l, found.unique_id_r, found.match_probability, strict=True)
    return {(min(a, b), max(a, b)): p for a, b, p in pairs}


def ecm(table: pd.DataFrame, pairs: Sequence[Pair]) -> list[Pair]:
    """recordlinkage's expectation/conditional maximisation over the given candidate pairs."""
    indexed = table.set_index("unique_id")
    links = pd.MultiIndex.from_tuples(pairs, names=["a", "b"])
    comparing = recordlinkage.Compare()
    comparing.string("first_n", "first_n", method="jarowinkler", threshold=0.85)
    comparing.string("last_n", "last_n", method="jarowinkler", threshold=0.85)
    for column in ("born", "phone", "email", "number", "postcode"):
        if table[column].notna().any():
            comparing.exact(column, column)
    comparing.string("address", "address", method="jarowinkler", threshold=0.85)
    features = comparing.compute(links, indexed)
    with np.errstate(all="ignore"):
        chosen = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(features)
    return [(int(a), int(b)) for a, b in chosen]


def blocked(table: pd.DataFrame, most: int = 50) -> list[Pair]:
    """Candidate pairs by the same blocking keys that the models use."""
    found: set[Pair] = set()
    for columns in BLOCKS:
        usable = table.dropna(subset=list(columns))
        for _, group in usable.groupby(list(columns)).unique_id:
            members = group.tolist()
            if 1 < len(members) <= most:
                found.update((members[i], members[j]) for j in range(1, len(members)) for i in range(j))
    return sorted((min(pair), max(pair)) for pair in found)


def by_threshold(scored: Mapping[Pair, float], least: float) -> list[Pair]:
    return [pair for pair, probability in scored.items() if probability >= least]
