"""Bring a national register's entry to what the organisation file says. Its numbers are loaded elsewhere."""

from __future__ import annotations

from datetime import datetime

from duecause.apps.consent.models import NationalRegister
from duecause.apps.ledger.upserts import Noun, put
from duecause.engine.actor import Actor
from duecause.engine.changes import Change

REGISTER = Noun(name="register", model=NationalRegister, event="consent.register_changed")


def apply_register(*, actor: Actor, now: datetime, code: str, country: str, name: str) -> Change | None:
    """`code` is the one the law packs use, such as BE-DNCM."""
    actor.require("organisation.apply")
    return put(REGISTER, {"code": code, "country": country, "name": name}, actor=actor, now=now)
