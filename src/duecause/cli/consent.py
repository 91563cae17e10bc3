"""Take over past objections and load national registers."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from duecause.apps.consent import objection_import_actions, register_load_actions, submission_actions
from duecause.apps.consent.models import NationalRegister, RegisterSubmission
from duecause.apps.dialling import feed_queries, queries, register_answers
from duecause.apps.parties.models import Controller
from duecause.cli.files import read_bytes, require_writable, write_bytes
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
PATH = click.Path(path_type=Path)
SHOWN = 20


@click.group("objections")
def objections_group() -> None:
    """Objections to marketing."""


@objections_group.command("import")
@click.argument("file", type=PATH)
@click.option("--controller", required=True, help="Code of the company that the people objected to.")
@click.option("--country", default="", help="Country of numbers without country code.")
@click.option("--report", "report_file", type=PATH, help="Write what each row became.")
def import_objections(file: Path, controller: str, country: str, report_file: Path | None) -> None:
    """Record the past objections in FILE (number or e-mail, date, scope)."""
    founding.require_founded()
    done = objection_import_actions.import_objections(
        actor=OPERATOR,
        data=read_bytes(file),
        file_name=file.name,
        controller=_controller(controller),
        now=datetime.now(UTC),
        country=country.upper(),
    )
    click.echo(f"{file.name}: {len(done.rows)} rows")
    for outcome, rows in sorted(done.counts.items()):
        click.echo(f"  {outcome}: {rows}")
    told = [problem for row in done.rows for problem in row.problems]
    for problem in told[:SHOWN]:
        click.echo(problem.text, err=True)
    if len(told) > SHOWN:
        click.echo(f"… and {len(told) - SHOWN} more; --report FILE writes all of them.", err=True)
    if report_file:
        lines = [
            {"sheet": r.sheet, "row": r.row, "outcome": r.outcome, "problems": [p.text for p in r.problems]}
            for r in done.rows
        ]
        document = {"file": file.name, "counts": done.counts, "rows": lines}
        write_bytes(report_file, json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")


@objections_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs: every objection with its centres.")
def objections_status(as_json: bool) -> None:
    """Show per objection which call centres must hear of it, which fetched it and which acknowledged."""
    founding.require_founded()
    states = feed_queries.objection_states()
    if as_json:
        click.echo(json.dumps({"objections": states}, indent=1))
        return
    for state in states:
        counts = f"{state['must_be_told']} told, {state['sent']} sent, {state['acknowledged']} acknowledged"
        click.echo(f"{state['objection']}  {state['at'][:16]}  {state['scope']}  {counts}")
        for centres, what in ((state["centres"], ""), (state["lifting"]["centres"], "lifted, ")):
            for centre in centres:
                at = centre["acknowledged_at"]
                word = f"acknowledged {at[:16]}" if at else "waits"
                click.echo(f"  {centre['centre']}: {what}{word}")


@click.group("registers")
def registers_group() -> None:
    """National registers of numbers that do not want marketing calls."""


@registers_group.command("load")
@click.argument("code")
@click.argument("file", type=PATH)
@click.option(
    "--version", "version", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Date of the file."
)
@click.option("--force-shrunken", is_flag=True, help="Load it although many numbers are gone.")
@click.option("--sha256", default="", help="What FILE is to be (default: what FILE.sha256 says, if there).")
def load(code: str, file: Path, version: datetime, force_shrunken: bool, sha256: str) -> None:
    """Load FILE as the register CODE, such as BE-DNCM."""
    founding.require_founded()
    register = _register(code)
    data = read_bytes(file)
    sha256 = sha256 or _said_beside(file)

    def told(done: int, total: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done * 100 // total} %", nl=done == total, err=True)

    loaded = register_load_actions.load_register(
        actor=OPERATOR,
        register=register,
        data=data,
        file_name=file.name,
        version_date=version.date(),
        now=datetime.now(UTC),
        force_shrunken=force_shrunken,
        sha256=sha256,
        progress=told,
    )
    if loaded.repeated:
        click.echo(f"{code} of {version:%Y-%m-%d} is loaded already. Nothing was changed.")
        return
    click.echo(f"{code} of {version:%Y-%m-%d}: {loaded.version.rows} numbers are active.")
    if loaded.malformed:
        click.echo(f"{loaded.malformed} lines hold no number that can be read.", err=True)


@registers_group.command("submit")
@click.argument("dial_list", metavar="LIST")
@click.option("--register", "code", required=True, help="Register that gives out no file, such as IT-RPO.")
@click.option("--out", "out_file", type=PATH, required=True, help="The file to hand in.")
def submit(dial_list: str, code: str, out_file: Path) -> None:
    """Write the numbers of LIST (its id, or CAMPAIGN@CENTRE) that the register must be asked about."""
    founding.require_founded()
    require_writable(out_file)
    made, content = register_answers.submit(
        actor=OPERATOR, dial_list=queries.list_named(dial_list), register=code, now=datetime.now(UTC)
    )
    write_bytes(out_file, content)
    click.echo(f"{made.rows} numbers to submit to {code}: submission {made.pk}.")


@registers_group.command("answer")
@click.argument("code")
@click.argument("file", type=PATH)
@click.option("--on", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Day of the answer.")
@click.option(
    "--names",
    required=True,
    type=click.Choice(["passed", "listed"]),
    help="Whether FILE holds the numbers that may be called, or those in the register.",
)
@click.option("--submission", default="", help="Which submission it answers (default: the newest waiting).")
@click.option("--sha256", default="", help="What FILE is to be (default: what FILE.sha256 says, if there).")
def answer(
    code: str, file: Path, day: datetime, names: submission_actions.Names, submission: str, sha256: str
) -> None:
    """Take FILE as the answer of the register CODE to the numbers submitted to it."""
    founding.require_founded()
    taken = submission_actions.take_answer(
        actor=OPERATOR,
        submission=_submission(_register(code), submission),
        data=read_bytes(file),
        file_name=file.name,
        answered_on=day.date(),
        names=names,
        now=datetime.now(UTC),
        sha256=sha256 or _said_beside(file),
    )
    click.echo(f"{code} lists {taken.listed} of {taken.rows} numbers. Its answer is of {taken.answered_on}.")


def _submission(register: NationalRegister, given: str) -> RegisterSubmission:
    rows = register.submissions.filter(answered_on=None).order_by("-made_at")
    found = next((row for row in rows if not given or str(row.pk) == given.lower()), None)
    if found is None:
        raise Refused(
            "no_submission",
            "No submission to %(register)s waits for an answer. Submit numbers first: "
            "duecause registers submit",
            register=register.code,
        )
    return found


def _said_beside(file: Path) -> str:
    """The sum in FILE.sha256, whose line may name the file behind it; empty where there is none."""
    beside = file.with_name(f"{file.name}.sha256")
    if not beside.exists():
        return ""
    said = read_bytes(beside).decode("ascii", "replace").split()
    return said[0] if said else "-"


def _controller(code: str) -> Controller:
    found = Controller.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(Controller.objects.order_by("code").values_list("code", flat=True)) or "-"
        raise Refused(
            "unknown_controller",
            "There is no controller “%(given)s”. Known: %(known)s.",
            given=code,
            known=known,
        )
    return found


def _register(code: str) -> NationalRegister:
    found = NationalRegister.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(NationalRegister.objects.order_by("code").values_list("code", flat=True)) or "-"
        raise Refused(
            "unknown_register", "There is no register “%(given)s”. Known: %(known)s.", given=code, known=known
        )
    return found


COMMANDS = (objections_group, registers_group)
