"""Run as a process: writes events for some seconds, each in a transaction of its own, some rolled back."""

import sys
import time
from datetime import UTC, datetime


def main(seconds: float) -> int:
    import django

    django.setup()
    from django.db import DatabaseError, transaction

    from duecause.apps.ledger import actions
    from duecause.engine.actor import Actor

    written, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with transaction.atomic():
                actions.record(
                    actor=Actor.system("writer"),
                    kind="test.happened",
                    now=datetime.now(UTC),
                    payload={"n": written},
                )
                if written % 7 == 6:
                    raise LookupError
        except LookupError:
            pass
        except DatabaseError:
            continue
        written += 1
    return written - written // 7


if __name__ == "__main__":
    print(main(float(sys.argv[1])))
