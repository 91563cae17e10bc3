"""What other systems read of an alarm: by the published rules, and with nothing that names a customer."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema_rs
import pytest

from duecause.apps.gate.formats import cef, ocsf, syslog
from duecause.apps.gate.formats.message import Message

AT = datetime(2026, 11, 2, 10, 0, 0, 250_000, tzinfo=UTC)
LOOK = Message(
    uid="u-1", what="alarm", kind="sensitive", severity=3, at=AT, reference="a-1", employee="e-1",
    about_person=True, action="view", groups=("bank",), policies=("sensitive-data",),
)  # fmt: skip
BY_HAND = {
    # message → class, activity: as the classes of the schema have them
    "a blocked look": (LOOK, 6001, 2),
    "a blocked search": (replace(LOOK, action="find"), 6001, 5),
    "a blocked export": (replace(LOOK, action="export"), 6001, 7),
    "a lock": (replace(LOOK, kind="ladder_locked", about_person=False, severity=4), 3007, 6),
    "a session of a closed account": (replace(LOOK, kind="account", about_person=False), 3002, 1),
    "an alarm about a partner": (replace(LOOK, kind="feed_overdue", about_person=False), 2004, 1),
    "an alarm that was closed": (replace(LOOK, what="closed", outcome="mistake"), 2004, 3),
    "a heartbeat": (Message(uid="u-2", what="heartbeat", kind="", severity=1, at=AT), 0, 0),
}
# Required attributes of the base event and of each class, and the enumerations used, as published at
# github.com/ocsf/ocsf-schema (events/base_event.json and the class files; read on 28 November 2026).
NUMBER, TEXT = {"type": "integer"}, {"type": "string", "minLength": 1}
USER = {
    "type": "object",
    "required": ["uid"],
    "properties": {"uid": TEXT, "type_id": {"enum": [0, 1, 2, 3, 99]}},
}
OWN = {
    0: {},
    6001: {"web_resources": {"type": "array", "minItems": 1}},
    2004: {
        "finding_info": {
            "type": "object",
            "required": ["uid", "title"],
            "properties": {"uid": TEXT, "title": TEXT},
        }
    },
    3002: {
        "user": USER,
        "service": {"type": "object", "required": ["name"]},
    },  # or dst_endpoint: one of the two
    3007: {"user": USER},
}
ACTIVITIES = {
    0: [0, 99],
    6001: [0, *range(1, 9), 99],
    2004: [0, 1, 2, 3, 99],
    3002: [0, *range(1, 8), 99],
    3007: [0, *range(1, 18), 99],
}


def schema_of(kind):
    base = {
        "activity_id": {"enum": ACTIVITIES[kind]},
        "category_uid": {"const": kind // 1000},
        "class_uid": {"const": kind},
        "type_uid": NUMBER,
        "severity_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
        "time": NUMBER,
        "metadata": {
            "type": "object",
            "required": ["product", "version"],
            "properties": {"version": TEXT, "product": {"type": "object", "required": ["vendor_name"]}},
        },
    }
    properties = {**base, **OWN[kind]}
    more = {
        "action_id": {"enum": [0, 1, 2, 3, 4, 99]},
        "disposition_id": NUMBER,
        "is_alert": {"type": "boolean"},
        "status_id": {"enum": [0, 1, 2, 99]},
        "message": TEXT,
    }
    return {"type": "object", "required": list(properties), "properties": {**properties, **more}}


@pytest.mark.parametrize("name", BY_HAND)
def test_each_event_is_of_the_class_that_says_it_and_holds_what_the_class_requires(name):
    message, kind, activity = BY_HAND[name]
    event = ocsf.event(message)
    assert (event["class_uid"], event["activity_id"], event["type_uid"]) == (
        kind,
        activity,
        kind * 100 + activity,
    )
    assert jsonschema_rs.validator_for(schema_of(kind)).is_valid(event), event


def test_the_schema_does_find_what_is_missing():
    event = ocsf.event(LOOK)
    del event["web_resources"]
    assert not jsonschema_rs.validator_for(schema_of(6001)).is_valid(event)


def test_a_blocked_look_says_blocked_by_which_line():
    event = ocsf.event(LOOK)
    assert (event["action_id"], event["disposition_id"]) == (2, 2)
    assert event["policy"]["uid"] == "sensitive-data"


def test_cef_escapes_what_would_break_it():
    odd = Message(uid="a=b", what="alarm", kind="x|y\\z", severity=2, at=AT, policies=("one\ntwo",))
    line = cef.line(odd)
    assert line.startswith("CEF:0|Duecause|Duecause|1|x\\|y\\\\z|")
    assert "externalId=a\\=b" in line
    assert "cs3=one\\ntwo" in line
    assert "\n" not in line
    assert len(re.split(r"(?<!\\)\|", line)) == 8


def test_a_syslog_frame_counts_its_octets_and_has_a_head_by_the_book():
    framed = syslog.frame(LOOK, text="hällo", host="gate one")
    count, _, rest = framed.partition(b" ")
    assert int(count) == len(rest)
    assert rest.startswith(b"<107>1 2026-11-02T10:00:00.250Z gateone duecause - alarm - ")
    assert rest.isascii()


def test_json_of_an_event_is_one_line():
    assert "\n" not in json.dumps(ocsf.event(LOOK))
