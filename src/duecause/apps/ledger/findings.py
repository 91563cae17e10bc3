"""What each kind of failure is called and what to do about it; needs no Django, so that a bundle can be
verified anywhere."""

from __future__ import annotations

from duecause.engine.problems import gettext_noop
from duecause.engine.tlog.failures import Kind

NAMES: dict[Kind, str] = {
    Kind.OK: gettext_noop("Nothing found"),
    Kind.MALFORMED: gettext_noop("Cannot be read"),
    Kind.SIGNATURE: gettext_noop("Signature does not fit"),
    Kind.TREE: gettext_noop("Altered entries"),
    Kind.FORK: gettext_noop("Contradicting or missing checkpoints"),
    Kind.ROLLBACK: gettext_noop("Rolled back"),
    Kind.COMMITMENT: gettext_noop("Altered contents"),
    Kind.TIME: gettext_noop("Times do not fit"),
    Kind.GAP: gettext_noop("Missing entries"),
    Kind.TOO_OLD: gettext_noop("Too old"),
}

REMEDIES: dict[Kind, str] = {
    Kind.MALFORMED: gettext_noop(
        "Get the file again. If it stays damaged, keep it as it is and compare it with another copy."
    ),
    Kind.SIGNATURE: gettext_noop(
        "Check that you hold the keys of this log. If you do, somebody else signed: keep it and report it."
    ),
    Kind.TREE: gettext_noop(
        "Keep a copy of the database as it is, restore the entries from a backup into a copy, and find out"
        " who wrote to the database at that time."
    ),
    Kind.FORK: gettext_noop(
        "History was replaced. Keep a copy as it is and compare the checkpoints with those of partners."
    ),
    Kind.ROLLBACK: gettext_noop(
        "If a backup was restored, say so in writing and bring back the newer entries. Otherwise treat it as"
        " an attack."
    ),
    Kind.COMMITMENT: gettext_noop(
        "The entry stands, its content was changed. Keep a copy and restore the row from a backup."
    ),
    Kind.TIME: gettext_noop("Compare the clocks of this server and of the witnesses, then ask who wrote it."),
    Kind.GAP: gettext_noop(
        "Keep a copy as it is and bring the missing entries back from a backup or an earlier bundle."
    ),
    Kind.TOO_OLD: gettext_noop("Get a newer bundle, or see whether the sequencer is running."),
}
