"""What is said about one alarm, whatever the form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Message:
    """`what`: alarm, closed, heartbeat or test. `uid` is the same at every try. `employee`, `person`:
    references without a name; `person` is never sent, it only says that somebody was looked up. `action`,
    `groups`, `policies`: of a blocked attempt."""

    uid: str
    what: str
    kind: str
    severity: int  # 1 note … 4 critical
    at: datetime
    reference: str = ""
    employee: str = ""
    about_person: bool = False
    action: str = ""
    outcome: str = ""
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """English, for machines and those who read them."""
        if self.what == "heartbeat":
            return "Duecause alarms are alive"
        if self.what == "test":
            return "Test of an alarm sink"
        closed = " closed" if self.what == "closed" else ""
        return f"Alarm{closed}: {self.kind.replace('_', ' ')}"
