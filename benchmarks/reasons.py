"""./dev bench reasons [--json] [--database sqlite|postgres] [--links N] [--people N] [--asked N]

How long the gate takes to find by machine why an employee looks at a person. Each database gets a scratch
installation with 2,000,000 contacts of 1,000 employees, and is asked about look-ups as they are: most at
or after a contact, of which some were never told or came without a number (the rates of
`reasons_parts.inside`), some with no contact at all. A question is what every look-up asks: the person's
tokens, the links of the employee and of the team's queue, and the templates over what was found.
`process_…` is the time of the process alone, which a busy machine does not change.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.house import DATABASES, chosen, option
from benchmarks.report import Figure, report
from tests.support import postgres

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def scratch(kind: str) -> Iterator[dict[str, str]]:
    """The environment of an empty installation; gone afterwards with everything in it."""
    with tempfile.TemporaryDirectory(prefix="dc-bench-") as folder, _database(kind) as url:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"DUECAUSE_DATA": folder, **({"DATABASE_URL": url} if url else {})}
        command = [sys.executable, "-m", "duecause", "prepare"]
        subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
        yield environment


@contextmanager
def _database(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        yield ""
        return
    with postgres.cluster() as url:
        yield url


def measured(environment: dict[str, str], *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.reasons_parts.inside", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the measurement failed: {done.stderr.strip()[-800:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    links, people, asked = (
        option("--links", "2000000"),
        option("--people", "20000"),
        option("--asked", "20000"),
    )
    figures: dict[str, Figure] = {"links": int(links), "people": int(people), "asked": int(asked)}
    for kind in chosen("--database", DATABASES):
        with scratch(kind) as environment:
            found = measured(environment, links, people, asked)
        print(f"{kind}: measured", file=sys.stderr)
        figures |= {f"{kind}_{name}": value for name, value in found.items()}
    report("reasons", figures)


if __name__ == "__main__":
    main()
