"""Notices about data that came from others (GDPR Art. 14): what is due, send it, say that it was posted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from duecause.apps.notices import exempt_actions, queries, send_actions
from duecause.apps.notices.clock import Counted
from duecause.apps.notices.models import NoticeBatch
from duecause.apps.parties.models import Controller, Source
from duecause.cli.files import require_writable, write_bytes
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.organisation import founding
from duecause.packs.law import notice_policy

OPERATOR = Actor.system("operator")
JSON = click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
DAY = click.DateTime(["%Y-%m-%d"])
SOURCE = click.option("--source", "sources", multiple=True, help="Only of this source; may be repeated.")


@click.group("notices")
def notices_group() -> None:
    """Tell people where data that they did not give came from."""


@notices_group.command("due")
@SOURCE
@JSON
def due(sources: tuple[str, ...], as_json: bool) -> int:
    """How many people must still be told, by source. Ends with 1 while notices are overdue."""
    founding.require_founded()
    now = datetime.now(UTC)
    found = [each for each in queries.overview(now) if not sources or each.source.code in sources]
    position = notice_policy().on(now.date())
    if as_json:
        told = {
            "position": position.id,
            "reviewed_by": position.reviewed_by,
            "sources": [*map(queries.as_json, found)],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for each in found:
            click.echo(_line(each))
        if not found:
            click.echo("No source of other parties: nobody has to be told (GDPR Art. 14).")
        reviewed = position.reviewed_by or "not reviewed by counsel"
        click.echo(f"Position {position.id}, {position.law}: {reviewed}.")
    return 1 if any(each.overdue for each in found) else 0


def _line(each: Counted) -> str:
    parts = [f"{each.overdue} overdue", f"{each.due} due", f"{each.sent} told", f"{each.exempt} exempt"]
    if each.planned:
        parts.append(f"{each.planned} in letters or e-mails under way")
    if each.held:
        parts.append(f"{each.held} restricted")
    if each.next_due:
        parts.append(f"the next by {each.next_due}")
    return f"{each.source.code}: {', '.join(parts)}"


@notices_group.command("send")
@SOURCE
@click.option("--controller", help="Code of the company, if there are several.")
@click.option(
    "--channel", type=click.Choice(NoticeBatch.Channel.values), help="Only by post, or only by e-mail."
)
@JSON
def send(sources: tuple[str, ...], controller: str | None, channel: str | None, as_json: bool) -> None:
    """Put everybody who must still be told into letters and e-mails. The worker makes and sends them.

    Without --channel: by e-mail where there is an address and a relay, else by post. Asking again sends
    nobody a second one.
    """
    founding.require_founded()
    chosen = _controller(controller)
    made = send_actions.plan_notices(
        actor=OPERATOR,
        controller=chosen,
        now=datetime.now(UTC),
        sources=_sources(sources) if sources else None,
        channel=channel or "",
    )
    if as_json:
        told: dict[str, Any] = {"people": made.people, "unreachable": made.unreachable, "left": made.left}
        told["batches"] = [_batch(each) for each in made.batches]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for batch in made.batches:
        click.echo(f"{batch.pk}  {batch.channel}  {batch.people} people")
    click.echo(f"{made.people} people are in {len(made.batches)} batches; the worker goes on.")
    if made.unreachable:
        click.echo(
            f"{made.unreachable} people have no address in our data: tell them in the first call or ask them."
        )
    if made.left:
        click.echo(f"{made.left} more did not fit: run this again.")


@notices_group.command("status")
@JSON
def status(as_json: bool) -> None:
    """Batches of letters and e-mails, the newest first."""
    founding.require_founded()
    found = list(queries.batches()[:50])
    if as_json:
        click.echo(json.dumps([_batch(each) for each in found], ensure_ascii=False, indent=2))
        return
    for each in found:
        told = _batch(each)
        counts = ", ".join(f"{count} {state}" for state, count in told["notices"].items() if count)
        end = f", posted on {each.posted_on}" if each.posted_on else ""
        click.echo(f"{each.pk}  {each.channel}  {each.state}  {counts}{end}")


@notices_group.command("fetch")
@click.argument("batch")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Where to; a ZIP file, mode 0600."
)
def fetch(batch: str, out: Path) -> None:
    """Write the letters of BATCH for the print shop: a PDF per person, and addresses.csv."""
    founding.require_founded()
    require_writable(out)
    found = queries.batch_named(batch)
    write_bytes(out, send_actions.fetch(actor=OPERATOR, batch=found, now=datetime.now(UTC)))
    click.echo(
        f"Wrote {found.people} letters to {out}. When they are posted: duecause notices confirm {found.pk}"
    )


@notices_group.command("confirm")
@click.argument("batch")
@click.option("--on", "on", type=DAY, help="The day of posting; today if left out.")
def confirm(batch: str, on: datetime | None) -> None:
    """Say that the letters of BATCH were posted. From then on these people count as told."""
    founding.require_founded()
    now, found = datetime.now(UTC), queries.batch_named(batch)
    day = on.date() if on else local_day(now, found.controller.country)
    told = send_actions.confirm_posted(actor=OPERATOR, batch=found, on=day, now=now)
    if told:
        click.echo(f"{told} people were told by post on {day}.")
    else:
        found.refresh_from_db()
        click.echo(f"Confirmed before, as posted on {found.posted_on}: nothing was changed.")


@notices_group.command("returned")
@click.argument("reference")
def returned(reference: str) -> None:
    """A letter or e-mail came back: REFERENCE stands on the letter, or is the Message-ID. It is due again."""
    founding.require_founded()
    found = send_actions.note_return(actor=OPERATOR, reference=reference, now=datetime.now(UTC))
    click.echo(f"Notice {found.pk} came back; the person is due again.")


@notices_group.command("exempt")
@click.argument("source")
@click.option("--ground", required=True, help="A ground of packs/law/notices.yaml, such as told_by_source.")
@click.option("--because", required=True, help="Why nobody of this source need be told.")
@click.option("--proof", required=True, help="Where the proof lies: a document of your archive, an address.")
@click.option("--received-to", type=DAY, help="Only for data received up to this day.")
@click.option("--customers", is_flag=True, help="Only for people with a running contract.")
def exempt(
    source: str, ground: str, because: str, proof: str, received_to: datetime | None, customers: bool
) -> None:
    """Record why people of SOURCE need not be told (GDPR Art. 14(5))."""
    founding.require_founded()
    (found,) = _sources((source,))
    made = exempt_actions.exempt(
        actor=OPERATOR,
        source=found,
        ground=ground,
        because=because,
        proof=proof,
        received_to=received_to.date() if received_to else None,
        customers=customers,
        now=datetime.now(UTC),
    )
    click.echo(f"Exemption {made.pk} holds now.")


def _batch(each: NoticeBatch) -> dict[str, Any]:
    counts = {
        state: getattr(each, f"count_{state}") for state in ("planned", "sent", "bounced", "dropped")
        if hasattr(each, f"count_{state}")
    }  # fmt: skip
    return {
        "batch": str(each.pk),
        "channel": each.channel,
        "state": each.state,
        "made_at": each.made_at.isoformat(),
        "people": each.people,
        "notices": counts,
        "file_sha256": each.file_sha256,
        "delete_after": each.delete_after.isoformat() if each.delete_after else None,
        "posted_on": each.posted_on.isoformat() if each.posted_on else None,
        "confirmed_by": each.confirmed_by,
    }


def _controller(code: str | None) -> Controller:
    known = queries.controllers_with_notices()
    found = [each for each in known if code in (None, each.code)]
    if len(found) != 1:
        raise Refused(
            "which_controller",
            "Name the company with --controller. Those with sources of other parties: %(known)s.",
            known=", ".join(each.code for each in known) or "-",
        )
    return found[0]


def _sources(codes: tuple[str, ...]) -> list[Source]:
    found = list(Source.objects.select_related("controller").filter(code__in=codes))
    unknown = sorted(set(codes) - {each.code for each in found})
    if unknown:
        raise Refused("unknown_notice_source", "There is no source %(source)s.", source=unknown[0])
    return found


COMMANDS = (notices_group,)
