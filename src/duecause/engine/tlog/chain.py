"""The signed side of a bundle: which checkpoints count, in which order, and what time they vouch for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from duecause.engine.problems import gettext_noop
from duecause.engine.tlog.bundle import MAX_CHECKPOINTS_FILE, BundleReader
from duecause.engine.tlog.failures import Findings, Kind
from duecause.engine.tlog.notes import (
    MAX_NOTE_BYTES,
    BadSignature,
    Checked,
    Checkpoint,
    Malformed,
    Note,
    parse_checkpoint,
    parse_note,
    split_notes,
)
from duecause.engine.tlog.policy import Policy

SKEW_SECONDS = 5
_SECOND = 1_000_000


@dataclass(slots=True)
class Signed:
    """A checkpoint whose log signature fits, with all cosignatures found for it in the bundle."""

    where: str
    checkpoint: Checkpoint
    checked: list[Checked]

    @property
    def times(self) -> list[int]:
        return [each.at for each in self.checked if each.at is not None]


@dataclass(slots=True)
class Chain:
    """`published` in the order of the file. `windows`: (size, first witnessed second), rising."""

    published: list[Signed] = field(default_factory=list)
    newest: Signed | None = None
    windows: list[tuple[int, int]] = field(default_factory=list)

    def holds(self, checkpoint: Checkpoint) -> bool:
        return any(each.checkpoint == checkpoint for each in self.published)

    def bounds(self, start: int, end: int, latest_us: int) -> Iterator[tuple[int, int, int, int]]:
        """Cut leaves [start, end) where windows change: (from, to, earliest µs, latest µs)."""
        at = bisect_right(self.windows, start, key=lambda window: window[0])
        while start < end:
            stop = min(end, self.windows[at][0]) if at < len(self.windows) else end
            low = (self.windows[at - 1][1] - SKEW_SECONDS) * _SECOND if at else 0
            high = latest_us
            if at < len(self.windows):
                high = min(high, (self.windows[at][1] + SKEW_SECONDS) * _SECOND)
            yield start, stop, low, high
            start, at = stop, at + 1


def read_chain(bundle: BundleReader, policy: Policy, findings: Findings, *, latest: int) -> Chain:
    """Read and check `checkpoint` and `checkpoints`. `latest`: the second after which a time is future."""
    chain = Chain()
    if "checkpoint" not in bundle.names or "checkpoints" not in bundle.names:
        missing = "checkpoint" if "checkpoint" not in bundle.names else "checkpoints"
        findings.add(Kind.MALFORMED, missing, gettext_noop("The bundle has no such file. Export it again."))
    if "checkpoints" in bundle.names:
        data = bundle.read("checkpoints", MAX_CHECKPOINTS_FILE)
        chain.published = read_notes(data, "checkpoints", policy, findings)
        _check_count(bundle, len(split_notes(data)[0]), findings)
    newest = None
    if "checkpoint" in bundle.names:
        newest = _read_note(bundle.read("checkpoint", MAX_NOTE_BYTES), "checkpoint", policy, findings)
    if newest is not None and "checkpoints" in bundle.names:
        _merge_newest(chain, newest, findings)
    candidates = [*chain.published, *([newest] if newest else [])]
    chain.newest = max(candidates, key=lambda each: each.checkpoint.size, default=None)
    _check_order(chain.published, findings)
    _check_times(chain, findings, latest)
    if chain.newest is not None and not policy.has_quorum(chain.newest.checked):
        findings.add(
            Kind.SIGNATURE,
            chain.newest.where,
            gettext_noop("Too few witnesses have cosigned the newest checkpoint. Ask them why."),
        )
    return chain


def read_notes(data: bytes, where: str, policy: Policy, findings: Findings) -> list[Signed]:
    """The notes of an append-only file that are signed as they should be; findings for the others."""
    notes, rest = split_notes(data)
    if rest:
        findings.add(
            Kind.MALFORMED,
            where,
            gettext_noop("The last note is incomplete. Take away what follows the last empty line."),
        )
    read = (_read_note(note, f"{where}:{number}", policy, findings) for number, note in enumerate(notes, 1))
    return [signed for signed in read if signed is not None]


def _read_note(data: bytes, where: str, policy: Policy, findings: Findings) -> Signed | None:
    try:
        note: Note = parse_note(data)
        return Signed(where, parse_checkpoint(note.text), list(policy.check_log(note)))
    except BadSignature as refused:
        findings.add_problem(Kind.SIGNATURE, where, refused.problem)
    except Malformed as refused:
        findings.add_problem(Kind.MALFORMED, where, refused.problem)
    return None


def _merge_newest(chain: Chain, newest: Signed, findings: Findings) -> None:
    """The same checkpoint may stand in the list with other cosignatures: take them together."""
    for each in chain.published:
        if each.checkpoint == newest.checkpoint:
            newest.checked.extend(each.checked)
            each.checked = newest.checked
    if not chain.holds(newest.checkpoint):
        findings.add(
            Kind.FORK,
            "checkpoints",
            gettext_noop("The list of published checkpoints lacks the newest one. Notes were taken out."),
        )


def _check_count(bundle: BundleReader, count: int, findings: Findings) -> None:
    told = bundle.manifest().get("checkpoints")
    if told != count:
        findings.add(
            Kind.FORK,
            "checkpoints",
            gettext_noop("The manifest counts other checkpoints than the %(count)s in the list."),
            count=count,
        )


def _check_order(published: Sequence[Signed], findings: Findings) -> None:
    roots: dict[int, bytes] = {}
    last = 0
    for signed in published:
        size, root = signed.checkpoint.size, signed.checkpoint.root
        if roots.setdefault(size, root) != root:
            findings.add(
                Kind.FORK,
                signed.where,
                gettext_noop("The log has signed two different roots for %(size)s leaves."),
                size=size,
            )
        if size < last:
            findings.add(
                Kind.TIME,
                signed.where,
                gettext_noop("The checkpoint of %(size)s leaves was published after one of %(last)s leaves."),
                size=size,
                last=last,
            )
        last = max(last, size)


def _check_times(chain: Chain, findings: Findings, latest: int) -> None:
    """Collect the windows. A larger tree first witnessed earlier than a smaller one breaks time."""
    first: dict[int, tuple[int, str]] = {}
    for signed in [*chain.published, *([chain.newest] if chain.newest else [])]:
        for time in signed.times:
            if time > latest:
                findings.add(
                    Kind.TIME,
                    signed.where,
                    gettext_noop("A witness's time lies in the future. Check your clock."),
                )
            elif signed.checkpoint.size not in first or time < first[signed.checkpoint.size][0]:
                first[signed.checkpoint.size] = (time, signed.where)
    last = 0
    for size in sorted(first):
        time, where = first[size]
        if time < last:
            findings.add(
                Kind.TIME,
                where,
                gettext_noop("A witness saw this checkpoint before a smaller one of the log."),
            )
            continue
        last = time
        chain.windows.append((size, time))
