"""The feed as files, for centres that exchange folders instead of calling the API: bytes in, bytes out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from duecause.apps.dialling import attempt_actions, feed_actions, feed_queries, packages
from duecause.apps.dialling import feed_report_actions as reports
from duecause.apps.dialling.custody_actions import Said, say
from duecause.apps.dialling.feed_actions import Acknowledged
from duecause.apps.dialling.feed_queries import Page
from duecause.apps.dialling.models import FeedEntry
from duecause.apps.dialling.packages import Package
from duecause.apps.parties.models import Partner
from duecause.engine.actor import Actor
from duecause.engine.problems import Problem, Refused
from duecause.engine.tabular import write_csv

COLUMNS = ("cursor", "kind", "references", "list", "scope", "channel", "campaign", "at")
RIGHT = ("cursor", "reference", "field", "value")
NAME = re.compile(r"feed-([1-9][0-9]{0,17})-([1-9][0-9]{0,17})\.csv", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
MOST_BYTES = 20_000_000
Row = TypeVar("Row")


def written(*, actor: Actor, partner: Partner, now: datetime) -> dict[str, bytes]:
    """File name → content: what the partner has not acknowledged, what is right where that corrects something
    (an empty value: delete), the newest checkpoint of the ledger, and a manifest with the SHA-256 of each. A
    partner with a public key gets the first two encrypted, and the manifest says what they hold. Writing
    again gives the same entries until they are acknowledged, with what is right by then."""
    after = feed_queries.stream_of(partner).acknowledged
    cursor, more = after, True
    right: list[tuple[str | int, ...]] = []
    while more:
        page = feed_actions.hand_out(actor=actor, partner=partner, after=cursor, now=now)
        right += _right(page)
        cursor, more = page.cursor, page.more
    files: dict[str, bytes] = {}
    if cursor > after:
        files[f"feed-{after + 1}-{cursor}.csv"] = _table(partner, after, cursor)
    if right:
        files[f"values-{after + 1}-{cursor}.csv"] = b"".join(write_csv(right, RIGHT))
    packed = packages.packed_files(files, partner)
    checkpoint = page.checkpoint.encode()
    manifest = {
        "partner": partner.code,
        "from": after + 1,
        "to": cursor,
        "written_at": now.isoformat(),
        "files": [
            *(_listed(name, package) for name, package in packed.items()),
            {"name": "checkpoint", "sha256": hashlib.sha256(checkpoint).hexdigest()},
        ],
    }
    return {
        **{name: package.content for name, package in packed.items()},
        "checkpoint": checkpoint,
        "manifest.json": json.dumps(manifest, indent=1).encode() + b"\n",
    }


def _listed(name: str, package: Package) -> dict[str, str]:
    """`holds_sha256`: of what is inside an encrypted file, as an acknowledgement gives it back."""
    line = {"name": name, "sha256": package.sha256}
    return line | {"holds_sha256": package.clear_sha256} if package.encrypted_to else line


def _right(page: Page) -> list[tuple[str | int, ...]]:
    """Each column of each row that the corrections of a page name."""
    known = {(each.cursor, each.reference, each.field): each.value for each in page.values}
    return [
        (entry["cursor"], reference, name, known.get((entry["cursor"], reference, name), ""))
        for entry in page.entries
        for name in entry.get("fields", ())
        for reference in entry["references"]
    ]


def _table(partner: Partner, after: int, up_to: int) -> bytes:
    entries = feed_queries.read_entries(partner, after=after, up_to=up_to)
    return b"".join(write_csv(map(_line, entries), COLUMNS))


def _line(entry: FeedEntry) -> tuple[str | int, ...]:
    seen = feed_queries.shown(entry)
    scope = seen["scope"]
    return (
        seen["cursor"],
        seen["kind"],
        " ".join(seen["references"]),
        seen["list"],
        scope["kind"],
        scope["channel"],
        scope["campaign"],
        seen["at"],
    )


def read_acknowledgement(
    *, actor: Actor, partner: Partner, name: str, data: bytes, now: datetime
) -> Acknowledged:
    """Take an `ack-*.json`: {"file", "sha256"} of the file it acknowledges, and `checkpoint_cosignature`
    where the partner cosigns. Again changes nothing. Raises Refused where the hash is another file's."""
    word = _object(name, data)
    about = NAME.fullmatch(str(word.get("file", "")))
    if about is None or not SHA256.fullmatch(str(word.get("sha256", ""))):
        raise Refused(
            "ack_incomplete",
            "%(name)s must hold “file”, as in feed-1-20.csv, and its “sha256” in hexadecimal.",
            name=name,
        )
    first, last = int(about[1]), int(about[2])
    stream = feed_queries.stream_of(partner)
    if not first <= last <= stream.given or first > stream.acknowledged + 1:
        raise Refused(
            "ack_never_given",
            "%(name)s acknowledges %(file)s, which was not given to %(partner)s, or an earlier file is still"
            " to be acknowledged (the next entry is %(next)s).",
            name=name,
            file=about[0],
            partner=partner.name,
            next=stream.acknowledged + 1,
        )
    if hashlib.sha256(_table(partner, first - 1, last)).hexdigest() != word["sha256"]:
        raise Refused(
            "ack_wrong_hash",
            "%(name)s holds another hash than %(file)s has. The file was altered or damaged on its way: write"
            " it again and let the partner read it again. Nothing was acknowledged.",
            name=name,
            file=about[0],
        )
    return feed_actions.acknowledge(
        actor=actor,
        partner=partner,
        cursor=last,
        now=now,
        cosigned_checkpoint=str(word.get("checkpoint_cosignature", "")),
    )


def _object(name: str, data: bytes) -> dict[str, Any]:
    try:
        word = json.loads(data) if len(data) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        word = None
    if not isinstance(word, dict):
        raise Refused(
            "ack_unreadable", "%(name)s is not a JSON object. Let the partner write it again.", name=name
        )
    return word


@dataclass(frozen=True, slots=True)
class FileRead:
    """How many rows of a file were taken, and what is wrong with the others."""

    taken: int
    problems: list[str]


def read_objections(*, actor: Actor, partner: Partner, name: str, data: bytes, now: datetime) -> FileRead:
    """Take an `objections-*.csv` (client_id, reference, number, at, scope, how). A row that was taken before
    changes nothing; one that cannot be read does not hold up the others."""

    def take(cells: dict[str, str], row: int) -> None:
        reported = reports.Reported(
            client_id=_named(cells, "client_id"),
            at=_moment(cells),
            reference=cells.get("reference", "")[:64],
            number=cells.get("number", "")[:64],
            scope=cells.get("scope") or "all_marketing",
            how=cells.get("how") or "call",
        )
        reports.report_objection(actor=actor, partner=partner, reported=reported, now=now)

    return _read(name, data, take)


def read_attempts(*, actor: Actor, partner: Partner, name: str, data: bytes, now: datetime) -> FileRead:
    """Take an `attempts-*.csv` (reference, at, outcome, refusal), as `read_objections`."""
    calls: list[attempt_actions.Call] = []
    lines: list[int] = []

    def take(cells: dict[str, str], row: int) -> None:
        call = attempt_actions.Call(
            reference=_named(cells, "reference"),
            at=_moment(cells),
            outcome=cells.get("outcome", ""),
            refusal=cells.get("refusal", "").lower() in ("1", "true", "yes"),
            script=cells.get("script", "")[:10],
        )
        attempt_actions.refuse_unreadable(call, now)
        calls.append(call)
        lines.append(row)

    read, refused = _read(name, data, take), []
    for start in range(0, len(calls), attempt_actions.MOST_ATTEMPTS):
        part: Sequence[attempt_actions.Call] = calls[start : start + attempt_actions.MOST_ATTEMPTS]
        done = attempt_actions.return_attempts(actor=actor, partner=partner, calls=part, now=now)
        refused += [_in_row(name, lines[start + place], problem) for place, problem in done.refused.items()]
    return FileRead(read.taken - len(refused), read.problems + refused)


def _in_row(name: str, row: int, problem: Problem) -> str:
    return f"{name}, row {row}: {problem.text}"


def read_words(*, actor: Actor, partner: Partner, name: str, data: bytes, now: datetime) -> FileRead:
    """Take a `lists-*.csv` (list, word, at, sha256): what became of lists. As `read_objections`."""

    def take(cells: dict[str, str], _: int) -> None:
        said = Said(word=_named(cells, "word"), at=_moment(cells), sha256=cells.get("sha256", ""), how="file")
        say(actor=actor, partner=partner, mark=_named(cells, "list"), said=said, now=now)

    return _read(name, data, take)


def _read(name: str, data: bytes, take: Callable[[dict[str, str], int], None]) -> FileRead:
    try:
        text = data.decode("utf-8-sig") if len(data) <= MOST_BYTES else None
    except UnicodeDecodeError:
        text = None
    if text is None or "\0" in text:
        raise Refused("report_unreadable", "%(name)s is not a CSV file in UTF-8 of up to 20 MB.", name=name)
    taken, problems = 0, []
    try:
        for row, cells in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
            try:
                known = {key: (value or "").strip() for key, value in cells.items() if isinstance(key, str)}
                take(known, row)
                taken += 1
            except Refused as refused:
                problems.append(_in_row(name, row, refused.problem))
    except csv.Error:
        problems.append(f"{name}: the rest is not CSV. Export it again.")
    return FileRead(taken, problems)


def _named(cells: dict[str, str], column: str) -> str:
    value = cells.get(column, "")
    if not value or len(value) > 64 or not value.isprintable():
        raise Refused("report_column", "“%(column)s” must hold 1 to 64 characters.", column=column)
    return value


def _moment(cells: dict[str, str]) -> datetime:
    try:
        at = datetime.fromisoformat(cells.get("at", ""))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Refused("report_moment", "“at” must be a moment with its zone, as 2026-11-02T10:00:00+01:00.")
    return at
