#!/usr/bin/env python3
"""A call centre's side of the Duecause feed, in one file without dependencies (Python 3.11 or newer).

    DUECAUSE_KEY=dc_... python client.py --url https://duecause.example --list released.csv --state state.json

It fetches what the centre must act on, marks the rows of its released lists as stopped, acknowledges, and
keeps the newest checkpoint of the ledger. Rows are written to disk before they are acknowledged: when it is
killed at any moment, running it again loses nothing. Exit codes: 0 done, 1 try again later, 2 look at what it
says.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import hmac
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

TIMEOUT = 30
REPLAY_SECONDS = 300
STOPPED = "stopped"  # the column that this client adds to a list


class Distrust(Exception):
    """What came is not what it should be: nothing was acknowledged. A person has to look."""


class Feed:
    """The three calls of the API that this client needs."""

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise Distrust("the address of the house begins with https://")
        self.url = url.rstrip("/")
        self.key = key

    def page(self, after: int) -> dict:
        return self._call("GET", f"/api/feed?after={after}")

    def acknowledge(self, cursor: int) -> dict:
        return self._call("POST", "/api/feed/ack", {"cursor": cursor})

    def _call(self, method: str, path: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)  # noqa: S310 - see __init__
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 409:  # we hold a cursor that the house does not know: it went back in time
                raise Distrust(json.load(error)["message"]) from None
            raise


def entries_hash(entries: list[dict]) -> str:
    """As the house hashes them: JSON with sorted keys, without spaces, in UTF-8."""
    text = json.dumps(entries, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def newer_checkpoint(kept: str, given: str) -> str:
    """The newer of two checkpoints. Raises Distrust where the log shrank, changed, or is another one.

    This sees that the log never goes back. Whether the newer one contains the older one is proven with tiles:
    `duecause witness`, or any C2SP witness, does that with the notes kept here.
    """
    if not kept or not given:
        return given or kept
    origin, size, root = read_checkpoint(kept)
    new_origin, new_size, new_root = read_checkpoint(given)
    if new_origin != origin:
        raise Distrust(f"the ledger is another one: {new_origin} instead of {origin}")
    if new_size < size:
        raise Distrust(f"the ledger went back from {size} to {new_size} entries")
    if new_size == size and new_root != root:
        raise Distrust(f"two ledgers of {size} entries: somebody rewrote one")
    return given


def read_checkpoint(note: str) -> tuple[str, int, str]:
    lines = note.split("\n")
    if len(lines) < 4 or not lines[1].isdigit():
        raise Distrust("this is no checkpoint")
    return lines[0], int(lines[1]), lines[2]


def stop_rows(path: Path, entries: list[dict], values: list[dict] = ()) -> int:
    """Mark the rows that these entries name, in their order; free those whose objection was lifted, delete
    those to be erased, and put right what was corrected: with what `values` say, or by deleting it. Gives how
    many changed."""
    right = {(each["cursor"], each["reference"], each["field"]): each["value"] for each in values}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = [*(reader.fieldnames or ())]
        rows = list(reader)
    if STOPPED not in columns:
        columns.append(STOPPED)
    changed = 0
    for entry in entries:
        named = set(entry["references"])
        meant = [
            row
            for row in rows
            if row["reference"] in named or (entry["list"] and row.get("list") == entry["list"])
        ]
        if entry["kind"] == "erasure":
            gone = set(map(id, meant))
            rows = [row for row in rows if id(row) not in gone]
            changed += len(gone)
            continue
        if entry["kind"] == "correction":
            changed += sum(put_right(row, entry, right) for row in meant)
            continue
        for row in meant:
            mark = next_mark(row.get(STOPPED) or "", entry["kind"])
            changed += mark != (row.get(STOPPED) or "")
            row[STOPPED] = mark
    replace(path, lambda file: _write_rows(file, columns, rows))
    return changed


def put_right(row: dict, entry: dict, right: dict) -> bool:
    """Correct the columns that the entry names. What no value is given for is deleted; a row without number
    is called no more. True if anything changed."""
    before = dict(row)
    for column in entry["fields"]:
        if column in row:
            row[column] = right.get((entry["cursor"], row["reference"], column), "")
        if column == "number":
            row[STOPPED] = row.get(STOPPED) or "correction"
    return row != before


def next_mark(mark: str, kind: str) -> str:
    """What stops a row after one more entry. A lifted objection frees it, but not from a recall; what this
    client does not know stops it."""
    if kind == "lifted":
        return "" if mark == "objection" else mark
    return kind if kind == "recall" or not mark else mark


def _write_rows(file, columns: list[str], rows: list[dict]) -> None:
    writer = csv.DictWriter(file, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)


def replace(path: Path, write) -> None:
    """Write beside, reach the disk, rename: nobody ever finds half a file."""
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8", newline="") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def run(feed: Feed, lists: list[Path], state_file: Path) -> dict:
    """Fetch, apply and acknowledge until nothing is left. Gives the state that is kept."""
    state = {"cursor": 0, "checkpoint": ""}
    if state_file.exists():
        state = json.loads(state_file.read_text(encoding="utf-8"))
    more = True
    while more:
        page = feed.page(state["cursor"])
        if entries_hash(page["entries"]) != page["sha256"]:
            raise Distrust("the entries are not those of their hash")
        expected = list(range(state["cursor"] + 1, page["cursor"] + 1))
        if [entry["cursor"] for entry in page["entries"]] != expected:
            raise Distrust("entries are missing between two cursors")
        state["checkpoint"] = newer_checkpoint(state["checkpoint"], page["checkpoint"])
        changed = 0
        if page["entries"]:
            changed = sum(stop_rows(path, page["entries"], page["values"]) for path in lists)
        if page["entries"]:
            feed.acknowledge(page["cursor"])
            print(
                f"{len(page['entries'])} entries, {changed} rows changed, acknowledged up to {page['cursor']}"
            )
        state["cursor"], more = page["cursor"], page["more"]
        replace(state_file, lambda file: json.dump(state, file))
    return state


def ping_is_genuine(
    *, secret: str, timestamp: str, signature: str, body: bytes, now: float, seen: dict[str, float]
) -> bool:
    """Whether a call to your webhook is one of Duecause, is fresh, and comes for the first time.

    `timestamp` and `signature` are the headers Duecause-Timestamp and Duecause-Signature; `seen` is kept
    between calls. On True, run this client: the ping holds nothing but the newest cursor.
    """
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > REPLAY_SECONDS:
        return False
    signed = timestamp.encode() + b"." + body
    right = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), signature.encode()):
        return False
    for old in [known for known, at in seen.items() if now - at > 2 * REPLAY_SECONDS]:
        del seen[old]
    if signature in seen:
        return False
    seen[signature] = now
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="Act on the feed of a Duecause house.")
    parser.add_argument("--url", required=True, help="address of the house, without /api")
    parser.add_argument("--list", dest="lists", action="append", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True, help="cursor and checkpoint are kept here")
    given = parser.parse_args()
    key = os.environ.get("DUECAUSE_KEY", "")
    if not key:
        print("Set DUECAUSE_KEY to the key that you were given.", file=sys.stderr)
        return 2
    try:
        run(Feed(given.url, key), given.lists, given.state)
    except Distrust as reason:
        print(f"Stopped, nothing more was acknowledged: {reason}.", file=sys.stderr)
        return 2
    except (urllib.error.URLError, OSError) as error:
        print(f"Not now: {error}. Run it again.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
