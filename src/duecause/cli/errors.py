"""What the command line says when something cannot be done, and with which exit code it ends."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import click

from duecause.engine.actor import NotPermitted
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused, Unavailable

UNEXPECTED = 1
REFUSED = 2
NOT_PERMITTED = 3
INTERRUPTED = 130
SHOWN = 20
PACKAGE = Path(__file__).resolve().parent.parent


def guarded(run: Callable[[], object]) -> int:
    """Run a command and give its exit code. Whatever it raises ends as a message on stderr."""
    try:
        result = run()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return REFUSED
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return INTERRUPTED
    except Refused as refused:
        say_refused(refused)
        return REFUSED
    except Unavailable as silent:
        click.echo(silent.problem.text, err=True)
        return REFUSED
    except NotPermitted as denied:
        click.echo(f"Not permitted: {denied.function}.", err=True)
        return NOT_PERMITTED
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return say_unexpected(error)


def say_refused(refused: Refused) -> None:
    click.echo(refused.problem.text, err=True)
    problems = getattr(refused, "problems", ())
    for problem in problems[:SHOWN]:
        click.echo(f"  {problem.text}", err=True)
    if len(problems) > SHOWN:
        click.echo(f"  … and {len(problems) - SHOWN} more", err=True)


def say_unexpected(error: Exception) -> int:
    """The message of an unknown exception may quote data: only its type and place are shown."""
    if os.environ.get("DUECAUSE_DEBUG"):
        traceback.print_exception(error)
        return UNEXPECTED
    if told := _about_database(error):
        click.echo(told, err=True)
        return REFUSED
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _ours(frame.filename)]
    place = f" at {Path(frames[-1].filename).relative_to(PACKAGE)}:{frames[-1].lineno}" if frames else ""
    click.echo(
        f"Something went wrong inside Duecause ({type(error).__name__}{place}, id {uuid7().hex[:12]})."
        " Nothing was said about data on purpose; DUECAUSE_DEBUG=1 shows everything.",
        err=True,
    )
    return UNEXPECTED


def _ours(filename: str) -> bool:
    return Path(filename).is_relative_to(PACKAGE)


def _about_database(error: Exception) -> str:
    """What to do about a database that is not there or not up to date; "" for any other error."""
    from django.conf import settings
    from django.db import OperationalError, ProgrammingError

    if not isinstance(error, OperationalError | ProgrammingError):
        return ""
    text = str(error)
    if any(words in text for words in ("no such table", "no such column", "relation ", "column ")):
        return "This data folder is not set up, or not up to date. Run: duecause init"
    if any(words in text for words in ("unable to open", "connection", "could not translate")):
        names = ", ".join(str(database["NAME"]) for database in settings.DATABASES.values())
        return f"A database cannot be reached: {names}. Check that it runs and that DATABASE_URL is right."
    return ""
