"""A load generator of the standard library: `python -m benchmarks.house_parts.load < plan.json`.

The plan is one object: `port`, `part` (pages, precall, event or plain), `seconds`, `clients`, `rate`
(requests per second offered, whatever the answers take; 0: each client asks again as soon as it has its
answer), `most` requests, and `agent`, `people` or `key`, `numbers`, `campaign`. Keys and passwords come by
stdin, never as an argument.
With a rate, a latency counts from the moment the request was due: waiting for a free client is waiting too.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlencode

HOST = "127.0.0.1"
TIMEOUT = 30
Ask = Callable[[int], int]


class Client:
    """One keep-alive connection with its own cookies."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        told = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        self.connection.request(method, path, body, told)
        answer = self.connection.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, content


def agent_asks(plan: Mapping[str, Any]) -> Ask:
    """Sign in once; then give a reason for one person after another and read the card."""
    client = Client(plan["port"])
    form = {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://{HOST}/"}
    _, page = client.send("GET", "/sign-in/", "", {})
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, "the sign-in page has no token"
    name, password = plan["agent"]
    given = {"csrfmiddlewaretoken": token[1].decode(), "username": name, "password": password}
    status, _ = client.send("POST", "/sign-in/", urlencode(given), form)
    if status != 302:
        raise SystemExit(f"signing in was answered {status}")
    form = {**form, "X-CSRFToken": client.cookies["csrftoken"]}
    if plan.get("fragment", True):
        form["HX-Request"] = "true"
    body, people = urlencode({"link": "caller"}), plan["people"]

    def ask(index: int) -> int:
        path = f"/desk/people/{people[index % len(people)]}/look/"
        status, content = client.send("POST", path, body, form)
        return status if b"Kerkstraat" in content else 599

    return ask


def centre_asks(plan: Mapping[str, Any]) -> Ask:
    """One released number after another, with the centre's key."""
    client, numbers = Client(plan["port"]), plan["numbers"]
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {plan['key']}"}

    def ask(index: int) -> int:
        question = {"number": numbers[index % len(numbers)], "campaign": plan["campaign"]}
        status, content = client.send("POST", "/api/precall", json.dumps(question), headers)
        return status if b'"allow"' in content else 599

    return ask


def bare_asks(plan: Mapping[str, Any]) -> Ask:
    """`bare.py`: a page with nothing of the product behind it but its event, or not even that."""
    client, path = Client(plan["port"]), f"/{plan['part']}"

    def ask(index: int) -> int:
        status, content = client.send("GET", path, "", {})
        return status if b"Kerkstraat" in content else 599

    return ask


ASKS = {"pages": agent_asks, "precall": centre_asks, "event": bare_asks, "plain": bare_asks}


def run(plan: Mapping[str, Any]) -> dict[str, Any]:
    clients: list[Ask] = []

    def connect(index: int) -> None:
        ask = ASKS[plan["part"]](plan)
        ask(index)  # warm: the connection, caches
        clients.append(ask)

    together([partial(connect, index) for index in range(plan["clients"])])
    if len(clients) < plan["clients"]:
        raise SystemExit("not every client could connect")
    numbers, taken, failed = count(), list[float](), dict[int, int]()
    started = time.perf_counter() + 0.05
    ends = started + plan["seconds"]

    def work(ask: Ask) -> None:
        for index in numbers:
            due = started + index / plan["rate"] if plan["rate"] else time.perf_counter()
            if index >= plan["most"] or due >= ends or time.perf_counter() > ends + TIMEOUT:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            status = ask(index)
            taken.append(time.perf_counter() - due)
            if status != 200:
                failed[status] = failed.get(status, 0) + 1

    cpu = time.process_time()
    together([partial(work, ask) for ask in clients])
    return summary(taken, failed, time.perf_counter() - started, time.process_time() - cpu)


def together(tasks: Sequence[Callable[[], object]]) -> None:
    """Each in a thread of its own: browsers connect at once, not one after the other."""
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def summary(taken: list[float], failed: dict[int, int], seconds: float, cpu: float) -> dict[str, Any]:
    taken.sort()
    return {
        "done": len(taken),
        "failed": failed,
        "per_s": len(taken) / seconds,
        "p50_ms": taken[len(taken) // 2] * 1_000,
        "p99_ms": taken[min(len(taken) - 1, len(taken) * 99 // 100)] * 1_000,
        "load_cpu_ms": cpu / len(taken) * 1_000,
    }


if __name__ == "__main__":
    print(json.dumps(run(json.load(sys.stdin))))
