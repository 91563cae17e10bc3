"""A released list comes into VICIdial and what was stopped out of it, by answers as its API gives them."""

import importlib.util
import threading
import urllib.error
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

FILE = Path(__file__).parents[3] / "examples" / "partner_client" / "vicidial.py"
_spec = importlib.util.spec_from_file_location("partner_vicidial", FILE)
vicidial = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(vicidial)
PERMITTED = "6666"


class Dialler:
    """Leads, do-not-call lists and hopper of a VICIdial; answers in the words of docs/NON-AGENT_API.txt."""

    def __init__(self):
        self.leads, self.dnc, self.hopper, self.requests = {}, set(), set(), []

    def answer(self, q):
        function, user = q.get("function", ""), q.get("user", "")
        if not function:
            return "ERROR: NO FUNCTION SPECIFIED"
        if user != PERMITTED:
            return f"ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION - {user}|{function}"
        return getattr(self, function)(q, user)

    def add_lead(self, q, user):
        number, list_id = q["phone_number"], q["list_id"]
        if list_id != "101":
            return f"ERROR: add_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - {number}|{list_id}"
        if not 6 <= len(number) <= 16:
            return f"ERROR: add_lead INVALID PHONE NUMBER LENGTH - {number}|{user}"
        if (list_id, number) in self.leads:
            known = f"{number}|{list_id}|{self.leads[list_id, number]}"
            return f"ERROR: add_lead DUPLICATE PHONE NUMBER IN LIST - {known}"
        lead = str(193715 + len(self.leads))
        self.leads[list_id, number] = lead
        self.hopper.add(lead)
        return (
            f"SUCCESS: add_lead LEAD HAS BEEN ADDED - {number}|{user}|{list_id}|{lead}|-4\n"
            f"NOTICE: add_lead ADDED TO HOPPER - {number}|{user}|{lead}|1677922"
        )

    def add_dnc_phone(self, q, user):
        key = q["campaign_id"], q["phone_number"]
        if key in self.dnc:
            return f"ERROR: add_dnc_phone DNC NUMBER ALREADY EXISTS - {user}|{key[1]}"
        self.dnc.add(key)
        return f"SUCCESS: add_dnc_phone DNC NUMBER HAS BEEN ADDED - {user}|{key[1]}|{key[0]}"

    def update_lead(self, q, user):
        if q["remove_from_hopper"] == "Y":
            self.hopper.discard(q["lead_id"])
        return f"SUCCESS: update_lead LEAD HAS BEEN UPDATED - {user}|{q['lead_id']}||||0"


@pytest.fixture
def served():
    dialler = Dialler()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            dialler.requests.append(self.path)
            content = dialler.answer(dict(urllib.parse.parse_qsl(body))).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    dialler.url = f"http://127.0.0.1:{server.server_port}/vicidial"
    yield dialler
    server.shutdown()
    server.server_close()


def row(place, **more):
    return {
        "reference": f"R{place}",
        "number": f"+3247000001{place}",
        "last_name": "Test",
        "stopped": "",
        **more,
    }


def run(served, rows, tmp_path, user=PERMITTED, list_id="101"):
    client = vicidial.Vicidial(served.url, user, "secret")
    state = vicidial.State(tmp_path / "state")
    return vicidial.run(client, rows, state, list_id=list_id, campaign="PUMPBE", codes=["3", "32", "31"])


def test_new_rows_become_leads_once_and_no_address_holds_number_or_password(served, tmp_path):
    rows = [row(1), row(2)]
    for _ in range(2):
        assert run(served, rows, tmp_path) == []
    assert set(served.leads) == {("101", "470000011"), ("101", "470000012")}
    assert served.requests == ["/vicidial/non_agent_api.php"] * 2


def test_a_stopped_row_is_never_added_and_one_that_was_leaves_the_hopper(served, tmp_path):
    run(served, [row(1)], tmp_path)
    assert len(served.hopper) == 1
    assert run(served, [row(1, stopped="objection"), row(2, stopped="recall")], tmp_path) == []
    assert served.dnc == {("PUMPBE", "470000011"), ("PUMPBE", "470000012")}
    assert served.hopper == set() and ("101", "470000012") not in served.leads
    run(served, [row(1), row(2)], tmp_path)
    assert ("101", "470000012") not in served.leads, "what was stopped here is added again by nobody"


def test_a_state_that_was_lost_finds_everything_there_already(served, tmp_path):
    rows = [row(1), row(2, stopped="objection")]
    run(served, rows, tmp_path)
    (tmp_path / "state").unlink()
    assert run(served, rows, tmp_path) == []
    assert len(served.leads) == 1 and len(served.dnc) == 1


def test_a_refused_row_is_named_without_its_number_and_the_others_go_on(served, tmp_path):
    problems = run(served, [row(1, number="+32470"), row(2), row(3, number="+4915112345678")], tmp_path)
    assert [text.partition(":")[0] for text in problems] == ["R1", "R3"]
    assert "INVALID PHONE NUMBER LENGTH" in problems[0] and "470" not in problems[0]
    assert len(served.leads) == 1


@pytest.mark.parametrize(
    ("given", "text"), [({"user": "nobody"}, "PERMISSION"), ({"list_id": "9"}, "DEFINED LIST")]
)
def test_what_every_row_would_be_refused_for_ends_the_run(served, tmp_path, given, text):
    with pytest.raises(vicidial.Refusal, match=text):
        run(served, [row(1), row(2)], tmp_path, **given)
    assert len(served.requests) == 1


def test_a_dialler_that_is_away_is_tried_again_later(served, tmp_path):
    served.url = "http://127.0.0.1:9/vicidial"
    with pytest.raises(urllib.error.URLError):
        run(served, [row(1)], tmp_path)
    assert not (tmp_path / "state").exists()
