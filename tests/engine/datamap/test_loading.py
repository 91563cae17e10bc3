"""Dataset YAML is read strictly: what is not understood is refused with file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from duecause.engine.datamap import graph as graphs
from duecause.engine.datamap.loading import read_map
from duecause.engine.datamap.model import DataMap, within
from duecause.engine.problems import Refused

EXAMPLE = Path(__file__).resolve().parents[3] / "examples/rights"
MAP = """dataset:
  - fides_key: shop
    name: Shop
    data_categories: [user]
    fides_meta: {namespace: {schema: sales}}
    duecause: {basis: contract, purpose: selling}
    collections:
      - name: buyer
        fields:
          - name: id
            data_categories: [user.unique_id]
            fidesops_meta: {primary_key: True, data_type: integer}
          - name: email
            data_categories: [user.contact.email]
            fides_meta: {identity: email, data_type: string, length: 40}
            duecause: {basis: consent, retention: two years, match: exact}
          - name: more
            fields:
              - name: nick
                fides_meta:
                  masking_strategy_override: {strategy: string_rewrite, configuration: {rewrite_value: x}}
      - name: bought
        fields:
          - name: buyer_id
            fides_meta: {references: [{dataset: shop, field: buyer.id, direction: from}]}
"""


def test_what_is_ours_holds_at_the_nearest_level():
    (shop,) = read_map(MAP, file="shop.yaml")
    buyer = shop.collections[0]
    email = buyer.fields[1]
    assert shop.schema == "sales"
    assert (email.handling.basis, email.handling.purpose, email.handling.retention) == (
        "consent",
        "selling",
        "two years",
    )
    assert buyer.fields[0].handling.basis == "contract"


def test_a_field_without_categories_has_those_of_what_it_lies_in():
    (shop,) = read_map(MAP, file="shop.yaml")
    assert shop.collections[1].fields[0].categories == ("user",)


def test_fields_inside_a_column_have_dotted_paths_and_the_strategies_of_the_syntax_are_known():
    (shop,) = read_map(MAP, file="shop.yaml")
    nick = shop.collections[0].fields[2].fields[0]
    assert (nick.path, nick.column, nick.handling.strategy) == ("more.nick", "more", "tombstone")


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ("identity: email", "idenity: email", "line 15: unknown key “idenity”. Known here"),
        ("basis: consent", "basis: because", "“basis” must be one of consent"),
        ("match: exact", "mach: exact", "unknown key “mach”"),
        ("user.contact.email]", "User Contact]", "a category is words with dots"),
        ("field: buyer.id", "field: id", "must be collection.field"),
        ("direction: from", "direction: forth", "must be one of from, to"),
        ("- name: email", "- name: id", "the field “id” is there twice"),
        ("strategy: string_rewrite", "strategy: shuffle", "must be one of null_rewrite"),
        ("retention: two years", "retention: {months: 1, since: x, duty: true, law: L}", "“x” is no field"),
        ("retention: two years", "retention: {months: 12, since: id, duty: true}", "needs its “law”"),
        ("match: exact", "about: nobody", "“nobody” is no field"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_place_and_remedy(was, becomes, complaint):
    with pytest.raises(Refused) as refused:
        read_map(MAP.replace(was, becomes), file="shop.yaml")
    assert complaint in str(refused.value) and "shop.yaml, line" in str(refused.value)


@pytest.mark.parametrize(
    ("field", "complaint"),
    [
        ("buyer.no", "“buyer” has no field “no”"),
        ("seller.id", "no collection “seller” in the dataset “shop”"),
    ],
)
def test_a_reference_to_what_is_not_mapped_is_refused_with_its_line(field, complaint):
    datasets = read_map(MAP.replace("buyer.id, direction", f"{field}, direction"), file="shop.yaml")
    with pytest.raises(Refused, match=r"shop\.yaml, line 25") as refused:
        graphs.build(DataMap(datasets))
    assert complaint in str(refused.value)


def test_categories_lie_within_each_other_by_whole_segments():
    assert within("user.contact.email", "user.contact")
    assert not within("user.device.cookie_id", "user.device.cookie")


def test_a_reference_said_at_both_ends_is_one_and_the_end_that_says_a_direction_holds():
    both = MAP.replace(
        "{primary_key: True, data_type: integer}",
        "{references: [{dataset: shop, field: bought.buyer_id}]}",
    )
    graph = graphs.build(DataMap(read_map(both, file="shop.yaml")))
    (edge,) = graph.out["shop", "buyer"]
    assert edge.directed and edge.target == ("shop", "bought") and not graph.out["shop", "bought"]


def test_the_example_is_a_map():
    files = [path for path in sorted(EXAMPLE.glob("*.yaml")) if path.name != "stores.yaml"]
    datasets = tuple(each for path in files for each in read_map(path.read_text(), file=path.name))
    graph = graphs.build(DataMap(datasets))
    assert len(graph.collections) >= 30 and not graph.undirected
    assert set(graph.reach(["email"])) == graph.collections.keys() - {
        ("dialler", "voicemail"),
        ("dialler", "do_not_call"),
    }
