"""Verify a bundle offline: signatures, tree, order of time, commitments, and an outside memory of it.

One pass over the leaves, tile by tile; memory grows with the number of tiles and checkpoints only.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from re import Match

from duecause.engine.problems import gettext_noop
from duecause.engine.tlog.bundle import BundleReader, Disclosure
from duecause.engine.tlog.chain import SKEW_SECONDS, Chain, Signed, read_chain, read_notes
from duecause.engine.tlog.failures import Findings, Kind, Report
from duecause.engine.tlog.leaf import BATCH_HEADER, BATCH_LEAF, EVENT_HEADER, EVENT_LEAF
from duecause.engine.tlog.notes import Malformed, Verifier
from duecause.engine.tlog.policy import Policy
from duecause.engine.tlog.treepass import TreePass

_KNOWN_HEADERS = (EVENT_HEADER, BATCH_HEADER)


def verify_bundle(
    bundle: Path,
    *,
    anchor: bytes | None,
    policy: Policy | None,
    now: datetime,
    max_age: timedelta | None = None,
) -> Report:
    """Check everything a bundle claims; never raises for what is in it.

    `anchor`: the reader's own append-only file of notes seen earlier, in the form of `checkpoints`;
    without it a bundle of an older state cannot be told from the newest. `policy`: whose keys count and
    which witnesses must have cosigned the newest checkpoint; None takes the keys the bundle brings.
    `now` must carry a zone. A leaf must lie between the times at which witnesses first saw the
    checkpoints before and after it, with 5 s of skew.
    """
    if now.tzinfo is None:
        raise ValueError("now must carry a zone")
    check = _Check(now, own_keys=policy is None)
    try:
        with BundleReader(bundle) as reader:
            check.run(reader, anchor, policy, max_age)
    except Malformed as refused:
        check.findings.add_problem(Kind.MALFORMED, ascii(bundle.name[:120]), refused.problem)
    return check.report()


class _Check:
    def __init__(self, now: datetime, *, own_keys: bool) -> None:
        self.now = now
        self.findings = Findings()
        self.chain = Chain()
        self.own_keys = own_keys
        self.leaves = self.unread = 0
        self.newest_us = 0
        self.latest_us = int((now.timestamp() + SKEW_SECONDS) * 1_000_000)

    def run(
        self, bundle: BundleReader, anchor: bytes | None, policy: Policy | None, max_age: timedelta | None
    ) -> None:
        bundle.manifest()
        policy = policy or _own_policy(bundle)
        self.chain = read_chain(bundle, policy, self.findings, latest=self.latest_us // 1_000_000)
        anchored = self._read_anchor(anchor, policy)
        if self.chain.newest is not None:
            size = self.chain.newest.checkpoint.size
            sizes = {each.checkpoint.size for each in (*self.chain.published, *anchored, self.chain.newest)}
            tree = TreePass(bundle, size, {each for each in sizes if each <= size}, self.findings)
            cursor = _Disclosed(bundle.disclosed(), self.findings)
            for base, leaves in tree.run():
                self._check_leaves(base, leaves, cursor)
            cursor.finish(size)
            _check_disclosed_count(bundle, cursor.count, self.findings)
            trusted = self._check_roots(tree, self.chain.newest)
            self._check_anchor(anchored, tree.roots, trusted, size)
        if max_age is not None:
            self._check_age(max_age)

    def _read_anchor(self, anchor: bytes | None, policy: Policy) -> list[Signed]:
        if anchor is None:
            return []
        if not anchor.strip():
            text = gettext_noop("The anchor holds no note, so it protects nothing. Hand over the right file.")
            self.findings.add(Kind.MALFORMED, "anchor", text)
        return read_notes(anchor, "anchor", policy, self.findings)

    def _check_leaves(self, base: int, leaves: Sequence[bytes], cursor: _Disclosed) -> None:
        event, batch = EVENT_LEAF.fullmatch, BATCH_LEAF.fullmatch
        matches = [event(leaf) or batch(leaf) for leaf in leaves]
        for at, leaf in enumerate(leaves):
            if leaf and matches[at] is None:
                self.unread += 1
                if leaf.startswith(_KNOWN_HEADERS):
                    self.findings.add(
                        Kind.MALFORMED, f"leaf {base + at}", gettext_noop("The text of this leaf is damaged.")
                    )
        self.leaves += sum(map(bool, leaves))
        times = [int(match[3]) if match else None for match in matches]
        for start, stop, low, high in self.chain.bounds(base, base + len(leaves), self.latest_us):
            known = [time for time in times[start - base : stop - base] if time is not None]
            if known and (min(known) < low or max(known) > high):
                self._name_times(start, times[start - base : stop - base], low, high)
            self.newest_us = max([self.newest_us, *(time for time in known if time <= self.latest_us)])
        cursor.check(base, leaves, matches)

    def _name_times(self, start: int, times: Sequence[int | None], low: int, high: int) -> None:
        for index, time in enumerate(times, start):
            if time is not None and time < low:
                text = gettext_noop(
                    "The leaf claims a time before its predecessors were witnessed: back-dated."
                )
                self.findings.add(Kind.TIME, f"leaf {index}", text)
            elif time is not None and time > high:
                text = gettext_noop("The leaf claims a time after it was witnessed, or in the future.")
                self.findings.add(Kind.TIME, f"leaf {index}", text)

    def _check_roots(self, tree: TreePass, newest: Signed) -> int:
        """Compare each signed root with the leaves; returns the size up to which the leaves are proven.

        Where a later checkpoint fits, the leaves before it are proven, so an earlier one that does not fit
        belongs to another history. Where none does, it is the leaves that were touched.
        """
        signed = [*self.chain.published, newest]
        known = [each for each in signed if each.checkpoint.size in tree.roots]
        fits = [tree.roots[each.checkpoint.size] == each.checkpoint.root for each in known]
        sizes = [each.checkpoint.size for each, fit in zip(known, fits, strict=True) if fit]
        trusted = max(sizes, default=0)
        wrong = [each for each, fit in zip(known, fits, strict=True) if not fit]
        for each in wrong:
            if each.checkpoint.size < trusted:
                self.findings.add(
                    Kind.FORK,
                    each.where,
                    gettext_noop(
                        "Later checkpoints do not continue this one of %(size)s leaves: rewritten history."
                    ),
                    size=each.checkpoint.size,
                )
        touched = [each for each in wrong if each.checkpoint.size > trusted]
        if touched:
            self.findings.add(
                Kind.TREE,
                touched[0].where,
                gettext_noop(
                    "The leaves do not give the signed root for %(size)s leaves, nor those of %(more)s more "
                    "checkpoints. Leaves after %(trusted)s were altered."
                ),
                size=touched[0].checkpoint.size,
                more=len(touched) - 1,
                trusted=trusted,
            )
        return trusted

    def _check_anchor(
        self, anchored: Sequence[Signed], roots: dict[int, bytes], trusted: int, size: int
    ) -> None:
        published = {each.checkpoint.size: each.checkpoint.root for each in self.chain.published}
        for each in anchored:
            seen = each.checkpoint
            here = (roots if seen.size <= trusted else published).get(seen.size)
            if seen.size > size:
                self.findings.add(
                    Kind.ROLLBACK,
                    each.where,
                    gettext_noop(
                        "The anchor knows %(seen)s leaves, the bundle only %(size)s: it was rolled back."
                    ),
                    seen=seen.size,
                    size=size,
                )
            elif here is not None and here != seen.root:
                text = gettext_noop(
                    "The bundle does not continue the log that the anchor has seen at %(seen)s leaves."
                )
                self.findings.add(Kind.ROLLBACK, each.where, text, seen=seen.size)
            elif seen.size not in published:
                text = gettext_noop("A published checkpoint of %(seen)s leaves is missing from the list.")
                self.findings.add(Kind.FORK, each.where, text, seen=seen.size)

    def newest_time(self) -> datetime | None:
        latest = self.latest_us // 1_000_000
        seconds = [time for time in self.chain.newest.times if time <= latest] if self.chain.newest else []
        micros = max(seconds) * 1_000_000 if seconds else self.newest_us
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros) if micros else None

    def _check_age(self, max_age: timedelta) -> None:
        time = self.newest_time()
        if time is None or self.now - time > max_age:
            self.findings.add(
                Kind.TOO_OLD,
                "checkpoint",
                gettext_noop(
                    "The newest checkpoint is older than allowed, or carries no time. Fetch a newer bundle."
                ),
            )

    def report(self) -> Report:
        newest = self.chain.newest.checkpoint if self.chain.newest else None
        return Report(
            failures=self.findings.listed(),
            leaves=self.leaves,
            unread=self.unread,
            checkpoints=len(self.chain.published),
            newest_size=newest.size if newest else None,
            newest_root=newest.root if newest else None,
            newest_time=self.newest_time(),
            own_keys=self.own_keys,
        )


def _own_policy(bundle: BundleReader) -> Policy:
    try:
        lines = bundle.read("keys").decode().split("\n")
        verifiers = [Verifier.parse(line) for line in lines if line]
    except UnicodeDecodeError:
        raise Malformed("tlog.key", gettext_noop("The file of keys is not text.")) from None
    return Policy.of_keys(verifiers, every_witness=False)


def _check_disclosed_count(bundle: BundleReader, count: int, findings: Findings) -> None:
    if bundle.manifest().get("disclosed", 0) != count:
        findings.add(
            Kind.MALFORMED,
            "disclosed.jsonl",
            gettext_noop("The manifest counts other disclosed payloads than the %(count)s in the file."),
            count=count,
        )


class _Disclosed:
    """Walks the disclosed payloads along with the leaves."""

    def __init__(self, found: Iterator[Disclosure], findings: Findings) -> None:
        self._found = found
        self._findings = findings
        self.count = 0
        self._next = self._advance()

    def _advance(self) -> Disclosure | None:
        try:
            found = next(self._found, None)
        except Malformed as refused:
            self._findings.add_problem(Kind.MALFORMED, "disclosed.jsonl", refused.problem)
            return None
        self.count += found is not None
        return found

    def check(self, base: int, leaves: Sequence[bytes], matches: Sequence[Match[bytes] | None]) -> None:
        end, found = base + len(leaves), self._next
        while found is not None and found.index < end:
            match = matches[found.index - base] if found.index >= base else None
            made = b64encode(sha256(found.salt + found.payload).digest())
            # Groups 4 and 5 of an event leaf; a batch leaf commits to no payload.
            held = match[4 if found.part == "person" else 5] if match and match.re is EVENT_LEAF else None
            if held != made:
                self._findings.add(
                    Kind.COMMITMENT,
                    f"leaf {found.index}",
                    gettext_noop("The disclosed %(part)s payload is not the one this leaf commits to."),
                    part=found.part,
                )
            found = self._advance()
        self._next = found

    def finish(self, size: int) -> None:
        """What is left speaks of leaves that the log does not have."""
        while self._next is not None:
            self._findings.add(
                Kind.COMMITMENT,
                f"leaf {self._next.index}",
                gettext_noop("A payload is disclosed for a leaf that is not there; the log has %(size)s."),
                size=size,
            )
            self._next = self._advance()
