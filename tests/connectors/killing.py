"""Carry out one erasure and die by SIGKILL at the n-th point: a state of the run, or a statement or commit.

python -m tests.connectors.killing FOLDER N: N = 0 dies never and prints how many points there were.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.support.stores import STORES, Example


def main(folder: Path, dies_at: int) -> None:
    points = count(1)

    def point(*_: object) -> None:
        if next(points) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    example = Example({name: f"sqlite:///{folder / f'{name}.sqlite'}" for name in STORES}, folder)
    event.listen(Engine, "before_cursor_execute", point)
    event.listen(Engine, "after_cursor_execute", point)
    event.listen(Engine, "commit", point)
    outcome = example.run("erasure", at=point)
    print(next(points) - 1, outcome.complete, sa.__version__)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
