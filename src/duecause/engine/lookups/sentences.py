"""What an alarm says, in sentences: what was seen, over how many days, and what would have been expected."""

from __future__ import annotations

from duecause.engine.lookups.outages import Outage
from duecause.engine.lookups.scoring import Reason

SEEN = {
    "unexplained": "customers looked at without any reason",
    "weakly_explained": "customers looked at for a weak reason only",
    "repeat": "returns to a customer already looked at without reason",
    "back_again": "returns without reason to a customer of a former contact",
    "own_ticket": "looks on a ticket made by the employee, with no contact of the customer",
    "own_ticket_repeat": "returns to a customer on the employee's own ticket, with no contact",
    "own_record": "looks at the employee's own record",
    "colleague": "looks at a colleague's record without reason",
    "household": "looks without reason at a customer who lives at the employee's address",
    "neighbour": "looks without reason at a customer in the employee's postcode",
    "surname": "looks without reason at a customer of the employee's surname, common names counted less",
    "vip": "looks without reason at a protected customer",
    "cluster": "looks without reason at several customers of one address",
    "crowd": "looks without reason at a customer whom several employees looked at without reason",
    "sequential": "looks without reason at customers with consecutive numbers",
    "burst": "customers without reason within one hour, many at once",
    "search": "searches that led to a customer without any contact",
    "export": "exports without reason",
    "off_shift": "customers looked at without reason outside the employee's shifts",
    "notice_given": "customers looked at without reason after the employee gave notice",
    "after_end": "looks after the employee had left",
    "foreign_place": "looks without reason from a place that is not the employee's",
}


def sentence(reason: Reason) -> str:
    """E.g. `4 returns to a customer already looked at without reason in 7 days; 0.02 expected.`"""
    days = "on one day" if reason.days == 1 else f"in {reason.days} days"
    return f"{number(reason.seen)} {SEEN[reason.flag]} {days}; {number(reason.expected)} expected."


def outage_sentence(outage: Outage) -> str:
    return (
        f"Links failed from {outage.begin:%H:%M} to {outage.end:%H:%M} in {len(outage.teams)} teams: "
        f"{outage.loose} of {outage.looks} look-ups had no reason where {number(outage.expected)} is usual. "
        "They accuse nobody; look at telephony and ticket deliveries of that time."
    )


def number(value: float) -> str:
    """Two significant digits below ten, none of them noughts at the end.

    >>> number(0.0213), number(4.0), number(12.6)
    ('0.021', '4', '13')
    """
    if value >= 10:
        return f"{value:.0f}"
    text = f"{value:.2g}" if value >= 0.001 else "less than 0.001"
    return text
