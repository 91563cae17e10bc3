"""Structured logs: one JSON object per line on stderr, or plain text where that is a terminal.

A line never carries a value that a person gave. Ours are constant texts with codes, counts and ids. What a
library says may quote anything, so of its lines only logger, level and place are kept, and of an exception
its type and where it passed, never its message.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

Ids = Mapping[str, str | int | float]
OWN = ("duecause", "granian", "_granian")
PACKAGE = Path(__file__).resolve().parent
LIBRARIES = ("site-packages", "dist-packages")
FRAMES_KEPT = 12
SHOWN_FIRST = ("time", "level", "logger", "event", "error", "process")
_about: ContextVar[Ids] = ContextVar("about", default={})  # noqa: B039  never changed in place


@contextmanager
def about(**ids: str | int | float) -> Iterator[None]:
    """Every line written inside says this too: opaque ids, codes and counts only."""
    token = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(token)


def facts(**ids: str | int | float) -> dict[str, Ids]:
    """For one line: `log.info("request", extra=facts(status=200))`."""
    return {"facts": ids}


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in OWN


def content(record: logging.LogRecord) -> dict[str, Any]:
    """What a line says, in the order in which it is read."""
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
    }
    if _is_ours(record.name):
        line["event"] = record.getMessage()
    else:
        line |= {"event": "a library said something", "place": f"{_short(record.pathname)}:{record.lineno}"}
    line |= {"process": record.process, **_about.get(), **getattr(record, "facts", {})}
    if record.exc_info and record.exc_info[1] is not None:
        line["error"] = told(record.exc_info[1])
    return line


def told(error: BaseException) -> list[dict[str, Any]]:
    """An exception and what caused it, without their messages: type, our code if it has one, and the places
    from where it was raised outwards."""
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        kind = type(one)
        entry: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
        code = getattr(one, "code", None)
        if kind.__module__.startswith("duecause.") and isinstance(code, str):
            entry["code"] = code
        entry["at"] = _places(one.__traceback__)
        found.append(entry)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-FRAMES_KEPT:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames)]


def _short(filename: str) -> str:
    """Without where it is installed."""
    path = Path(filename)
    if path.is_relative_to(PACKAGE):
        return str(path.relative_to(PACKAGE.parent))
    for folder in LIBRARIES:
        if folder in path.parts:
            return "/".join(path.parts[path.parts.index(folder) + 1 :])
    return path.name


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(content(record), ensure_ascii=False, default=str)


class Text(logging.Formatter):
    """The same for eyes: `18:02:11 error duecause.x: what happened (step 0199…)`."""

    def format(self, record: logging.LogRecord) -> str:
        line = content(record)
        rest = {name: line[name] for name in line if name not in SHOWN_FIRST}
        shown = f"{line['time'][11:19]} {line['level']} {line['logger']}: {line['event']}"
        if rest:
            shown += f" ({', '.join(f'{name} {value}' for name, value in rest.items())})"
        for error in line.get("error", ()):
            shown += "".join(f"\n    {part}" for part in (error["type"], *error["at"]))
        return shown


def style() -> str:
    """DUECAUSE_LOG: `json`, `text`, or by default text on a terminal and JSON elsewhere."""
    asked = os.environ.get("DUECAUSE_LOG", "")
    if asked in ("json", "text"):
        return asked
    return "text" if sys.stderr is not None and sys.stderr.isatty() else "json"


def formatter() -> logging.Formatter:
    return Text() if style() == "text" else JsonLines()


def config() -> dict[str, Any]:
    """For logging.config.dictConfig and Django's LOGGING; granian reads the like from granian_logs.json."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "duecause.logs.formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django says each 4xx as well, which the request line does; its own handlers print messages.
            "django": {"handlers": [], "level": "ERROR", "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.security": {"level": "ERROR"},
        },
    }


def set_up() -> None:
    """For a process without Django."""
    import logging.config

    logging.config.dictConfig(config())
