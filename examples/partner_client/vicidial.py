#!/usr/bin/env python3
"""Bring a released list into VICIdial, and what was stopped out of it. No dependencies (Python 3.11).

    VICIDIAL_USER=... VICIDIAL_PASS=... python vicidial.py --url https://dialler.example/vicidial \\
        --list released.csv --list-id 101 --campaign PUMPBE --code 32 --state vicidial.log

Run it after client.py, which marks the rows that were stopped. Those come first: the number goes on the
do-not-call list of the campaign, and its lead out of the hopper, where a number is loaded before it is
dialled. Then rows that are not in VICIdial yet are added, with its own do-not-call check. A row that was
stopped here is not added again by itself, also when its objection was lifted: a person does that. The house
never sends a number with an objection: it is known here, from the list.

Requests are POSTs, so that neither password nor number stands in a web server's log. What was done is
appended to the state file before the next row; after a crash the same call goes on, and VICIdial's "already
there" counts as done. Switch on the campaign's do-not-call list in VICIdial: it is off by default.
Exit codes: 0 done; 1 try again later; 2 VICIdial refused some rows, or everything: see what it says.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path

TIMEOUT = 30
SOURCE = "duecause"
ADDED, STOPPED = "added", "stopped"
FIELDS = {"first_name": 30, "last_name": 30, "city": 50, "postcode": 10}
NAMES = {"postcode": "postal_code"}  # as VICIdial calls it


class Refusal(Exception):
    """VICIdial said no; its text holds no number. `final`: it would say so to every row."""

    def __init__(self, why: str, *, final: bool) -> None:
        super().__init__(why)
        self.final = final


class Vicidial:
    """The functions of non_agent_api.php that are needed (docs/NON-AGENT_API.txt of VICIdial)."""

    def __init__(self, url: str, user: str, password: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise Refusal("the address of VICIdial begins with https://", final=True)
        self.url = url.rstrip("/") + "/non_agent_api.php"
        self.login = {"source": SOURCE, "user": user, "pass": password}

    def add_lead(self, lead: dict[str, str]) -> str:
        """The id of the lead, also where it was there before."""
        said = self._call("add_lead", dnc_check="Y", duplicate_check="DUPLIST", list_exists_check="Y", **lead)
        if said.startswith("SUCCESS: add_lead LEAD HAS BEEN ADDED"):
            return said.partition(" - ")[2].split("|")[3]
        if said.startswith("ERROR: add_lead DUPLICATE PHONE NUMBER IN LIST"):
            return said.partition(" - ")[2].split("|")[2]
        raise refusal(said)

    def stop(self, number: str, campaign: str) -> None:
        said = self._call("add_dnc_phone", phone_number=number, campaign_id=campaign)
        there = "ERROR: add_dnc_phone DNC NUMBER ALREADY EXISTS"
        if not said.startswith(("SUCCESS: add_dnc_phone DNC NUMBER HAS BEEN ADDED", there)):
            raise refusal(said)

    def take_out(self, lead: str) -> None:
        said = self._call("update_lead", lead_id=lead, remove_from_hopper="Y", status="DNC")
        if not said.startswith(("SUCCESS", "NOTICE", "ERROR: update_lead NO MATCHES FOUND")):
            raise refusal(said)

    def _call(self, function: str, **given: str) -> str:
        body = urllib.parse.urlencode({**self.login, "function": function, **given}).encode()
        request = urllib.request.Request(self.url, data=body, method="POST")  # noqa: S310 - see __init__
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return answer.read().decode("utf-8", "replace").strip()


def refusal(said: str) -> Refusal:
    """VICIdial repeats numbers and its user after the dash: only what stands before it is told."""
    why = said.splitlines()[0].partition(" - ")[0][:200] if said else "no answer"
    everybody = (
        "PERMISSION",
        "LOGIN",
        "NO FUNCTION",
        "auth",
        "NOT A DEFINED LIST",
        "NOT AN ALLOWED",
        "BLOCKED",
    )
    known = why.startswith(("SUCCESS", "ERROR", "NOTICE"))
    return Refusal(
        why if known else "no answer of the API", final=not known or any(w in why for w in everybody)
    )


def split(number: str, codes: Sequence[str]) -> tuple[str, str]:
    """Calling code and the rest of an E.164 number, as VICIdial keeps them apart."""
    digits = number.removeprefix("+")
    for code in sorted(codes, key=len, reverse=True):
        if digits.isdigit() and digits.startswith(code):
            return code, digits[len(code) :]
    raise Refusal("a number begins with none of the calling codes given (--code)", final=False)


class State:
    """What was done, one line each; it only grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.leads: dict[str, str] = {}
        self.stopped: set[str] = set()
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            reference, what, lead = [*line.split("\t"), "", ""][:3]
            if what == ADDED:
                self.leads[reference] = lead
            elif what == STOPPED:
                self.stopped.add(reference)

    def note(self, reference: str, what: str, lead: str = "") -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{reference}\t{what}\t{lead}\n")
            file.flush()
            os.fsync(file.fileno())
        if what == ADDED:
            self.leads[reference] = lead
        else:
            self.stopped.add(reference)


def run(
    dialler: Vicidial, rows: list[dict], state: State, *, list_id: str, campaign: str, codes: Sequence[str]
) -> list[str]:
    """Stop what is stopped, then add what is new. Gives what was refused, by reference. Raises Refusal where
    everything would be."""
    problems = []
    marked = [row for row in rows if row.get("stopped") and row["reference"] not in state.stopped]
    new = [
        row
        for row in rows
        if not row.get("stopped")
        and not state.stopped & {row["reference"]}
        and row["reference"] not in state.leads
    ]
    for row in [*marked, *new]:
        reference = row["reference"]
        try:
            code, rest = split(row["number"], codes)
            if row.get("stopped"):
                dialler.stop(rest, campaign)
                if reference in state.leads:
                    dialler.take_out(state.leads[reference])
                state.note(reference, STOPPED)
            else:
                lead = {"phone_code": code, "phone_number": rest, "list_id": list_id, "source_id": reference}
                lead |= {NAMES.get(f, f): row[f][:most] for f, most in FIELDS.items() if row.get(f)}
                state.note(reference, ADDED, dialler.add_lead(lead))
        except Refusal as why:
            if why.final:
                raise
            problems.append(f"{reference}: {why}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description="Keep a released list and VICIdial in step.")
    parser.add_argument(
        "--url", required=True, help="address of VICIdial, as https://dialler.example/vicidial"
    )
    parser.add_argument("--list", type=Path, required=True)
    parser.add_argument("--list-id", required=True)
    parser.add_argument("--campaign", required=True, help="its do-not-call list; SYSTEM_INTERNAL for all")
    parser.add_argument("--code", action="append", required=True, help="calling code, as 32")
    parser.add_argument("--state", type=Path, required=True)
    given = parser.parse_args()
    with given.list.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        dialler = Vicidial(
            given.url, os.environ.get("VICIDIAL_USER", ""), os.environ.get("VICIDIAL_PASS", "")
        )
        problems = run(
            dialler,
            rows,
            State(given.state),
            list_id=given.list_id,
            campaign=given.campaign,
            codes=given.code,
        )
    except Refusal as why:
        print(f"VICIdial refuses: {why}.", file=sys.stderr)
        return 2
    except (urllib.error.URLError, OSError) as error:
        print(f"Not now: {type(error).__name__}. Run it again.", file=sys.stderr)
        return 1
    for text in problems:
        print(text, file=sys.stderr)
    return 2 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
