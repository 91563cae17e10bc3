"""The `duecause` command. Each module of commands is named here once; nothing is discovered by searching."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import click

from duecause.cli.errors import guarded

MODULES = (
    "duecause.cli.setup",
    "duecause.cli.up",
    "duecause.cli.processes",
    "duecause.cli.register",
    "duecause.cli.matching",
    "duecause.cli.consent",
    "duecause.cli.consents",
    "duecause.cli.corrections",
    "duecause.cli.notices",
    "duecause.cli.dialling",
    "duecause.cli.attempts",
    "duecause.cli.releases",
    "duecause.cli.exchange",
    "duecause.cli.law",
    "duecause.cli.lookups",
    "duecause.cli.periods",
    "duecause.cli.scripts",
    "duecause.cli.persons",
    "duecause.cli.policy",
    "duecause.cli.rights",
    "duecause.cli.requests",
    "duecause.cli.retention",
    "duecause.cli.evidence",
    "duecause.cli.feed",
    "duecause.cli.partners",
    "duecause.cli.systems",
    "duecause.cli.alarms",
    "duecause.cli.directory",
    "duecause.cli.interactions",
    "duecause.cli.ledger",
    "duecause.cli.operating",
    "duecause.cli.vault",
    "duecause.cli.witness",
)
# Starting a long-lived process must not wait for modules that it does not need.
HOMES = {
    "up": "duecause.cli.up",
    "worker": "duecause.cli.processes",
    "sequencer": "duecause.cli.processes",
    "prepare": "duecause.cli.setup",
    "ledger": "duecause.cli.ledger",
    "witness": "duecause.cli.witness",
    "match": "duecause.cli.matching",
    "lookups": "duecause.cli.lookups",
    "periods": "duecause.cli.periods",
    "rights": "duecause.cli.requests",
}
# A bundle is verified where there is neither data folder nor database.
WITHOUT_DJANGO = {
    "duecause.cli.up",
    "duecause.cli.ledger",
    "duecause.cli.lookups",
    "duecause.cli.witness",
    "duecause.cli.matching",
    "duecause.cli.periods",
    "duecause.cli.requests",
}


class Commands(click.Group):
    """Commands of MODULES: each lists its own in COMMANDS. Django is set up before a module is imported, so
    that models can be imported at its head."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(name for module in MODULES for name in self._of(module))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        modules = (HOMES[cmd_name],) if cmd_name in HOMES else MODULES
        for module in modules:
            found = self._of(module).get(cmd_name)
            if found is not None:
                return found
        return None

    def _of(self, module: str) -> dict[str, click.Command]:
        if importlib.util.find_spec(module) is None:
            return {}
        if module not in WITHOUT_DJANGO:
            set_up_django()
        commands = importlib.import_module(module).COMMANDS
        return {command.name or "": command for command in commands}


def set_up_django() -> None:
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


def data_folder() -> Path:
    return Path(os.environ.get("DUECAUSE_DATA", "var")).resolve()


def take_data_option(arguments: list[str]) -> list[str]:
    """Settings are read before any option is: `--data DIR` may stand anywhere and is taken out here."""
    left: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*left, argument, *rest]
        if argument == "--data":
            value = next(rest, "")
        elif argument.startswith("--data="):
            value = argument.removeprefix("--data=")
        else:
            left.append(argument)
            continue
        if not value:
            raise click.UsageError("--data needs a folder.")
        os.environ["DUECAUSE_DATA"] = str(Path(value).expanduser().resolve())
    return left


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="duecause", prog_name="duecause")
@click.option("--data", metavar="DIR", help="The data folder (default: DUECAUSE_DATA, else ./var).")
def group(data: str | None) -> None:
    """The privacy control plane for contact centres."""


def main(arguments: list[str] | None = None) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duecause.settings")
    harden()
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(
        guarded(lambda: group.main(take_data_option(given), prog_name="duecause", standalone_mode=False))
    )


def harden() -> None:
    """No core dump may hold keys, and no file made here is for others to read."""
    os.umask(0o077)
    try:
        import resource
    except ImportError:  # not on this platform
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
