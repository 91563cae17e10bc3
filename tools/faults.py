"""./dev faults [--points N] [--clients N] [--only NAME]: tests/faults with more points than `./dev test`.

`points` is how often the product is killed at one of its writes (10,000 unless told, 0.15 s each on a quiet
core); a thirtieth of that many calls fail with a full or broken disk. `clients` is how often a client of
PostgreSQL is killed (200). `only` names one of the files: errors, postgres, workers, database, trap.
"""

from __future__ import annotations

import argparse
import sys

from tests.support import postgres
from tools.test import prepare, pytest_run

POINTS, CLIENTS = 10_000, 200
FILES = {
    "errors": "test_kills_and_errors.py",
    "postgres": "test_kills_on_postgres.py",
    "workers": "test_workers_and_clocks.py",
    "database": "test_database_gone_and_back.py",
    "trap": "test_the_lock_trap.py",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev faults", description="Harm the product on purpose.")
    parser.add_argument("--points", type=int, default=POINTS, help=f"kills at writes ({POINTS} unless told)")
    parser.add_argument("--clients", type=int, default=CLIENTS, help=f"client kills ({CLIENTS} unless told)")
    parser.add_argument("--only", choices=sorted(FILES), help="this part alone")
    given = parser.parse_args(arguments)
    absent = {need.name for need in prepare()}
    if "strace" in absent:
        return 1
    if postgres.programs() is None:
        print("without PostgreSQL: its kills are left out")
    environment = {
        "DUECAUSE_FAULTS": str(max(given.points, 50)),
        "DUECAUSE_FAULTS_CLIENTS": str(max(given.clients, 6)),
        "DATABASE_URL": "",
    }
    place = f"tests/faults/{FILES[given.only]}" if given.only else "tests/faults"
    return pytest_run([place, "-q", "-s", "-rs", "-n", "0"], environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
