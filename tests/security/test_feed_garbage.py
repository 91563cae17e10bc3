"""Whatever a partner's program sends, the feed answers it and never breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duecause.apps.parties.actions import create_api_key
from duecause.apps.parties.models import Partner
from duecause.engine import tlog
from tests.support.world import NOW, OPERATOR, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
ODD = (
    *("\0", "é" * 70, "9" * 400, "\ud800", "a\n1\nAAAA\n\n— x AAAAAAAA\n"),
    *("+32470000011", "R", "busy", "all_marketing", "campaign"),
    *("2026-11-02T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(ODD),
    st.integers(-(2**70), 2**70),
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.sampled_from(ODD), max_size=2),
)
NAMES = ("cursor", "checkpoint_cosignature", "client_id", "reference", "number", "at", "scope", "how",
         "outcome", "refusal", "attempts")  # fmt: skip
FLAT = st.dictionaries(st.sampled_from(NAMES), VALUES)
BODIES = st.one_of(FLAT, FLAT.map(lambda call: {"attempts": [call]}), VALUES)
LIKELY = st.fixed_dictionaries(
    {"client_id": st.sampled_from(("a", "b")), "at": st.sampled_from(ODD)},
    optional={"number": st.sampled_from(ODD), "reference": st.sampled_from(ODD)},
)
CALLS = st.fixed_dictionaries(
    {"reference": st.sampled_from(ODD), "at": st.sampled_from(ODD), "outcome": st.sampled_from(ODD)}
)


@pytest.fixture
def world() -> World:
    return make_world()


def test_garbage_is_answered_with_a_reason_and_never_breaks(world: World) -> None:
    signer = tlog.Signer.from_seed("centre-a.example/witness", b"7" * 32)
    Partner.objects.filter(pk=world.centre.pk).update(witness_key=str(signer.verifier(witness=True)))
    client = Client(raise_request_exception=False)
    key = create_api_key(actor=OPERATOR, partner=world.centre, scopes=["feed"], now=NOW)
    headers = {"Authorization": f"Bearer {key}"}

    def answered(method: str, path: str, body: bytes = b"") -> None:
        answer = client.generic(method, path, body, content_type="application/json", headers=headers)
        assert answer.status_code in (200, 202, 400, 409, 422), (path, body, answer.status_code)

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(("feed/ack", "objections", "attempts")), BODIES)
    def bodies(path: str, body: Any) -> None:
        answered("POST", f"/api/{path}", json.dumps(body).encode())

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(LIKELY, CALLS)
    def likely(report: dict[str, str], call: dict[str, str]) -> None:
        answered("POST", "/api/objections", json.dumps(report).encode())
        answered("POST", "/api/attempts", json.dumps({"attempts": [call]}).encode())

    bodies()
    likely()
    for after in ("-1", "x", "9" * 400, "1e3", "%00", "9223372036854775807", "9223372036854775808", ""):
        answered("GET", f"/api/feed?after={after}")
        answered("GET", f"/api/feed?limit={after}")
    answer = client.get("/api/feed?after=%00", headers=headers)
    assert answer.status_code == 400 and "cannot be read" in answer.json()["detail"]
    for raw in (b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"cursor": 1' + b"0" * 5000 + b"}"):
        answered("POST", "/api/feed/ack", raw)
