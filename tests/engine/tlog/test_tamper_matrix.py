"""Nothing that is done to a log stays unseen by a partner who kept its checkpoints, and a clean log raises no
alarm. The same matrix with its figures: `./dev bench tamper`."""

import pytest

from tests.engine.tlog import tampering

POSITIONS = 100
CLEAN_LOGS = 1_000


@pytest.mark.parametrize("kind", tampering.KINDS)
def test_a_touched_log_is_found_wherever_it_was_touched(kind, tmp_path):
    outcome = tampering.run(kind, POSITIONS, tmp_path)
    assert (outcome.tried, outcome.missed) == (POSITIONS, [])


def test_clean_logs_raise_no_alarm(tmp_path):
    assert tampering.false_alarms(CLEAN_LOGS, tmp_path) == []
