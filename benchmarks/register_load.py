"""`duecause registers load` of a national register on scratch installations, then of the file of a later day.

./dev bench register_load [--json] [--rows N] [--database sqlite,postgres] [--in FOLDER]

The later file lacks one number in two hundred and has as many new ones. Beside it in one run a plain loop:
each line read by phonenumbers, its token made and inserted into one table, a transaction for all (its first
20,000 lines, the rest at that rate). Per database and load: seconds, CPU seconds of the command (that of a
PostgreSQL server apart), peak memory, and the ratio of the loop's CPU to the command's.
"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import phonenumbers

from benchmarks.import_parts.running import ROOT, Place, installed
from benchmarks.report import Figure, report
from benchmarks.screening_parts.sample import tokens

ROWS, LOOPED, SEED = 1_600_000, 20_000, 20261128
DATABASES = ("sqlite", "postgres")
FIRST = 32_450_000_000


def option(name: str, default: str) -> str:
    words = sys.argv[1:]
    return words[words.index(name) + 1] if name in words else default


def write_register(path: Path, rows: int, *, later: bool) -> None:
    """Belgian numbers as the register writes them, each with the day on which it was listed."""
    rnd = np.random.default_rng(SEED)
    numbers = FIRST + rnd.choice(50_000_000, rows + rows // 200, replace=False)
    numbers = numbers[rows // 200 :] if later else numbers[:rows]
    numbers.sort()
    with path.open("w") as file:
        file.writelines(f"0{number - 32_000_000_000} 2015-07-11\n" for number in numbers.tolist())


def loaded(place: Place, path: Path, days_ago: int) -> dict[str, Figure]:
    version = datetime.now(UTC) - timedelta(days=days_ago)
    words = ["registers", "load", "BE-DNCM", str(path), "--version", f"{version:%Y-%m-%d}"]
    before, started = _spent(), time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "duecause", *words],
        cwd=ROOT,
        env=place.environment,
        stdout=subprocess.DEVNULL,
    )
    peak, over = [0], threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, peak, over))
    watch.start()
    code = process.wait()
    over.set()
    watch.join()
    if code:
        raise SystemExit("the register could not be loaded")
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(_spent() - before, 1),
        "peak_mb": peak[0],
    }


def _watch(pid: int, peak: list[int], over: threading.Event) -> None:
    while not over.wait(0.2):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return
        found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        peak[0] = max(peak[0], int(found[0]) // 1024 if found else 0)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def plain_loop(path: Path, folder: Path, rows: int) -> float:
    """CPU seconds of the loop for so many lines."""
    connection = sqlite3.connect(folder / "loop.sqlite3")
    connection.execute("CREATE TABLE entry (token BLOB, version INTEGER, UNIQUE (token, version))")
    token, started = tokens().token, time.process_time()
    with path.open() as file:
        for _, line in zip(range(LOOPED), file, strict=False):
            read = phonenumbers.parse(line.split()[0], "BE")
            number = int(f"{read.country_code}{read.national_number}")
            connection.execute("INSERT INTO entry VALUES (?, 1)", (token(number),))
    connection.commit()
    spent = time.process_time() - started
    connection.close()
    return spent * rows / LOOPED


def main() -> None:
    rows = int(option("--rows", str(ROWS)))
    figures: dict[str, Figure] = {"rows": rows}
    with tempfile.TemporaryDirectory(prefix="dc-register-", dir=option("--in", "") or None) as name:
        folder = Path(name)
        first, later = folder / "first.txt", folder / "later.txt"
        write_register(first, rows, later=False)
        write_register(later, rows, later=True)
        loop = plain_loop(first, folder, rows)
        figures["plain_loop_cpu_seconds"] = round(loop)
        for kind in option("--database", ",".join(DATABASES)).split(","):
            with installed(kind, folder) as place:
                for what, path, days in (("load", first, 1), ("reload", later, 0)):
                    found = loaded(place, path, days)
                    found["ratio_vs_plain_loop"] = round(loop / float(found["cpu_seconds"]), 1)
                    figures |= {f"{kind}_{what}_{key}": value for key, value in found.items()}
    report("register_load", figures)


if __name__ == "__main__":
    main()
