"""For which version, messages and assets a data folder was last prepared. Needs no Django."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent
STAMP = "prepared.json"
WATCHED = ("apps/*/migrations/*.py", "web/static/**/*", "apps/*/static/**/*", "locale/*/LC_MESSAGES/*.po")
LIBRARIES = ("django", "django-htmx", "whitenoise")

SignIns = Sequence[tuple[str, str, str]]


def is_current(data: Path, *, demo: bool) -> bool:
    """PostgreSQL is always looked at: the database behind the address may be another one today."""
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return False
    kept = read(data)
    files = ("duecause.sqlite3", "keys.sqlite3", "keys/kek.key", "keys/session.key")
    return (
        has_assets(data)
        and bool(kept.get("demo") or not demo)
        and all((data / name).exists() for name in files)
    )


def has_assets(data: Path) -> bool:
    """Messages and static files are those of this version, whatever the database holds."""
    return read(data).get("stamp") == _stamp() and (data / "static").exists()


def read(data: Path) -> dict[str, Any]:
    try:
        kept = json.loads((data / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write(data: Path, *, demo: bool, sign_ins: SignIns) -> None:
    """`sign_ins`: name, profile and published password of demonstration employees."""
    text = json.dumps({"stamp": _stamp(), "demo": demo, "sign_ins": list(sign_ins)})
    fresh = data / f"{STAMP}.new"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(data / STAMP)


def _stamp() -> str:
    digest = hashlib.sha256()
    for name in ("duecause", *LIBRARIES):
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    for pattern in WATCHED:
        for path in sorted(PACKAGE.glob(pattern)):
            if path.is_file():
                known = path.stat()
                digest.update(f"{path.relative_to(PACKAGE)} {known.st_size} {known.st_mtime_ns}\n".encode())
    return digest.hexdigest()
