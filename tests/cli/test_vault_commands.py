"""`duecause vault` on a data folder of its own: change the key that wraps, copy the key database."""

import json
import sqlite3
from pathlib import Path

from .running import run


def test_the_key_is_changed_and_the_copy_holds_the_keys_as_they_are(tmp_path: Path) -> None:
    data, copies = tmp_path / "data", tmp_path / "copies"
    assert run(data, "init").returncode == 0
    before = json.loads(run(data, "vault", "status", "--json").stdout)
    assert run(data, "vault", "rotate").returncode == 0
    after = json.loads(run(data, "vault", "status", "--json").stdout)
    assert after["kek"] != before["kek"]
    assert [one["kek"] for one in after["retired"]] == [before["kek"]]
    assert run(data, "vault", "copy").returncode == 2, "no folder for copies is named"
    copied = run(data, "vault", "copy", DUECAUSE_KEY_COPIES=str(copies))
    assert copied.returncode == 0, copied.stderr
    [path] = copies.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    with sqlite3.connect(data / "keys.sqlite3") as original, sqlite3.connect(path) as copy:
        asked = "SELECT owner, compartment, wrapped FROM vault_datakey ORDER BY id"
        assert copy.execute(asked).fetchall() == original.execute(asked).fetchall() != []


def test_a_token_key_is_announced_once_and_the_status_tells_of_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run(data, "init").returncode == 0
    assert run(data, "vault", "rotate", "--token", "dial").returncode == 0
    again = run(data, "vault", "rotate", "--token", "dial")
    assert again.returncode == 2 and "still goes on" in again.stderr
    told = json.loads(run(data, "vault", "status", "--json").stdout)["token_keys"]
    changes = {one["family"]: one["change"] and one["change"]["state"] for one in told}
    assert changes == {"lookup": None, "dial": "announced", "guard": None}
    [path] = (data / "keys").glob("cover-*.key")
    assert path.stat().st_mode & 0o077 == 0
