"""Whatever fits the published description of the API, and much that does not, is answered as described.

In the suite 100 cases for each set of scopes. The full figure, 5,000 and more in all:
`DUECAUSE_FUZZ_CASES=2000 ./dev test tests/security/test_api_fuzz.py` (cases for each set).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks

from duecause.apps.parties.actions import create_api_key
from duecause.wsgi import application
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
CASES = int(os.environ.get("DUECAUSE_FUZZ_CASES", "100"))


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The test's own transaction goes on from request to request."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("scopes", [["feed"], ["precall"], ["feed", "precall"]])
def test_every_answer_is_one_that_the_description_allows(scopes: list[str]) -> None:
    key = create_api_key(actor=OPERATOR, partner=make_world().centre, scopes=scopes, now=NOW)
    headers = {"Authorization": f"Bearer {key}"}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
    operations = [found.ok() for found in schema.get_all_operations()]
    answers: Counter[int] = Counter()
    quick = settings(
        max_examples=-(-CASES // len(operations)),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for operation in operations:
        modes = schemathesis.GenerationMode
        cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

        @quick
        @given(case=cases)
        def answered(case: schemathesis.Case) -> None:
            answer = case.call(headers=headers)
            answers[answer.status_code] += 1
            # 503 stands in the description for a check that could not be made: here nothing is broken.
            assert answer.status_code < 500, (case.path, case.body)
            case.validate_response(answer, checks=CHECKS)

        answered()
    assert sum(answers.values()) >= CASES
