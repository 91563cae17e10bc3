"""./dev faults [--points N]: tests/faults with many more points than `./dev test` takes.

N is how often the product is killed at one of its writes (10,000 unless told, about 0.15 s each); a thirtieth
of that many calls fail with a full or broken disk.
"""

from __future__ import annotations

import argparse
import sys

from tests.support import postgres
from tools.test import prepare, pytest_run

POINTS = 10_000


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev faults", description="Harm the product on purpose.")
    parser.add_argument("--points", type=int, default=POINTS, help=f"kills at writes ({POINTS} unless told)")
    given = parser.parse_args(arguments)
    absent = {need.name for need in prepare()}
    if "strace" in absent:
        return 1
    if postgres.programs() is None:
        print("without PostgreSQL: its kills are left out")
    environment = {"DUECAUSE_FAULTS": str(max(given.points, 50)), "DATABASE_URL": ""}
    return pytest_run(["tests/faults", "-q", "-s", "-rs"], environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
