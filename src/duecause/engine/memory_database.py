"""A DuckDB in memory that opens no file and fetches nothing.

Its own SQLite, opened on a live database file, would drop this process's locks on it (tests/faults), so every
use of DuckDB begins here and data come in as Arrow tables.
"""

from __future__ import annotations

import duckdb

Setting = str | bool | int | float | list[str]


def connect(*, memory: str, threads: int, spill: str = "") -> duckdb.DuckDBPyConnection:
    """`memory` with its unit ("512MB"); `spill` a folder for what does not fit, empty: none, then OutOfMemory
    is raised."""
    config: dict[str, Setting] = {
        "memory_limit": memory,
        "threads": threads,
        "temp_directory": spill,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    db = duckdb.connect(":memory:", config=config)
    db.execute("SET enable_progress_bar = false")  # a process started apart counts as a terminal
    db.execute("SET enable_external_access = false")
    return db
