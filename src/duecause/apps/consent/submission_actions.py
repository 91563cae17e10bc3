"""Registers that give out no file: hand numbers in, and take what the register says of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import Q

from duecause.apps.consent.models import NationalRegister, RegisterSubmission, SubmittedNumber
from duecause.apps.consent.register_load_actions import refuse_another_checksum, rule_of
from duecause.apps.consent.registers import read_register
from duecause.apps.ledger.actions import record
from duecause.apps.register.limits import limits
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.engine.screening import Rule

FUNCTION = "dialling.release"
ROWS_AT_ONCE = 2_000
Names = Literal["passed", "listed"]


def submit(
    *, actor: Actor, register: NationalRegister, numbers: Sequence[int], now: datetime
) -> tuple[RegisterSubmission, bytes]:
    """Note which numbers (E.164) a register is asked about; the file to hand in, one number a line.

    Raises Refused for a register that gives out a file or is asked for by no rule, and without numbers;
    NotPermitted.
    """
    actor.require(FUNCTION)
    _rule(register, local_day(now, register.country))
    if not numbers:
        raise Refused(
            "nothing_to_submit",
            "Every number of this list has an answer of %(register)s that still serves. Release it.",
            register=register.code,
        )
    asked = sorted(set(numbers))
    content = b"".join(b"+%d\n" % number for number in asked)
    tokens = [token.tobytes() for token in indexes.dial_tokens(asked)]
    with transaction.atomic():
        made = RegisterSubmission.objects.create(
            register=register,
            made_at=now,
            rows=len(asked),
            sha256=hashlib.sha256(content).hexdigest(),
            actor=actor.ref,
        )
        rows = (SubmittedNumber(submission=made, token=token) for token in tokens)
        SubmittedNumber.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
        told = {
            "register": register.code,
            "submission": str(made.pk),
            "numbers": made.rows,
            "sha256": made.sha256,
        }
        record(actor=actor, kind="consent.register_asked", now=now, payload=told)
    return made, content


def take_answer(
    *,
    actor: Actor,
    submission: RegisterSubmission,
    data: bytes,
    file_name: str,
    answered_on: date,
    names: Names,
    now: datetime,
    sha256: str = "",
) -> RegisterSubmission:
    """Take the register's answer, given on `answered_on`. `names`: whether its file holds the numbers that
    passed, or those that are listed. From then on listed numbers stop calls at once.

    Raises Refused for an answer that is half-written, damaged, of another checksum, older than its numbers or
    the rule allows, or to other numbers; NotPermitted. Nothing is changed then.
    """
    actor.require(FUNCTION)
    register = submission.register
    today = local_day(now, register.country)
    _refuse_by_date(submission, answered_on, today)
    refuse_another_checksum(data, sha256, file_name)
    named = _named(data, file_name, register.country, names)
    with transaction.atomic():
        current = RegisterSubmission.objects.select_for_update().get(pk=submission.pk)
        if current.answered_on is not None:
            raise Refused(
                "answer_taken",
                "This submission was answered on %(on)s. Submit the numbers again for a new answer.",
                on=current.answered_on,
            )
        asked = {bytes(token) for token in current.numbers.values_list("token", flat=True)}
        if named - asked:
            raise Refused(
                "answer_to_others",
                "%(count)s numbers of %(file)s were never submitted to %(register)s: it answers another file."
                " Choose the answer to the submission of %(made)s.",
                count=len(named - asked),
                file=file_name,
                register=register.code,
                made=local_day(current.made_at, register.country),
            )
        listed = named if names == "listed" else asked - named
        current.numbers.update(listed=False)
        for part in _parts(sorted(listed)):
            current.numbers.filter(token__in=part).update(listed=True)
        current.answered_on, current.answered_at = answered_on, now
        current.answer_sha256, current.listed = hashlib.sha256(data).hexdigest(), len(listed)
        current.save()
        told = {
            "register": register.code,
            "submission": str(current.pk),
            "answered_on": answered_on.isoformat(),
            "numbers": current.rows,
            "listed": current.listed,
            "sha256": current.answer_sha256,
        }
        record(actor=actor, kind="consent.register_answered", now=now, payload=told)
    _remove_spent(register, today)
    return current


def _rule(register: NationalRegister, on: date) -> Rule:
    rule = rule_of(register, on)
    if rule is None or rule.text("access") != "submit":
        raise Refused(
            "register_not_asked",
            "No rule of today has numbers submitted to %(register)s. See the rules page.",
            register=register.code,
        )
    return rule


def _remove_spent(register: NationalRegister, today: date) -> None:
    """Numbers of answers that serve no more, and of submissions so old that none can come."""
    first = today - timedelta(days=_rule(register, today).number("max_file_age_days"))
    over = Q(answered_on__lt=first) | Q(answered_on=None, made_at__date__lt=first)
    spent = register.submissions.filter(over)
    SubmittedNumber.objects.filter(submission__in=spent).delete()


def _refuse_by_date(submission: RegisterSubmission, answered_on: date, today: date) -> None:
    register = submission.register
    days = _rule(register, today).number("max_file_age_days")
    if answered_on > today:
        raise Refused(
            "answer_future",
            "%(on)s lies in the future. Give the day on which %(register)s answered.",
            on=answered_on,
            register=register.code,
        )
    if answered_on < local_day(submission.made_at, register.country):
        raise Refused(
            "answer_before_submission",
            "The numbers were submitted on %(made)s; an answer of %(on)s is to others. Check its date.",
            made=local_day(submission.made_at, register.country),
            on=answered_on,
        )
    if answered_on + timedelta(days=days) < today:
        raise Refused(
            "answer_stale",
            "An answer of %(register)s serves for %(days)s days; this is of %(on)s. "
            "Submit the numbers again.",
            register=register.code,
            days=days,
            on=answered_on,
        )


def _named(data: bytes, file_name: str, country: str, names: Names) -> set[bytes]:
    """Tokens of the numbers in an answer. One that lists none of them may be an empty file."""
    if names == "listed" and not data.strip():
        return set()
    read = read_register(
        data,
        name=file_name,
        country=country,
        malformed_per_thousand=limits().register_malformed_per_thousand,
    )
    return {token.tobytes() for token in indexes.dial_tokens(read.numbers)}


def _parts(tokens: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [tokens[start : start + ROWS_AT_ONCE] for start in range(0, len(tokens), ROWS_AT_ONCE)]
