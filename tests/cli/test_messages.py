import click
import pytest
from django.db import OperationalError

from duecause.cli.errors import guarded
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused


def raising(error: BaseException):
    def run() -> None:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("x", "Say %(what)s.", what="why"), 2),
        (click.UsageError("no such option"), 2),
        (NotPermitted(Actor(kind="employee", id="someone"), "organisation.apply"), 3),
        (ValueError("the number +32470000000 is wrong"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_failure_has_its_exit_code_and_a_message(error, code, capsys):
    assert guarded(raising(error)) == code
    assert capsys.readouterr().err.strip()


def test_an_unexpected_error_says_its_kind_and_an_id_but_no_data(capsys):
    guarded(raising(ValueError("the number +32470000000 is wrong")))
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "32470000000" not in said


def test_debugging_shows_everything(capsys, monkeypatch):
    monkeypatch.setenv("DUECAUSE_DEBUG", "1")
    guarded(raising(ValueError("where it went wrong")))
    assert "where it went wrong" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("no such table: parties_controller", "duecause init"),
        ('relation "parties_controller" does not exist', "duecause init"),
        ('connection failed: FATAL: role "x" does not exist', "DATABASE_URL"),
    ],
)
def test_a_database_that_is_not_ready_is_a_refusal_with_the_remedy(text, remedy, capsys):
    assert guarded(raising(OperationalError(text))) == 2
    assert remedy in capsys.readouterr().err
