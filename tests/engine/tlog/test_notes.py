from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.tlog import (
    BadSignature,
    Checkpoint,
    Malformed,
    Note,
    Policy,
    Signer,
    Verifier,
    check_note,
    join_notes,
    parse_checkpoint,
    parse_note,
    parse_policy,
    sign_checkpoint,
    split_notes,
)
from duecause.engine.tlog.notes import COSIGNATURE_ML_DSA_44, encode64, key_id
from tests.engine.tlog.sample import LOG, ORIGIN, STRANGER, WITNESS

CHECKPOINT = Checkpoint(ORIGIN, 20852163, bytes(range(32)))
NOTE = WITNESS.cosign(sign_checkpoint(CHECKPOINT, LOG), at=1679315147)

# The published test key and note of Go's golang.org/x/mod/sumdb/note.
PETER = Verifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1"
    "FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_published_note_of_another_implementation_verifies():
    note = parse_note(PETER_NOTE.encode())

    assert str(note) == PETER_NOTE
    assert [each.verifier for each in check_note(note, [PETER])] == [PETER]
    with pytest.raises(BadSignature):
        check_note(Note(note.text.replace("don't", "do"), note.signatures), [PETER])


def test_the_key_id_is_the_hash_that_the_standard_defines():
    public = LOG.private_key.public_key().public_bytes_raw()

    assert LOG.verifier().key_id == sha256(ORIGIN.encode() + b"\n\x01" + public).digest()[:4]
    cosigner = WITNESS.private_key.public_key().public_bytes_raw()
    assert (
        WITNESS.verifier(witness=True).key_id == sha256(b"witness.example/dpo\n\x04" + cosigner).digest()[:4]
    )


def test_a_checkpoint_reads_as_it_was_written():
    lines = str(NOTE).split("\n")

    assert lines[:4] == [ORIGIN, "20852163", encode64(bytes(range(32))), ""]
    assert parse_note(str(NOTE).encode()) == NOTE
    assert parse_checkpoint(NOTE.text) == CHECKPOINT


def test_a_cosignature_carries_its_time_and_signs_it():
    witness = WITNESS.verifier(witness=True)
    blob = NOTE.signatures[1].blob
    message = b"cosignature/v1\ntime 1679315147\n" + NOTE.text.encode()

    assert {each.at for each in check_note(NOTE, [LOG.verifier(), witness])} == {None, 1679315147}
    assert blob[:8] == (1679315147).to_bytes(8, "big")
    WITNESS.private_key.public_key().verify(blob[8:], message)
    moved = (1679315148).to_bytes(8, "big") + blob[8:]
    with pytest.raises(BadSignature):
        witness.check(NOTE.text, moved)


def test_signing_twice_gives_the_same_note_and_the_key_is_never_printed():
    assert sign_checkpoint(CHECKPOINT, LOG) == sign_checkpoint(CHECKPOINT, LOG)
    assert repr(LOG) == f"Signer('{ORIGIN}')"


def test_signatures_of_strangers_are_passed_over_but_somebody_known_must_have_signed():
    both = STRANGER.sign(CHECKPOINT.text()).with_signature(NOTE.signatures[0])

    assert [each.verifier for each in check_note(both, [LOG.verifier()])] == [LOG.verifier()]
    with pytest.raises(BadSignature, match="No known key"):
        check_note(both, [WITNESS.verifier(witness=True)])


def test_a_post_quantum_key_is_read_and_its_signature_passed_over_for_now():
    public = bytes(1312)
    identifier = key_id("pq.example", COSIGNATURE_ML_DSA_44, public).hex()
    text = f"pq.example+{identifier}+{encode64(bytes([6]) + public)}"
    verifier = Verifier.parse(text)

    assert str(verifier) == text
    assert verifier.is_witness
    assert len(check_note(NOTE, [verifier, LOG.verifier()])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+",
        "name+zzzzzzzz+AQ==",
        "name+00000000+AQ==",
        str(LOG.verifier()).replace("+", "+0", 1),
        str(LOG.verifier())[:-4],
        str(LOG.verifier()).replace("ledger", "other"),
        " " + str(LOG.verifier()),
        str(LOG.verifier()).upper(),
        str(LOG.verifier()) + "\n",
    ],
)
def test_a_verifier_key_with_anything_wrong_is_malformed(text):
    with pytest.raises(Malformed):
        Verifier.parse(text)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n",
        str(NOTE).encode()[:-1],
        str(NOTE).encode() + b"\n",
        str(NOTE).replace("— ", "- ").encode(),
        str(NOTE).replace("\n", "\r\n").encode(),
        str(NOTE).replace("witness.example", "wit+ness").encode(),
        str(NOTE).replace("witness.example", "wit ness").encode(),
        (NOTE.text + "\n" + NOTE.signatures[0].line() * 65).encode(),
        ("a" * (1 << 20) + str(NOTE)).encode(),
    ],
)
def test_a_note_with_anything_wrong_is_malformed(data):
    with pytest.raises(Malformed):
        parse_note(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "a\n1\n",
        f"\n1\n{'A' * 43}=\n",
        f"a\n01\n{'A' * 43}=\n",
        "a\n1\nAAAA\n",
        f"a\n1\n{'A' * 42}B=\n",
        f"a\n1\n{'A' * 43}=\n\nx\n",
        f"a\n1\n{'A' * 43}=",
    ],
)
def test_a_text_that_is_no_checkpoint_is_malformed(text):
    with pytest.raises(Malformed):
        parse_checkpoint(text)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200))
def test_random_bytes_are_a_note_or_malformed(data):
    try:
        assert str(parse_note(data)).encode() == data
    except Malformed as refused:
        assert refused.problem.text


def test_notes_one_after_the_other_come_apart_and_a_torn_last_one_is_told():
    notes = [sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), LOG) for size in range(4)]
    data = join_notes(notes)

    assert split_notes(data) == ([str(note).encode() for note in notes], b"")
    for cut in range(1, len(join_notes(notes[3:]))):
        found, rest = split_notes(data[:-cut])
        assert found == [str(note).encode() for note in notes[:3]]
        assert join_notes(notes[:3]) + rest == data[:-cut]
    assert split_notes(b"") == ([], b"")


POLICY_TEXT = f"""# who watches
log {LOG.verifier()} https://ledger.example/

witness dpo {WITNESS.verifier(witness=True)}
witness\tpartner {STRANGER.verifier(witness=True)}
group both all dpo partner
group one any both
quorum %s
"""


def test_a_policy_file_names_logs_witnesses_and_how_many_must_have_cosigned():
    for quorum, enough in (
        ("none", True),
        ("dpo", True),
        ("partner", False),
        ("both", False),
        ("one", False),
    ):
        policy = parse_policy((POLICY_TEXT % quorum).encode())
        assert policy.has_quorum(policy.check_log(NOTE)) is enough
    cosigned = STRANGER.cosign(NOTE, at=1679315148)
    assert parse_policy((POLICY_TEXT % "one").encode()).check(cosigned)
    with pytest.raises(BadSignature, match="witnesses"):
        parse_policy((POLICY_TEXT % "both").encode()).check(NOTE)


def test_a_plain_list_of_keys_wants_every_witness_in_it():
    keys = f"{LOG.verifier()}\n{WITNESS.verifier(witness=True)}\n"
    policy = parse_policy(keys.encode())

    assert policy == Policy.of_keys([LOG.verifier(), WITNESS.verifier(witness=True)])
    assert policy.check(NOTE)
    with pytest.raises(BadSignature, match="witnesses"):
        policy.check(sign_checkpoint(CHECKPOINT, LOG))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum none",
        f"log {LOG.verifier()}",
        f"log {WITNESS.verifier(witness=True)}\nquorum none",
        f"log {LOG.verifier()}\nquorum missing",
        f"log {LOG.verifier()}\nquorum none\nquorum none",
        f"log {LOG.verifier()}\nlog {LOG.verifier()}\nquorum none",
        f"log {LOG.verifier()}\nwitness none {WITNESS.verifier(witness=True)}\nquorum none",
        f"log {LOG.verifier()}\nwitness a {LOG.verifier()}\nquorum none",
        (POLICY_TEXT % "none").replace("all dpo partner", "3 dpo partner"),
        (POLICY_TEXT % "none").replace("all dpo partner", "0 dpo partner"),
        (POLICY_TEXT % "none").replace("all dpo partner", "all dpo dpo"),
        (POLICY_TEXT % "none").replace("any both", "any dpo"),
        (POLICY_TEXT % "none").replace("any both", "any later"),
        (POLICY_TEXT % "none").replace("witness dpo", "witness"),
        "something else",
    ],
)
def test_a_policy_with_anything_wrong_is_malformed(text):
    with pytest.raises(Malformed):
        parse_policy(text.encode())


def test_a_signer_needs_a_name_that_fits_a_note():
    for name in ("", "a b", "a+b", "a\nb"):
        with pytest.raises(ValueError, match="name"):
            Signer.from_seed(name, bytes(32))
