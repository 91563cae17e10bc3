"""`duecause rights run` says by its exit code whether a request is done, and what is wrong with it if not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from duecause.cli import group
from duecause.cli.errors import guarded
from tests.support import stores


@pytest.fixture
def run(tmp_path: Path, capsys, monkeypatch):
    example = stores.example(None, tmp_path / "example")
    for name, url in example.urls.items():
        monkeypatch.setenv(f"{name.upper()}_URL", url)

    def call(
        request: object, *options: str, config: Path = stores.EXAMPLE / "stores.yaml"
    ) -> tuple[int, str, str]:
        file = tmp_path / "request.json"
        file.write_text(request if isinstance(request, str) else json.dumps(request))
        given = [
            "rights",
            "run",
            str(file),
            "--config",
            str(config),
            "--out",
            str(tmp_path / "out"),
            *options,
        ]
        code = guarded(lambda: group.main(given, prog_name="duecause", standalone_mode=False))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_a_complete_request_ends_with_0_and_its_files(run, tmp_path):
    code, out, err = run(stores.request("access"))
    assert (code, err) == (0, "") and "Complete" in out
    assert {"plan.json", "access.json", "access.html", "certificate.json", "receipts"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }


def test_an_incomplete_one_ends_with_3_and_its_reasons(run, tmp_path):
    (tmp_path / "example/crm.sqlite").rename(tmp_path / "away")
    code, _, err = run(stores.request("erasure"))
    assert code == 3 and "unreachable: store crm" in err and "Not complete" in err


def test_a_plan_alone_changes_nothing(run, tmp_path):
    code, out, _ = run(stores.request("erasure"), "--plan")
    plan = json.loads((tmp_path / "out/plan.json").read_text())
    assert code == 0 and plan["hash"] in out and plan["operations"]
    assert not (tmp_path / "out/certificate.json").exists()
    code, _, err = run(stores.request("erasure"), "--approved", "0" * 64)
    assert code == 3 and "plan_changed" in err
    assert run(stores.request("erasure"), "--approved", plan["hash"])[0] == 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kind": "oblivion"}, "“kind” must be one of access, erasure"),
        ({"nickname": "x"}, "unknown key “nickname”"),
        ({"language": "la"}, "“language” must be one of"),
        ({"received": "yesterday"}, "“received” must be a day"),
        ({"identities": []}, "none is verified"),
        ({"categories": ["User Contact"]}, "must be words with dots"),
        (
            {"holds": [{"categories": ["user"], "until": "soon", "law": "x"}]},
            "holds[0]: “until” must be a day",
        ),
        ({"corrections": [{"category": "user", "was": "a", "becomes": "b"}]}, "given with a rectification"),
    ],
)
def test_a_request_that_is_not_understood_ends_with_2_and_its_remedy(run, change, complaint):
    code, out, err = run({**stores.request("access"), **change})
    assert (code, out) == (2, "") and complaint in err and "mila" not in err


def test_stores_that_cannot_be_read_end_with_2(run, tmp_path, monkeypatch):
    assert "line 1: not valid JSON" in run("{")[2]
    config = tmp_path / "stores.yaml"
    for text, complaint in (
        ("stores:\n  a: {maps: [none.yaml], url: 'sqlite:///x'}\n", "none.yaml cannot be read"),
        ("stores:\n  a: {maps: [m.yaml], url: 'ftp://secret@host'}\n", "no address of a database"),
        ("stores:\n  a: {maps: [m.yaml], url_env: NOT_SET}\n", "the variable NOT_SET is not set"),
        ("stores:\n  a: {maps: [m.yaml], adress: x}\n", "give one of url"),
    ):
        config.write_text(text)
        (tmp_path / "m.yaml").write_text("dataset: [{fides_key: m, collections: []}]\n")
        code, _, err = run(stores.request("access"), config=config)
        assert code == 2 and complaint in err and "secret" not in err
