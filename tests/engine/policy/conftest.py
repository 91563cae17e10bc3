"""The packaged policies, loaded once, and the facts of an ordinary look-up."""

from collections.abc import Callable

import pytest

from duecause.engine.policy import CedarPolicies, Facts
from duecause.packs import policies as packed

ORDINARY = {
    "purpose": "customer_care",
    "link": "caller",
    "status": "active",
    "relation": "none",
    "workplace": "office",
    "trained": True,
    "reason_ok": True,
    "restricted": False,
    "objected": False,
    "legal_hold": False,
    "break_glass": False,
    "mfa_fresh": False,
    "assigned": False,
}


@pytest.fixture(scope="session")
def texts() -> dict[str, str]:
    return dict(packed.texts())


@pytest.fixture(scope="session")
def engine(texts: dict[str, str]) -> CedarPolicies:
    return CedarPolicies.from_texts(**texts)


@pytest.fixture(scope="session")
def facts() -> Callable[..., Facts]:
    return lambda **changed: Facts(**{**ORDINARY, **changed})
