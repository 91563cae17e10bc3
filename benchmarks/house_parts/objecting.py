"""Checks before calls while people object: `python -m benchmarks.house_parts.objecting < plan.json`.

The plan is one object: `port`, `seconds`, `clients`, `rate` (checks per second offered, whatever answers
take), `numbers`, `key`, `campaign`, `feed_key` and `objections_per_s`. Keys come by stdin, not as arguments.

An answer is wrong if it was asked for after an objection had been accepted and is an allow, or if it came
before anybody had objected and is no allow. What was under way meanwhile may be either.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

from benchmarks.house_parts.load import TIMEOUT, Client, summary, together


class Objections:
    """When each number's objection was sent and when it was accepted, in seconds of this process."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.accepted: dict[str, float] = {}
        self.effective: list[float] = []

    def is_wrong(self, number: str, allowed: bool, asked: float, answered: float) -> bool:
        if allowed:
            return asked > self.accepted.get(number, answered)
        return answered < self.sent.get(number, answered + 1)


def check(client: Client, plan: Mapping[str, Any], number: str) -> tuple[int, bool]:
    """Status, and whether the number may be called."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {plan['key']}"}
    question = {"number": number, "campaign": plan["campaign"]}
    status, content = client.send("POST", "/api/precall", json.dumps(question), headers)
    return status, b'"allow"' in content


def object_to(client: Client, plan: Mapping[str, Any], told: Objections, number: str) -> None:
    """Object, and ask until the answer is no: how long that took is when the objection was effective."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {plan['feed_key']}"}
    report = {"client_id": number, "number": number, "at": datetime.now(UTC).isoformat()}
    sent = told.sent[number] = time.perf_counter()
    status, content = client.send("POST", "/api/objections", json.dumps(report), headers)
    if status != 202:
        sys.stderr.write(f"an objection was answered {status}: {content[:200]!r}\n")
        told.effective.append(TIMEOUT)  # it never was
        return
    told.accepted[number] = time.perf_counter()
    while check(client, plan, number)[1]:
        if time.perf_counter() > sent + TIMEOUT:
            break
    told.effective.append(time.perf_counter() - sent)


def run(plan: Mapping[str, Any]) -> dict[str, Any]:
    clients = [Client(plan["port"]) for _ in range(plan["clients"])]
    for client in clients:
        check(client, plan, plan["numbers"][0])
    told, places = Objections(), count()
    taken, failed, wrong = list[float](), dict[int, int](), list[str]()
    started = time.perf_counter() + 0.05
    ends = started + plan["seconds"]

    def work(client: Client) -> None:
        for place in places:
            due = started + place / plan["rate"]
            if due >= ends or time.perf_counter() > ends + TIMEOUT:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            number = plan["numbers"][place % len(plan["numbers"])]
            asked = time.perf_counter()
            status, allowed = check(client, plan, number)
            answered = time.perf_counter()
            taken.append(answered - due)
            if status != 200:
                failed[status] = failed.get(status, 0) + 1
            elif told.is_wrong(number, allowed, asked, answered):
                wrong.append("allow" if allowed else "deny")

    def objecting() -> None:
        client = Client(plan["port"])
        for place, number in enumerate(reversed(plan["numbers"][1:])):
            due = started + (place + 1) / plan["objections_per_s"]
            if due >= ends:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            object_to(client, plan, told, number)

    cpu = time.process_time()
    together([objecting, *(partial(work, client) for client in clients)])
    found = summary(taken, failed, time.perf_counter() - started, time.process_time() - cpu)
    return {
        **found,
        "wrong_allow": wrong.count("allow"),
        "wrong_deny": wrong.count("deny"),
        "objections": len(told.effective),
        "objection_effective_ms": max(told.effective, default=0.0) * 1_000,
    }


if __name__ == "__main__":
    print(json.dumps(run(json.load(sys.stdin))))
