"""Set up a data folder and bring it to what the organisation file says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from django.conf import settings

from duecause.apps.parties import actions as parties
from duecause.apps.parties.models import ApiKey, Partner
from duecause.apps.staff import actions as staff
from duecause.cli import stamps
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.organisation import applying, assets, founding, showing
from duecause.organisation.demo import load_demo
from duecause.web.templatetags.formats import shown_day

OPERATOR = Actor.system("operator")
FILE_LIMIT = 2_000_000


def _now() -> datetime:
    return datetime.now(UTC)


@click.command()
def init() -> None:
    """Make the data folder: keys, databases, tables. What exists stays."""
    founding.found(say=click.echo)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change and change nothing.")
def apply(file: Path, dry_run: bool) -> None:
    """Bring the organisation to what FILE says."""
    text = _read(file)
    founding.require_founded()
    organisation = applying.read(text, file=file.name)
    planned = applying.plan(organisation, file=file.name)
    for line in showing.lines(planned):
        click.echo(line)
    if dry_run:
        click.echo("Dry run: nothing was changed.")
        return
    if planned.changes:
        done = applying.apply(organisation, actor=OPERATOR, now=_now())
        click.echo(f"Applied {len(done.changes)} changes.")


@click.command(hidden=True)
@click.option("--demo", is_flag=True)
def prepare(demo: bool) -> None:
    """What `duecause up` needs done once per version: tables, messages, assets, demonstration."""
    founding.found(say=click.echo)
    if not stamps.has_assets(Path(settings.DATA)):
        assets.compile_messages()
        assets.collect()
    sign_ins = load_demo(actor=OPERATOR, now=_now(), say=click.echo) if demo else ()
    stamps.write(Path(settings.DATA), demo=demo, sign_ins=sign_ins)


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > FILE_LIMIT:
            raise Refused(
                "file_large",
                "%(file)s is larger than 2 MB. Split it; parts can be applied one by one.",
                file=file,
            )
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Refused(
            "file_unreadable", "%(file)s cannot be read: %(why)s.", file=file, why=error.strerror
        ) from None
    except UnicodeDecodeError as error:
        raise Refused(
            "file_not_utf8",
            "%(file)s is not UTF-8 text (byte %(byte)s). Save it as UTF-8.",
            file=file,
            byte=error.start,
        ) from None


@click.group("staff")
def staff_group() -> None:
    """Employees."""


@staff_group.command()
@click.argument("username")
def password(username: str) -> None:
    """Give an employee a new password; open sessions end."""
    founding.require_founded()
    given = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    staff.set_password(actor=OPERATOR, username=username, password=given, now=_now())
    click.echo(f"The password of {username} is set.")


@click.group("apikey")
def apikey_group() -> None:
    """API keys of call centres."""


@apikey_group.command("create")
@click.argument("partner")
@click.option("--scope", "scopes", multiple=True, default=("precall",), show_default=True)
def create_key(partner: str, scopes: tuple[str, ...]) -> None:
    """Make a key for PARTNER and show it, this once."""
    clear = parties.create_api_key(actor=OPERATOR, partner=_partner(partner), scopes=scopes, now=_now())
    click.echo(clear)
    click.echo("Hand it over by a safe way: it is not shown again.", err=True)


@apikey_group.command("list")
@click.argument("partner")
def list_keys(partner: str) -> None:
    """Show PARTNER's keys by their beginning."""
    for key in ApiKey.objects.filter(partner=_partner(partner)).order_by("created_at"):
        state = f"revoked {shown_day(key.revoked_at)}" if key.revoked_at else "valid"
        used = f"last used {key.last_used_on}" if key.last_used_on else "never used"
        click.echo(f"dc_{key.prefix}_…  {', '.join(key.scopes)}  {state}  {used}")


@apikey_group.command("revoke")
@click.argument("partner")
@click.argument("prefix")
def revoke_key(partner: str, prefix: str) -> None:
    """End the key of PARTNER that begins with PREFIX, at once."""
    short = prefix.removeprefix("dc_").partition("_")[0]
    ended = parties.revoke_api_key(actor=OPERATOR, partner=_partner(partner), prefix=short, now=_now())
    click.echo("The key is revoked." if ended else "The key was revoked before.")


def _partner(code: str) -> Partner:
    founding.require_founded()
    partner = Partner.objects.filter(code=code).first()
    if partner is None:
        known = ", ".join(Partner.objects.order_by("code").values_list("code", flat=True)) or "-"
        raise Refused(
            "unknown_partner", "There is no partner “%(given)s”. Known: %(known)s.", given=code, known=known
        )
    return partner


COMMANDS = (init, prepare, apply, staff_group, apikey_group)
