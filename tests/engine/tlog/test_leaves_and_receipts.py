import json
import math
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.problems import Refused
from duecause.engine.tlog import (
    BadSignature,
    BatchLeaf,
    BatchTree,
    Checkpoint,
    EventLeaf,
    Malformed,
    RecordProof,
    TiledTree,
    TlogProof,
    batch_leaf_bytes,
    canonical_json,
    commitment,
    leaf_bytes,
    leaf_hash,
    new_tiles,
    parse_leaf,
    parse_proof,
    record_extra,
    sign_checkpoint,
)
from duecause.engine.tlog.leaf import batch_root
from tests.engine.tlog.reference import MemoryTiles, path, tree_hash
from tests.engine.tlog.sample import LOG, ORIGIN, POLICY, WITNESS, Row

UID = UUID("0190f3a2-7c1b-7d3e-8f00-0123456789ab")
HASH = sha256(b"x").digest()

events = st.builds(
    EventLeaf,
    uid=st.uuids(),
    kind=st.from_regex(r"[a-z][a-z0-9_.-]{0,79}", fullmatch=True),
    at_us=st.integers(0, 10**18 - 1),
    person_commitment=st.none() | st.binary(min_size=32, max_size=32),
    record_commitment=st.binary(min_size=32, max_size=32),
)


def written(event):
    return leaf_bytes(
        uid=event.uid,
        kind=event.kind,
        at_us=event.at_us,
        person_commitment=event.person_commitment,
        record_commitment=event.record_commitment,
    )


def test_an_event_leaf_is_a_small_text():
    leaf = leaf_bytes(
        uid=UID,
        kind="consent.given",
        at_us=1_793_000_000_000_001,
        person_commitment=None,
        record_commitment=HASH,
    )

    assert leaf.decode().split("\n") == [
        "duecause.event/1",
        "0190f3a2-7c1b-7d3e-8f00-0123456789ab",
        "consent.given",
        "1793000000000001",
        "-",
        "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=",
        "",
    ]
    assert len(leaf) < 200


@settings(max_examples=100, deadline=None)
@given(event=events)
def test_a_leaf_reads_as_it_was_written(event):
    assert parse_leaf(written(event)) == event


@settings(max_examples=200, deadline=None)
@given(event=events, data=st.data())
def test_a_leaf_has_one_spelling_only(event, data):
    leaf = bytearray(written(event))
    leaf[data.draw(st.integers(0, len(leaf) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = parse_leaf(bytes(leaf))
    except Malformed:
        return
    assert written(found) == leaf


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "Consent"},
        {"kind": ""},
        {"kind": "a\nb"},
        {"kind": "a" * 81},
        {"at_us": -1},
        {"record_commitment": b"short"},
        {"person_commitment": b""},
    ],
)
def test_parts_that_do_not_fit_a_leaf_are_refused(change):
    with pytest.raises(Refused):
        written(replace(EventLeaf(UID, "a", 0, None, HASH), **change))


def test_a_commitment_is_the_hash_of_salt_and_payload():
    assert commitment(b"s" * 32, b"payload") == sha256(b"s" * 32 + b"payload").digest()
    with pytest.raises(ValueError, match="32"):
        commitment(b"s" * 31, b"payload")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "é\n"]}, '{"a":[true,null,"é\\n"],"b":1}'),
        ((), "[]"),
        ({"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'),
        ({"10": 0, "1": 0}, '{"1":0,"10":0}'),
        (-(2**53) + 1, "-9007199254740991"),
        ("\x7f\x1f\u2028", '"\x7f\\u001f\u2028"'),
    ],
)
def test_a_payload_has_one_spelling(value, text):
    assert canonical_json(value) == text.encode()


@pytest.mark.parametrize(
    "value", [1.0, math.nan, 2**53, {"a": [0.5]}, {1: 2}, b"x", "\ud800", {"\ud800": 1}, object(), {1, 2}]
)
def test_a_payload_without_one_spelling_is_refused_without_being_shown(value):
    with pytest.raises(Refused) as refused:
        canonical_json({"secret": value})
    assert "secret" not in str(refused.value)


def test_a_bottomless_payload_is_refused():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(Refused):
        canonical_json(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(value=json_values)
def test_a_canonical_payload_reads_back_and_is_stable(value):
    found = canonical_json(value)

    assert json.loads(found) == value
    assert canonical_json(json.loads(found)) == found


@settings(max_examples=60, deadline=None)
@given(count=st.integers(1, 130), data=st.data())
def test_each_record_of_a_batch_is_proven_under_its_root(count, data):
    records = [b"record %d" % number for number in range(count)]
    tree = BatchTree([leaf_hash(record) for record in records])
    index = data.draw(st.integers(0, count - 1))
    proof = tree.proof(index)

    assert tree.root == batch_root(records) == tree_hash(records)
    assert list(proof.path) == path(index, records)
    assert proof.holds(record=records[index], root=tree.root)
    assert not proof.holds(record=b"another", root=tree.root)
    assert not replace(proof, index=index + 1).holds(record=records[index], root=tree.root)


def test_an_empty_batch_and_a_record_outside_it_are_errors():
    with pytest.raises(ValueError, match="record"):
        BatchTree([])
    with pytest.raises(IndexError):
        BatchTree([HASH]).proof(1)


@pytest.fixture(scope="module")
def logged():
    """600 leaves; number 300 is a batch of 1,000 records."""
    records = [Row.make(10_000 + number).leaf for number in range(1000)]
    batch = BatchTree([leaf_hash(record) for record in records])
    leaf = batch_leaf_bytes(uid=UID, kind="import.batch", at_us=1, count=1000, root=batch.root)
    leaves = [Row.make(number).leaf for number in range(600)]
    leaves[300] = leaf
    tiles = MemoryTiles()
    tiles.add(new_tiles(0, [leaf_hash(each) for each in leaves], tiles))
    tree = TiledTree(tiles, 600)
    note = WITNESS.cosign(sign_checkpoint(Checkpoint(ORIGIN, 600, tree.root()), LOG), at=1_793_000_000)
    return leaves, tree, note, batch, records


def test_a_receipt_proves_a_leaf_to_anyone_who_holds_the_keys(logged):
    leaves, tree, note, _, _ = logged
    text = str(TlogProof(17, tuple(tree.inclusion_proof(17)), note))
    proof = parse_proof(text.encode())

    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 17\n")
    assert text.endswith(f"\n\n{note}")
    assert str(proof) == text
    assert proof.verify(leaf=leaves[17], policy=POLICY).size == 600
    with pytest.raises(Malformed, match="prove"):
        proof.verify(leaf=leaves[18], policy=POLICY)
    alone = replace(proof, note=replace(note, signatures=note.signatures[:1]))
    with pytest.raises(BadSignature):
        alone.verify(leaf=leaves[17], policy=POLICY)


def test_a_receipt_for_one_record_leads_through_its_batch(logged):
    leaves, tree, note, batch, records = logged
    extra = record_extra(batch_leaf=leaves[300], proof=batch.proof(777))
    proof = parse_proof(str(TlogProof(300, tuple(tree.inclusion_proof(300)), note, extra)).encode())

    assert isinstance(parse_leaf(leaves[300]), BatchLeaf)
    assert proof.verify_record(record=records[777], policy=POLICY).size == 600
    for wrong in (
        extra.replace(b"777", b"776"),
        extra.replace(b'"count":1000', b'"count":1001'),
        b"{}",
        b"[" * 10_000,
        b"\xff",
        record_extra(batch_leaf=leaves[299], proof=batch.proof(777)),
        record_extra(batch_leaf=leaves[300], proof=RecordProof(0, 1, ())),
    ):
        with pytest.raises(Malformed):
            replace(proof, extra=wrong).verify_record(record=records[777], policy=POLICY)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_damaged_receipt_is_malformed_or_does_not_verify(logged, data):
    leaves, tree, note, _, _ = logged
    honest = str(TlogProof(17, tuple(tree.inclusion_proof(17)), note)).encode()
    end = honest.index(b" witness.example")
    at = data.draw(st.integers(0, end - 4))
    damaged = bytearray(honest)
    damaged[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises((Malformed, BadSignature)):
        parse_proof(bytes(damaged)).verify(leaf=leaves[17], policy=POLICY)
