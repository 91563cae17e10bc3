"""Security measures (GDPR Art. 30(1)(g), 32): each is asked of the running system, none is taken on trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from duecause.apps.gate.policies import engine, untroubled
from duecause.apps.ledger.models import Cosignature
from duecause.apps.ledger.queries import log_state
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import Record
from duecause.apps.vault.models import DataKey

LONGEST_SESSION = 12 * 3600  # seconds: a working day and its breaks


@dataclass(frozen=True, slots=True)
class Measure:
    """`detail`: figures of the moment, named as the sentence in `texts` wants them."""

    code: str
    on: bool
    detail: Mapping[str, int | str]


def measures() -> list[Measure]:
    return [Measure(code, *check()) for code, check in CHECKS.items()]


Found = tuple[bool, dict[str, Any]]


def _sealed() -> Found:
    return DataKey.objects.exists() or not Record.objects.exists(), {}


def _keys_apart() -> Found:
    main, keys = (settings.DATABASES[name]["NAME"] for name in ("default", "keys"))
    return str(main) != str(keys), {}


def _transport() -> Found:
    return bool(settings.BEHIND_TLS and settings.SESSION_COOKIE_SECURE), {}


def _passwords() -> Found:
    return "Argon2" in settings.PASSWORD_HASHERS[0], {}


def _sessions() -> Found:
    seconds = int(settings.SESSION_COOKIE_AGE)
    return seconds <= LONGEST_SESSION, {"hours": seconds // 3600}


def _access_rules() -> Found:
    """The rules are asked: somebody who may see a customer's name for a call must not see everything."""
    seen = _groups()
    return 0 < len(seen) < len(engine().vocabulary.groups), {"version": engine().version[:12]}


def _reason_asked() -> Found:
    return not _groups(link="none", reason_ok=False), {}


def _training_asked() -> Found:
    return not _groups(trained=False), {}


def _leavers_out() -> Found:
    return not _groups(status="leaver"), {}


def _groups(**differently: Any) -> frozenset[str]:
    """What an agent on the phone may see, all being well but for `differently`."""
    facts = replace(untroubled("caller"), **differently)
    return engine().allow_set(profile="inbound", action="view", facts=facts).groups


def _ledger() -> Found:
    state = log_state()
    return state.signed_at is not None, {"entries": state.size}


def _witnesses() -> Found:
    return Cosignature.objects.exists(), {}


def _canaries() -> Found:
    numbers = sum(len(each) for each in Controller.objects.values_list("canary_numbers", flat=True))
    return numbers > 0, {"numbers": numbers}


CHECKS: Mapping[str, Callable[[], Found]] = {
    "sealed": _sealed,
    "keys_apart": _keys_apart,
    "access_rules": _access_rules,
    "reason_asked": _reason_asked,
    "training_asked": _training_asked,
    "leavers_out": _leavers_out,
    "ledger": _ledger,
    "witnesses": _witnesses,
    "canaries": _canaries,
    "transport": _transport,
    "passwords": _passwords,
    "sessions": _sessions,
}
