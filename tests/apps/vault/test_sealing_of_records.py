"""What is sealed for one owner and place opens only there, and never again once its key is gone."""

import pytest

from duecause.apps.vault import actions, keyring
from duecause.apps.vault.models import DataKey
from duecause.apps.vault.opening import Sealed, open_many
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused
from duecause.engine.sealing import SealBroken

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def test_the_compartments_of_one_owner_live_and_die_apart():
    owner = uuid7()
    identity = Sealed(owner, "identity", "u", actions.seal(owner, "identity", "u", {"name": "Mila"}))
    proof = Sealed(owner, "proof", "u", actions.seal(owner, "proof", "u", {"said": "yes"}))
    actions.destroy_keys(owner, ["identity"])
    assert open_many([identity, proof]) == [None, {"said": "yes"}]


def test_a_blob_moved_to_another_owner_or_column_does_not_open():
    owner, other = uuid7(), uuid7()
    blob = actions.seal(owner, "identity", "u", {"name": "Mila"})
    actions.seal(other, "identity", "u", {"name": "Noor"})
    for wrong in (Sealed(other, "identity", "u", blob), Sealed(owner, "identity", "other", blob)):
        with pytest.raises(SealBroken):
            open_many([wrong])


def test_sealing_again_for_the_same_owner_uses_the_same_key():
    owner = uuid7()
    blobs = [Sealed(owner, "identity", "u", actions.seal(owner, "identity", "u", {"n": n})) for n in (1, 2)]
    assert DataKey.objects.count() == 1
    assert open_many(blobs) == [{"n": 1}, {"n": 2}]


def test_keys_are_stored_wrapped_only():
    owner = uuid7()
    actions.seal(owner, "identity", "u", {"n": 1})
    plain = actions.existing_keys([(owner, "identity")])[owner, "identity"]
    assert plain not in bytes(DataKey.objects.get().wrapped)


def test_a_key_file_others_can_read_is_refused_with_the_command_that_mends_it(tmp_path):
    keyring.create(tmp_path)
    (tmp_path / "dial.key").chmod(0o644)
    with pytest.raises(Refused, match="chmod 600"):
        keyring.load(tmp_path)


def test_making_keys_again_never_replaces_one(tmp_path):
    keyring.create(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    keyring.create(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_key_that_nobody_could_unwrap_is_not_stored():
    apart = actions.SealedApart(uuid7(), "identity", b"blob", b"wrapped", "gone0000")
    with pytest.raises(SealBroken):
        actions.store_new_keys([apart])
    assert not DataKey.objects.filter(owner=apart.owner).exists()
