"""`duecause up`: prepare the data folder when something changed, then start web, worker and sequencer.

This process needs neither Django nor a database: preparing is a command of its own, and a stamp in the data
folder says for which version, messages and assets it was last done.
"""

from __future__ import annotations

import fcntl
import http.client
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from duecause import logs
from duecause.cli import data_folder, stamps
from duecause.cli.supervisor import Child, Supervisor
from duecause.engine.problems import Refused

HOST = "127.0.0.1"
# More threads of one process wait for the interpreter and for each other: 8 gave 106 record pages a second
# where 4 give 149 (16 clients, two processes, docs/decisions/0009).
THREADS = 4
GRANIAN_LOGS = logs.PACKAGE / "granian_logs.json"


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--no-demo", is_flag=True, help="Do not load the demonstration organisation.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@click.option("--data", metavar="DIR", expose_value=False, help="The data folder (default: ./var).")
def up(port: int, no_demo: bool, workers: int) -> int:
    """Start everything here: web, worker and sequencer. Ctrl-C stops all of it."""
    _require_free(port)
    logs.set_up()
    data = data_folder()
    _make(data)
    environment = {**os.environ, "DUECAUSE_DATA": str(data), "PYTHONSAFEPATH": "1"}
    with _alone(data):
        if not stamps.is_current(data, demo=not no_demo):
            code = _prepare(environment, demo=not no_demo)
            if code:
                return code
        started = Supervisor(
            children=children(port, workers),
            environment=environment,
            say=_say,
            answers=lambda: _answers(port),
            ready=lambda: _welcome(port, stamps.read(data)),
        ).run()
    click.echo("Stopped." if started else "Duecause did not start; see the messages above.", err=not started)
    return 0 if started else 1


def _prepare(environment: Mapping[str, str], *, demo: bool) -> int:
    command = [sys.executable, "-m", "duecause", "prepare", *(["--demo"] if demo else [])]
    return subprocess.run(command, env=dict(environment), check=False).returncode


def children(port: int, workers: int) -> list[Child]:
    """What `up` runs."""
    web = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi"),
        *("--host", HOST, "--port", str(port), "--workers", str(workers), "--blocking-threads", str(THREADS)),
        *("--no-ws", "--log-level", "error", "--log-config", str(GRANIAN_LOGS)),
        *("--workers-kill-timeout", "5"),
        "duecause.wsgi:application",
    ]
    own = [sys.executable, "-m", "duecause"]
    return [
        Child("web", web),
        Child("worker", [*own, "worker"]),
        Child("sequencer", [*own, "sequencer"]),
    ]


def _say(line: str) -> None:
    if logs.style() == "text":
        click.echo(line, err=True)
    else:
        logging.getLogger(__name__).warning("%s", line)


def _welcome(port: int, prepared: Mapping[str, Any]) -> None:
    click.echo(f"Duecause is at http://{HOST}:{port}/")
    sign_ins = prepared.get("sign_ins") or []
    if sign_ins:
        click.echo("Demonstration sign-ins (name, profile, password):")
    for username, profile, password in sign_ins:
        click.echo(f"  {username:<8} {profile:<16} {password}")
    click.echo("Ctrl-C stops it.")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Refused(
                "port_taken",
                "Port %(port)s is taken, perhaps by another Duecause. Try: duecause up --port %(other)s",
                port=port,
                other=port + 1 if port < 65535 else 8000,
            ) from None


def _make(data: Path) -> None:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            "data_folder",
            "The data folder %(data)s cannot be made: %(why)s. Name another with --data.",
            data=data,
            why=error.strerror,
        ) from None


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Two starts on one data folder would each run a sequencer and prepare the same files."""
    with (data / "up.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused(
                "already_up",
                "Duecause is running on %(data)s already. Stop it first, or name another folder with --data.",
                data=data,
            ) from None
        yield


COMMANDS = (up,)
