"""Whatever a bundle holds, the verifier answers with a report."""

import io
import os
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.tlog import Checkpoint, Kind, Policy, sign_checkpoint, verify_bundle
from duecause.engine.tlog.bundle import split_entries
from tests.engine.tlog.sample import LOG, ORIGIN, POLICY, Log

HONEST = Log.grown(600)


def verify(target, policy=POLICY):
    return verify_bundle(target, anchor=None, policy=policy, now=HONEST.now)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return HONEST.write(tmp_path_factory.mktemp("hostile") / "log.zip").read_bytes()


@pytest.fixture
def folder(tmp_path):
    return HONEST.copy().write(tmp_path / "log")


def test_a_bundle_that_is_not_there_is_malformed(tmp_path):
    assert verify(tmp_path / "none.zip").exit_code == Kind.MALFORMED


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400), zipped=st.booleans())
def test_random_bytes_are_malformed(tmp_path_factory, data, zipped):
    target = tmp_path_factory.mktemp("r") / "log.zip"
    target.write_bytes((b"PK\x03\x04" if zipped else b"") + data)

    assert verify(target).kinds == {Kind.MALFORMED}


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 0.999))
def test_a_truncated_archive_is_malformed(tmp_path_factory, archive, share):
    target = tmp_path_factory.mktemp("r") / "log.zip"
    target.write_bytes(archive[: int(len(archive) * share)])

    assert verify(target).kinds == {Kind.MALFORMED}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), flips=st.integers(1, 30))
def test_a_damaged_archive_never_raises(tmp_path_factory, archive, seed, flips):
    damaged, source = bytearray(archive), random.Random(seed)
    for _ in range(flips):
        damaged[source.randrange(len(damaged))] = source.randrange(256)
    target = tmp_path_factory.mktemp("r") / "log.zip"
    target.write_bytes(damaged)

    assert isinstance(verify(target).exit_code, Kind)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    name=st.sampled_from(["checkpoint", "checkpoints", "keys", "manifest.json", "disclosed.jsonl"]),
)
def test_a_damaged_text_never_raises(hostile_folder, seed, name):
    path, source = hostile_folder / name, random.Random(seed)
    honest = path.read_bytes()
    damaged = bytearray(honest)
    start = source.randrange(len(damaged))
    damaged[start : start + source.randrange(20)] = source.randbytes(source.randrange(20))
    path.write_bytes(damaged)
    try:
        assert isinstance(verify(hostile_folder, source.choice([POLICY, None])).exit_code, Kind)
    finally:
        path.write_bytes(honest)


@pytest.fixture(scope="module")
def hostile_folder(tmp_path_factory):
    return HONEST.copy().write(tmp_path_factory.mktemp("hostile") / "log")


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "tile/../../evil", "a\\..\\b", "tile//0", "./checkpoint", "a\nb"]
)
def test_a_name_that_leads_elsewhere_is_malformed(tmp_path, archive, name):
    target = tmp_path / "log.zip"
    target.write_bytes(archive)
    with zipfile.ZipFile(target, "a") as opened:
        opened.writestr(zipfile.ZipInfo(name), b"x")

    assert verify(target).kinds == {Kind.MALFORMED}
    assert not (tmp_path.parent / "evil").exists()


def test_a_name_that_stands_twice_is_malformed(tmp_path, archive):
    target = tmp_path / "log.zip"
    target.write_bytes(archive)
    with zipfile.ZipFile(target, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr("checkpoint", b"x")

    assert verify(target).kinds == {Kind.MALFORMED}


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints", "keys", "manifest.json"])
def test_a_missing_part_is_malformed(folder, name):
    (folder / name).unlink()

    assert verify(folder, None).exit_code == Kind.MALFORMED


@pytest.mark.parametrize(
    "name", ["checkpoint", "checkpoints", "keys", "manifest.json", "tile/0/000", "disclosed.jsonl"]
)
def test_a_part_that_unpacks_to_huge_size_is_malformed(tmp_path, name, monkeypatch):
    monkeypatch.setattr("duecause.engine.tlog.chain.MAX_CHECKPOINTS_FILE", 1 << 20)
    target = HONEST.copy().write(tmp_path / "log")
    packed = tmp_path / "log.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted(target.rglob("*")):
            if path.is_file():
                inner = path.relative_to(target).as_posix()
                opened.writestr(inner, b"a" * (8 << 20) if inner == name else path.read_bytes())

    assert packed.stat().st_size < 1 << 20
    assert verify(packed, None).exit_code == Kind.MALFORMED


def test_links_and_pipes_are_not_followed(folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("not for you")
    (folder / "keys").unlink()
    (folder / "keys").symlink_to(secret)
    assert verify(folder, None).kinds == {Kind.MALFORMED}

    (folder / "keys").unlink()
    os.mkfifo(folder / "keys")
    assert verify(folder, None).kinds == {Kind.MALFORMED}


@pytest.mark.parametrize("size", [10**6, 2**40, 2**63 - 1])
def test_a_signed_claim_of_a_huge_tree_ends_quickly_in_a_gap(tmp_path, size):
    log = HONEST.copy()
    log.notes = [sign_checkpoint(Checkpoint(ORIGIN, size, b"r" * 32), LOG)]
    log.write(tmp_path / "log")
    report = verify(tmp_path / "log", Policy.of_keys([LOG.verifier()]))

    assert Kind.GAP in report.kinds
    assert report.leaves == 600


@pytest.mark.parametrize("size", ["99999999999999999999", "9" * 5000, "-1", "007", "1e3", "٣"])
def test_a_size_that_is_no_plain_number_is_malformed(folder, size):
    note = LOG.sign(f"{ORIGIN}\n{size}\n{'A' * 43}=\n")
    (folder / "checkpoint").write_text(str(note))

    assert verify(folder).exit_code == Kind.MALFORMED


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"[" * 100_000,
        b'{"index":-1,"part":"record","salt":"","payload":""}',
        b'{"index":true,"part":"record","salt":"' + b"A" * 43 + b'=","payload":""}',
        b'{"index":1e400,"part":"record","salt":"' + b"A" * 43 + b'=","payload":""}',
        b'{"index":0,"part":"other","salt":"' + b"A" * 43 + b'=","payload":""}',
        b'{"index":0,"part":"record","salt":"AA==","payload":""}',
        b'{"index":0,"part":"record","salt":"' + b"A" * 43 + b'=","payload":"\\ud800"}',
        b'{"index":0,"part":["record"],"salt":"' + b"A" * 43 + b'=","payload":""}',
        b'{"index":' + b"9" * 5000 + b"}",
        b"\xff\xfe",
        b"a" * (2 << 20),
    ],
)
def test_a_disclosure_that_cannot_be_read_is_malformed(folder, line):
    (folder / "disclosed.jsonl").write_bytes(line + b"\n")

    assert verify(folder).kinds == {Kind.MALFORMED}


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"{}", b"null", b'{"format":"other/9"}', b"[" * 100_000, b"\xff"]
)
def test_a_manifest_that_cannot_be_read_is_malformed(folder, manifest):
    (folder / "manifest.json").write_bytes(manifest)

    assert verify(folder).kinds == {Kind.MALFORMED}


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300))
def test_entries_split_into_what_joins_to_the_same_bytes_or_not_at_all(data):
    entries = split_entries(data)
    joined = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries or [])

    assert entries is None or joined == data


def test_an_encrypted_member_is_malformed(tmp_path, archive):
    data = bytearray(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        offset = opened.getinfo("manifest.json").header_offset
    data[offset + 6] |= 1
    central = data.rindex(b"PK\x01\x02")
    data[central + 8] |= 1
    (tmp_path / "log.zip").write_bytes(data)

    assert verify(tmp_path / "log.zip").kinds == {Kind.MALFORMED}
