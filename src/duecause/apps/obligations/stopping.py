"""Whether this process was asked to end: long handlers learn it where they report their progress."""

from __future__ import annotations

from threading import Event as StopSignal

_signals: list[StopSignal] = []


def follow(stop: StopSignal) -> None:
    """From now on `stop` says so."""
    _signals[:] = [stop]


def forget() -> None:
    _signals.clear()


def asked() -> bool:
    return any(signal.is_set() for signal in _signals)
