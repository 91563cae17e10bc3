"""The shipped policies again in plain Python, written from the rules and not from the Cedar text."""

import random
from dataclasses import replace

from duecause.engine.policy import Facts, Vocabulary

DESK = ("inbound", "outbound", "technician", "team_lead", "privacy_officer")
CARD = [
    "name",
    "address",
    "customer_no",
    "contracts",
    "language",
    "consents",
    "objections",
    "provenance",
    "requests",
    "notes",
]
SENSITIVE = ("bank", "national_id", "special")
IDENTITY = ("name", "birth", "phone", "email", "address", "customer_no")
CALLS = ("caller", "ticket", "callback", "complaint")
CARE = ("customer_care", "sales", "complaint")
OFFICER = ["customer_care", "complaint", "rights", "quality"]
ANY_LINK = ["none", "caller", "ticket", "callback", "complaint", "other", "work_order", "request_case"]
ANY = ["customer_care", "sales", "complaint", "rights", "work_order", "quality"]
EDITABLE = (*IDENTITY, "contracts", "language", "notes", *SENSITIVE)
EXPORTABLE = (*CARD, "birth", "phone", "email", *SENSITIVE)
OTHER = ["name", "customer_no", "language", "consents", "objections", "provenance"]
OUT = ["name", "language", "contracts", "consents", "objections", "provenance"]

# id, profiles, action, groups, links, purposes
PERMITS = [
    ("desk-say-source", DESK, "say_source", ("provenance",), ANY_LINK, ANY),
    ("desk-record-objection", DESK, "record_objection", ("objections",), ANY_LINK, ANY),
    ("desk-withdraw-consent", DESK, "withdraw_consent", ("consents",), ANY_LINK, ANY),
    ("desk-open-request", DESK, "open_request", ("requests",), ANY_LINK, ANY),
    ("desk-record-consent", (*DESK[:2], DESK[4]), "record_consent", ("consents",), ANY_LINK, ANY),
    ("inbound-find", ("inbound",), "find", ("name", "address", "customer_no"), ANY_LINK, ANY),
    ("inbound-view", ("inbound",), "view", CARD, CALLS, CARE),
    ("inbound-view-other", ("inbound",), "view", OTHER, ("other",), ("customer_care", "complaint")),
    ("inbound-reveal-contact", ("inbound",), "reveal", ("phone", "email"), CALLS, CARE),
    ("inbound-reveal-birth", ("inbound",), "reveal", ("birth",), ("caller",), ("customer_care",)),
    (
        "inbound-edit-contact",
        ("inbound",),
        "edit",
        ("name", "phone", "email", "address", "language"),
        ("caller",),
        ("customer_care", "complaint"),
    ),
    ("outbound-find", ("outbound",), "find", ("name",), ANY_LINK, ANY),
    ("outbound-view", ("outbound",), "view", OUT, ("caller", "callback"), CARE[:2]),
    ("outbound-reveal-phone", ("outbound",), "reveal", ("phone",), ("caller", "callback"), CARE[:2]),
    ("technician-find", ("technician",), "find", ("customer_no",), ANY_LINK, ANY),
    (
        "technician-view",
        ("technician",),
        "view",
        ("name", "address", "contracts"),
        ("work_order",),
        ("work_order",),
    ),
    ("team-lead-find", ("team_lead",), "find", ("name", "customer_no"), ANY_LINK, ANY),
    ("team-lead-view", ("team_lead",), "view", CARD, CALLS, (*CARE, "quality")),
    (
        "team-lead-reveal-contact",
        ("team_lead",),
        "reveal",
        ("phone", "email"),
        ("complaint",),
        ("complaint",),
    ),
    ("privacy-officer-find", DESK[4:], "find", ("name", "address", "customer_no"), ANY_LINK, ANY),
    ("privacy-officer-view", DESK[4:], "view", CARD, ANY_LINK, OFFICER),
    (
        "privacy-officer-reveal",
        DESK[4:],
        "reveal",
        ("phone", "email", "birth"),
        ("request_case", "complaint"),
        ("rights", "complaint"),
    ),
    (
        "privacy-officer-proof",
        DESK[4:],
        "see_proof",
        ("consents",),
        ANY_LINK,
        ("rights", "complaint", "quality"),
    ),
    ("privacy-officer-reveal-sensitive", DESK[4:], "reveal", SENSITIVE, ("request_case",), ("rights",)),
    ("privacy-officer-edit", DESK[4:], "edit", EDITABLE, ("request_case",), ("rights",)),
    ("privacy-officer-export", DESK[4:], "export", EXPORTABLE, ("request_case",), ("rights",)),
]


def forbids(profile: str, action: str, group: str, f: Facts) -> list[str]:
    right = action in ("record_objection", "withdraw_consent", "open_request")
    officer = profile == "privacy_officer"
    answering = officer and f.link == "request_case"
    knows_who = officer and action in ("find", "view", "reveal") and group in IDENTITY
    rules = {
        "not-active": f.status != "active",
        "not-trained": not f.trained,
        "no-reason": action != "find" and (f.link == "none" or not f.reason_ok),
        "own-record": f.relation == "self" and not right,
        "colleague-record": f.relation == "colleague" and not right and not answering,
        "restricted-record": f.restricted and not right and not knows_who,
        "objected-to-sales": f.objected and f.purpose == "sales" and group in ("phone", "email"),
        "sensitive-data": group in SENSITIVE and not (answering and f.mfa_fresh),
        "not-from-home": f.workplace == "home" and (action == "export" or group in SENSITIVE),
        "legal-hold": f.legal_hold and action == "edit",
        "technician-no-contact": profile == "technician" and group in ("phone", "email"),
        "team-lead-no-birth": profile == "team_lead" and group == "birth",
        "administrator-no-data": profile == "administrator",
    }
    return sorted(name for name, holds in rules.items() if holds)


def decide(profile: str, action: str, group: str, f: Facts) -> tuple[bool, tuple[str, ...]]:
    """The decision and the ids of the policies that determined it."""
    if denied := forbids(profile, action, group, f):
        return False, tuple(denied)
    permits = sorted(
        name
        for name, profiles, verb, groups, links, purposes in PERMITS
        if profile in profiles
        and action == verb
        and group in groups
        and f.link in links
        and f.purpose in purposes
    )
    return bool(permits), tuple(permits)


def random_request(rng: random.Random, words: Vocabulary) -> tuple[str, str, str, Facts]:
    """Half of the requests start from a permit and harmless facts, so that both outcomes are common."""
    facts = Facts(
        purpose=rng.choice(words.purposes),
        link=rng.choice(words.links),
        status=rng.choices(words.statuses, [18, 1, 1])[0],
        relation=rng.choices(words.relations, [8, 1, 1])[0],
        workplace=rng.choice(words.workplaces),
        trained=rng.random() < 0.95,
        reason_ok=rng.random() < 0.9,
        restricted=rng.random() < 0.15,
        objected=rng.random() < 0.3,
        legal_hold=rng.random() < 0.15,
        break_glass=rng.random() < 0.1,
        mfa_fresh=rng.random() < 0.7,
        assigned=rng.random() < 0.5,
    )
    if rng.random() < 0.3:
        return rng.choice(words.profiles), rng.choice(list(words.actions)), rng.choice(words.groups), facts
    _, profiles, action, groups, links, purposes = rng.choice(PERMITS)
    facts = replace(facts, link=rng.choice(links), purpose=rng.choice(purposes))
    return rng.choice(profiles), action, rng.choice(groups), facts
