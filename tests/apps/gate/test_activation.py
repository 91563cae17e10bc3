"""A measure that watches employees stays off until its papers are filed and they have known long enough."""

from datetime import timedelta

import pytest

from duecause.apps.gate.activation import activated, standings
from duecause.apps.gate.activation_actions import file_paper, withdraw_paper
from duecause.apps.ledger.models import Event
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from duecause.packs.activation import PAPERS, read
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
TODAY = NOW.date()


def file_all(*, told=TODAY, but=(), measure="lookup_review"):
    return {
        kind: file_paper(
            actor=OPERATOR,
            measure=measure,
            kind=kind,
            reference="HR-17",
            dated=told if kind == "notice" else TODAY,
            now=NOW,
        )
        for kind in PAPERS
        if kind not in but
    }


def test_nothing_runs_before_anything_is_filed():
    assert [each.measure for each in standings(NOW) if each.running] == []
    assert all(each.missing == PAPERS for each in standings(NOW))


@pytest.mark.parametrize("missing", PAPERS)
def test_one_missing_paper_keeps_it_off_and_is_named(missing):
    file_all(told=TODAY - timedelta(days=30), but={missing})
    standing = next(each for each in standings(NOW) if each.measure == "lookup_review")
    assert standing.missing == (missing,)
    assert not activated("lookup_review", NOW)


def test_it_runs_fourteen_days_after_employees_were_told_and_no_other_measure_does():
    file_all(told=TODAY)
    assert not activated("lookup_review", NOW + timedelta(days=13))
    assert activated("lookup_review", NOW + timedelta(days=14))
    assert not activated("employer_alarms", NOW + timedelta(days=14))


def test_a_withdrawn_paper_stops_it_at_once():
    papers = file_all(told=TODAY - timedelta(days=20))
    assert activated("lookup_review", NOW)
    withdraw_paper(actor=OPERATOR, paper=papers["works_council"], now=NOW)
    assert not activated("lookup_review", NOW)
    assert Event.objects.filter(kind="gate.measure_withdrawn").count() == 1


def test_a_newer_notice_begins_the_wait_again():
    file_all(told=TODAY - timedelta(days=20))
    file_paper(
        actor=OPERATOR, measure="lookup_review", kind="notice", reference="HR-18", dated=TODAY, now=NOW
    )
    assert not activated("lookup_review", NOW)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"measure": "mind_reading"}, "measure_unknown"),
        ({"kind": "wish"}, "measure_unknown"),
        ({"reference": "  "}, "paper_reference"),
        ({"dated": TODAY + timedelta(days=1)}, "paper_day"),
    ],
)
def test_what_cannot_be_filed_is_refused(given, code):
    usual = {"measure": "lookup_review", "kind": "basis", "reference": "HR-17", "dated": TODAY}
    with pytest.raises(Refused) as refused:
        file_paper(actor=OPERATOR, now=NOW, **{**usual, **given})
    assert refused.value.problem.code == code


def test_an_agent_files_nothing():
    with pytest.raises(NotPermitted):
        file_paper(
            actor=make_world().actor("inbound"),
            measure="lookup_review",
            kind="basis",
            reference="HR-17",
            dated=TODAY,
            now=NOW,
        )


def test_terms_without_a_notice_are_refused():
    text = """
as_of: 2026-11-28
terms:
  - valid_from: 2026-01-01
    papers: [basis]
    measures: [{code: lookup_review, notice_days: 14}]
    law: none
    note: none
    confidence: L
    reviewed_by: null
"""
    with pytest.raises(Refused, match="telling the employees"):
        read(text)
