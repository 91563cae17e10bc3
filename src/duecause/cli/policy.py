"""`duecause policy`: check lines, see what they mean, propose, approve, and ask past decisions again."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import click

from duecause.apps.gate import policies, policy_actions, policy_texts
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.policy_models import PolicyRelease
from duecause.apps.gate.policy_replay import impact, replay
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor
from duecause.engine.policy import CedarPolicies
from duecause.engine.policy.differences import differences, function_differences
from duecause.engine.problems import Refused
from duecause.organisation import founding

Options = Callable[[Callable[..., None]], Callable[..., None]]
file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
by_option: Options = click.option(
    "--by", required=True, metavar="USERNAME", help="The employee who decides this; it is written down."
)
as_json: Options = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group("policy")
def policy() -> None:
    """Who may see what: the access policies."""
    founding.require_founded()
    policies.look(now=True)


@policy.command()
def show() -> None:
    """Write the lines in force, to edit and propose them."""
    click.echo(policies.running().loaded.texts.policies, nl=False)


@policy.command()
@file_argument
def check(file: Path) -> None:
    """Say whether the lines of FILE could be proposed, and else what to mend."""
    rules = policy_actions.check(_read(file))
    click.echo(f"{len(rules.policy_ids)} policies can be proposed (version {rules.version[:12]}).")


@policy.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--profile", default="", help="Of one profile only.")
@as_json
def matrix(file: Path | None, profile: str, as_json: bool) -> None:
    """Say who can do what with which data, for which reasons: of the lines in force, or of FILE."""
    rules = policy_actions.check(_read(file)) if file else policies.running()
    words = rules.vocabulary
    if profile and profile not in words.profiles:
        raise Refused(
            "policy_profile_unknown",
            "There is no profile “%(given)s”. Known: %(known)s.",
            given=profile,
            known=", ".join(words.profiles),
        )
    reach = policies.reach(rules)
    cells = [cell for cell in reach.allowed if reach.possible(cell) and profile in ("", cell[0])]
    if as_json:
        found = [
            {
                "profile": cell[0],
                "action": cell[1],
                "group": cell[2],
                "links": sorted({situation.link for situation in reach.of(cell)}),
            }
            for cell in cells
        ]
        click.echo(json.dumps(found, indent=1))
        return
    for name, of_profile in groupby(cells, key=lambda cell: cell[0]):
        click.echo(f"{name}: {words.labels['profiles'][name]}")
        for cell in of_profile:
            click.echo(f"  {cell[1]:<17} {cell[2]:<12} {policy_texts.reasons(words, reach.of(cell))}")


@policy.command()
@file_argument
@click.option("--all", "every", is_flag=True, help="Ask all look-ups again, not the newest 5,000.")
def diff(file: Path, every: bool) -> None:
    """Say who would gain and who would lose what with the lines of FILE, also of the last look-ups."""
    _print_differences(policies.running(), policy_actions.check(_read(file)), every=every)


@policy.command()
@file_argument
@by_option
@click.option("--why", required=True, help="For the person who has to approve it.")
def propose(file: Path, by: str, why: str) -> None:
    """Propose the lines of FILE; they come into force when somebody else approves them."""
    before = policies.running()
    release = policy_actions.propose(actor=_actor(by), text=_read(file), why=why, now=datetime.now(UTC))
    _print_differences(before, policies.engine_of(release.version.version))
    click.echo(f"Release {release.number} is proposed. Another person approves it:")
    click.echo(f"  duecause policy approve {release.number} --by USERNAME")


@policy.command()
@click.argument("number", type=int)
@by_option
def approve(number: int, by: str) -> None:
    """Put release NUMBER into force. Not by who proposed it."""
    release = policy_actions.approve(actor=_actor(by), release=_release(number), now=datetime.now(UTC))
    click.echo(f"Release {release.number} is in force; every process decides by it within a second.")


@policy.command()
@click.argument("number", type=int)
@by_option
def refuse(number: int, by: str) -> None:
    """Refuse release NUMBER, or take it back."""
    policy_actions.refuse(actor=_actor(by), release=_release(number), now=datetime.now(UTC))
    click.echo(f"Release {number} is refused.")


@policy.command("roll-back")
@click.argument("number", type=int)
@by_option
@click.option("--why", required=True)
def roll_back(number: int, by: str, why: str) -> None:
    """Propose the lines of release NUMBER again; 0 are those shipped with the product."""
    if number:
        text = _release(number).version.policies
    else:
        text = policies.packaged().loaded.texts.policies
    release = policy_actions.propose(actor=_actor(by), text=text, why=why, now=datetime.now(UTC))
    click.echo(f"Release {release.number} is proposed with the lines of release {number}.")


@policy.command("list")
def list_releases() -> None:
    """Show the releases, newest first."""
    for release in PolicyRelease.objects.select_related("version").order_by("-number"):
        click.echo(
            f"{release.number:>3}  {release.state:<9} {release.version.version[:12]}"
            f"  {release.proposed_at:%Y-%m-%d %H:%M}  {release.why}"
        )
    click.echo(f"In force: {policies.running().version[:12]}")


@policy.command("replay")
@click.option("--days", type=click.IntRange(1), help="Only the decisions of so many days.")
def replay_command(days: int | None) -> None:
    """Ask every decision in the ledger again of the policies that took it; exit 1 if one differs."""
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    found = replay(since=since)
    click.echo(f"{found.asked} decisions asked again, {len(found.differing)} come out otherwise.")
    if found.untold:
        click.echo(f"{found.untold} were written before decisions said all that is needed to ask again.")
    for event in found.differing[:20]:
        click.echo(f"  event {event}")
    if found.differing:
        sys.exit(1)


def _print_differences(before: CedarPolicies, after: CedarPolicies, *, every: bool = False) -> None:
    words = after.vocabulary
    found = differences(words, policies.reach(before), policies.reach(after))
    functions = function_differences(before, after)
    for profile in words.profiles:
        for gained, verb in ((True, "gains"), (False, "loses")):
            told = [
                *(
                    policy_texts.difference(words, each)
                    for each in found
                    if (each.profile, each.gained) == (profile, gained)
                ),
                *(
                    policy_texts.function_difference(words, each)
                    for each in functions
                    if (each.profile, each.gained) == (profile, gained)
                ),
            ]
            if told:
                click.echo(f"{profile} {verb}:")
                for line in told:
                    click.echo(f"  {line}")
    if not found and not functions:
        click.echo("Nobody gains or loses anything.")
    counted = impact(after, now=datetime.now(UTC), **({"most": None} if every else {}))
    click.echo(f"Of {counted.asked} look-ups of the last 30 days{' (the newest)' if counted.cut else ''}:")
    lines = policy_texts.impact_lines(words, counted.refused, refused=True)
    lines += policy_texts.impact_lines(words, counted.allowed, refused=False)
    for line in lines or ["none would have been answered otherwise."]:
        click.echo(f"  {line}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            "file_not_utf8",
            "%(file)s is not UTF-8 text (byte %(byte)s). Save it as UTF-8.",
            file=file,
            byte=error.start,
        ) from None


def _actor(username: str) -> Actor:
    employee = Employee.objects.filter(username__iexact=username).first()
    if employee is None:
        raise Refused(
            "unknown_employee",
            "There is no employee “%(username)s”. Add them to the organisation file and apply it.",
            username=username,
        )
    return actor_of(employee)


def _release(number: int) -> PolicyRelease:
    found = PolicyRelease.objects.select_related("version").filter(number=number).first()
    if found is None:
        raise Refused("policy_release_unknown", "There is no release %(number)s.", number=number)
    return found


COMMANDS = (policy,)
