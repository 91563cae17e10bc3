"""What the worker does for this room: read the files that people handed in. Both verbs may run again after a
crash: what was taken already is recognised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from duecause.apps.consent import proof_actions, running_out, upload_actions
from duecause.apps.consent.consent_end_actions import expire_consent
from duecause.apps.consent.models import NationalRegister
from duecause.apps.consent.objection_import_actions import Imported, import_objections
from duecause.apps.consent.register_load_actions import load_register
from duecause.apps.obligations.actions import ATTEMPTS_BEFORE_DEAD, report_progress
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles, periodic
from duecause.apps.parties.models import Controller
from duecause.engine.actor import Actor
from duecause.engine.problems import Problem, Refused
from duecause.engine.tabular import open_tables

# Rows with a problem that a result keeps by name; the counts are of all.
ROWS_TOLD = 200

Read = Callable[[Actor, Step, bytes], Mapping[str, Any]]


def _read(step: Step, function: str, read: Read) -> Mapping[str, Any]:
    actor = Actor.job(str(step.pk), function, f"open:{upload_actions.WHY}")
    try:
        data = upload_actions.open_queued(actor=actor, obligation=step.obligation, now=datetime.now(UTC))
        receipt = read(actor, step, data)
    except Refused:
        upload_actions.drop_queued(actor=actor, obligation=step.obligation)
        raise
    except Postponed:
        raise
    except Exception:
        if step.attempts >= ATTEMPTS_BEFORE_DEAD:
            upload_actions.drop_queued(actor=actor, obligation=step.obligation)
        raise
    upload_actions.drop_queued(actor=actor, obligation=step.obligation)
    return receipt


@handles(upload_actions.LOAD, again=False)
def load(step: Step) -> Mapping[str, Any]:
    return _read(step, "registers.load", _load)


def _load(actor: Actor, step: Step, data: bytes) -> Mapping[str, Any]:
    facts = step.obligation.facts
    loaded = load_register(
        actor=actor,
        register=NationalRegister.objects.get(code=facts["register"]),
        data=data,
        file_name=facts["file"],
        version_date=date.fromisoformat(facts["version"]),
        now=datetime.now(UTC),
        force_shrunken=facts["forced"],
        sha256=facts.get("sha256", ""),
        progress=lambda done, total: _progress(step, done, total),
    )
    return {
        "numbers": loaded.version.rows,
        "repeated": loaded.repeated,
        "malformed": loaded.malformed,
    }


@handles(upload_actions.OBJECTIONS, again=False)
def objections(step: Step) -> Mapping[str, Any]:
    return _read(step, "consent.object", _objections)


def _objections(actor: Actor, step: Step, data: bytes) -> Mapping[str, Any]:
    facts = step.obligation.facts
    total = sum(table.detected.row_count for table in open_tables(data, name=facts["file"]))
    taken = import_objections(
        actor=actor,
        data=data,
        file_name=facts["file"],
        controller=Controller.objects.get(code=facts["controller"]),
        now=datetime.now(UTC),
        country=facts["country"],
        progress=lambda done: _progress(step, done, total),
    )
    return told(taken)


@periodic("consent.expire", lambda now: f"{now:%Y-%m-%dT%H}")
def expire(step: Step) -> Mapping[str, Any]:
    """Each hour: note which consents ran out, and tell who holds the people."""
    actor = Actor.job(str(step.pk), "consent.expire")
    now = datetime.now(UTC)
    noted = [expire_consent(actor=actor, known=known, now=now) for known in running_out.run_out(now)]
    return {"expired": sum(1 for event in noted if event is not None)}


@periodic(proof_actions.FUNCTION, lambda now: f"{now:%Y-%m-%d}")
def end_proof(step: Step) -> Mapping[str, Any]:
    actor = Actor.job(str(step.pk), proof_actions.FUNCTION)
    return {"people": proof_actions.end_evidence(actor=actor, now=datetime.now(UTC))}


def told(taken: Imported) -> dict[str, Any]:
    """Counts, and the rows that have a problem by name and shape: nothing of what they hold."""
    troubled = [(row, problem) for row in taken.rows for problem in row.problems]
    return {
        "counts": taken.counts,
        "problems": dict(Counter(problem.code for _, problem in troubled).most_common()),
        "rows": [
            {"sheet": row.sheet, "row": row.row, "outcome": row.outcome, **_plain(problem)}
            for row, problem in troubled[:ROWS_TOLD]
        ],
    }


def _plain(problem: Problem) -> dict[str, Any]:
    params = {name: value if isinstance(value, int) else str(value) for name, value in problem.params.items()}
    return {"code": problem.code, "template": problem.template, "params": params}


def _progress(step: Step, done: int, total: int) -> None:
    if not report_progress(step=step, now=datetime.now(UTC), done=done, total=total):
        raise Postponed("Another worker has taken over this file.")
