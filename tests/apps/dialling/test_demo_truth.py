"""The demonstration lists, screened, against the truth that their maker wrote down."""

import csv
import io
import json
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from duecause.apps.consent.models import NationalRegister
from duecause.apps.consent.objection_import_actions import import_objections
from duecause.apps.consent.register_load_actions import load_register
from duecause.apps.dialling import actions, exports, queries
from duecause.apps.parties.models import Controller, Source
from duecause.apps.register import actions as register
from duecause.organisation import applying
from tests.apps.dialling.lists import waterfall_adds_up
from tests.support.world import OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PACK = files("duecause.packs").joinpath("demo")
TRUTH = json.loads((Path(__file__).parents[2] / "data" / "demo_truth.json").read_text(encoding="utf-8"))
LISTS = {"webshop-be.csv": "WEBSHOP-BE", "fair-be.csv": "FAIR-BE"}


@pytest.fixture
def verdicts():
    """(file, row) → verdict line of the Belgian heat pump campaign."""
    text = PACK.joinpath("org.yaml").read_text(encoding="utf-8")
    applying.apply(applying.read(text, file="org.yaml"), actor=OPERATOR, now=NOW)
    for name, code in LISTS.items():
        register.import_file(
            actor=OPERATOR,
            source=Source.objects.select_related("controller").get(code=code),
            data=PACK.joinpath("lists", name).read_bytes(),
            file_name=name,
            now=NOW,
        )
    import_objections(
        actor=OPERATOR,
        data=PACK.joinpath("objections.csv").read_bytes(),
        file_name="objections.csv",
        controller=Controller.objects.get(code="WARMHUIS"),
        now=NOW,
    )
    load_register(
        actor=OPERATOR,
        register=NationalRegister.objects.get(code="BE-DNCM"),
        data=PACK.joinpath("registers", "be-dncm-2026-11-20.txt").read_bytes(),
        file_name="dncm",
        version_date=date(2026, 11, 20),
        now=NOW,
    )
    dial_list = actions.screen(
        actor=OPERATOR,
        campaign=queries.campaign_named("HEATPUMP-BE"),
        centre=queries.centre_named("CC-GENT"),
        on=NOW.date(),
        now=NOW,
        sources=list(LISTS.values()),
    )
    assert waterfall_adds_up(dial_list)
    out = io.BytesIO()
    exports.write_verdicts(actor=OPERATOR, dial_list=dial_list, now=NOW, out=out)
    lines = csv.DictReader(io.StringIO(out.getvalue().decode()))
    return {(line["file"], int(line["row"])): line for line in lines}


def truth():
    for name in LISTS:
        for row in TRUTH["lists"][name]["sheets"][""]["rows"]:
            yield name, dict(zip(TRUTH["row"], row, strict=True))


def test_every_row_has_a_verdict_and_nobody_protected_is_released(verdicts):
    forbidden = set(TRUTH["registered"]) | set(TRUTH["objected"])
    rows = {(name, row["row"]): row for name, row in truth()}
    assert verdicts.keys() == rows.keys()
    released = {key: line for key, line in verdicts.items() if line["verdict"] == "release"}
    assert len(released) > 500
    numbers = [line["number"] for line in released.values()]
    assert len(numbers) == len(set(numbers))
    assert not forbidden & set(numbers)
    for key, line in released.items():
        assert line["number"] in rows[key]["numbers"], key
        assert "minor" not in rows[key]["traps"], key
        assert rows[key]["outcome"] == "accepted", key


def test_every_row_that_could_be_called_is_released_or_is_a_duplicate(verdicts):
    forbidden = set(TRUTH["registered"]) | set(TRUTH["objected"])
    for name, row in truth():
        line = verdicts[name, row["row"]]
        clean = set(row["numbers"]) - forbidden
        if (
            row["outcome"] == "accepted"
            and clean
            and "minor" not in row["traps"]
            and line["verdict"] == "hold"
        ):
            assert set(line["reasons"].split()) & {"duplicate_in_list", "objection"}, (name, row["row"])
