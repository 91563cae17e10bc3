"""`duecause import` of a list of fictional people with four identifiers each, on scratch installations, and
the same rows written raw into one table by COPY or executemany in the same run:

./dev bench import [--json] [--rows N] [--database sqlite,postgres] [--file CSV] [--in FOLDER] [--watch]

Per database: `_seconds`, `_rows_per_s`, `_peak_mb` (both processes of the import together),
`_server_peak_mb` (PostgreSQL's own), `_ratio_vs_raw_copy`, the seconds of the writing process by part, the
size on disk, and how long a look-up by phone takes afterwards.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.import_parts.people import write_list
from benchmarks.import_parts.running import installed, measure
from benchmarks.report import Figure, report

DATABASES = ("sqlite", "postgres")


def option(name: str, default: str) -> str:
    words = sys.argv[1:]
    return words[words.index(name) + 1] if name in words else default


def main() -> None:
    rows = int(option("--rows", "100000"))
    figures: dict[str, Figure] = {"rows": rows}
    with tempfile.TemporaryDirectory(prefix="dc-import-", dir=option("--in", "") or None) as folder:
        path = Path(option("--file", str(Path(folder) / "people.csv")))
        if not path.exists():
            write_list(path, rows)
        for kind in option("--database", ",".join(DATABASES)).split(","):
            if kind not in DATABASES:
                raise SystemExit(f"--database: {kind} is none of {', '.join(DATABASES)}")
            with installed(kind, Path(folder)) as place:
                found = measure(place, path, rows)
            figures |= {f"{kind}_{name}": value for name, value in found.items()}
            print(f"{kind}: measured", file=sys.stderr)
    report("import", {name: round(v, 3) if isinstance(v, float) else v for name, v in figures.items()})


if __name__ == "__main__":
    main()
