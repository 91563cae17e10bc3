"""The shipped policies again in plain Python, written from the rules and not from the Cedar text."""

import random
from dataclasses import replace

from duecause.engine.policy import Facts, Vocabulary

DESK = (
    "inbound", "outbound", "billing", "shop", "warehouse", "technician", "team_lead", "qa_listener",
    "privacy_officer", "partner_agent",
)  # fmt: skip
OURS = tuple(profile for profile in DESK if profile not in ("qa_listener", "partner_agent"))
CARD = (
    "name", "address", "customer_no", "contracts", "orders", "invoices", "language", "consents", "objections",
    "provenance", "requests", "notes",
)  # fmt: skip
SENSITIVE = ("bank", "national_id", "special")
IDENTITY = ("name", "birth", "phone", "email", "address", "customer_no")
CONTACT = ("phone", "email")
ANY_LINK = (
    "none", "caller", "chat", "ticket", "callback", "appointment", "visit", "order", "work_order", "dispute",
    "complaint", "qa_sample", "request_case", "incident", "emergency", "other",
)  # fmt: skip
ANY = (
    "customer_care", "sales", "complaint", "billing", "delivery", "rights", "work_order", "quality",
    "security", "emergency",
)  # fmt: skip
CARE = ("customer_care", "sales", "complaint")
SERVED = ("caller", "chat", "ticket", "callback", "appointment", "complaint")
LISTED = ("callback", "caller")
SELLING = ("sales", "customer_care")
BILLED = ("caller", "chat", "ticket", "dispute", "complaint")
BILLING = ("billing", "customer_care", "complaint")
SETTLED = ("dispute", "complaint")
COUNTER = ("visit", "appointment", "order")
OFFICER_LINKS = ("caller", "chat", "ticket", "complaint", "qa_sample", "request_case", "incident", "other")
OFFICER = ("customer_care", "complaint", "rights", "quality", "security")
LOOKED_INTO = ("request_case", "complaint", "incident")
LOOKING_INTO = ("rights", "complaint", "security")
CASE = (("request_case",), ("rights",))
EVERY = (*CARD, "birth", *CONTACT, "recordings", "accesses", *SENSITIVE)
EDITABLE = (*IDENTITY, "contracts", "language", "notes", *SENSITIVE)
EMERGENCY = (("emergency",), ("emergency",))
IN_EMERGENCY = ("inbound", "billing", "shop", "team_lead", "privacy_officer")

# What each profile's lines permit: id, action, groups, links, purposes.
LINES = {
    DESK: [
        ("desk-say-source", "say_source", ("provenance",), ANY_LINK, ANY),
        ("desk-record-objection", "record_objection", ("objections",), ANY_LINK, ANY),
        ("desk-withdraw-consent", "withdraw_consent", ("consents",), ANY_LINK, ANY),
        ("desk-open-request", "open_request", ("requests",), ANY_LINK, ANY),
    ],
    ("inbound", "outbound", "shop", "privacy_officer"): [
        ("desk-record-consent", "record_consent", ("consents",), ANY_LINK, ANY),
    ],
    OURS: [("desk-share", "share", ("customer_no",), ANY_LINK, ANY)],
    IN_EMERGENCY: [
        (
            "emergency-view", "view",
            ("name", "address", "customer_no", "contracts", "orders", "language", "notes"), *EMERGENCY,
        ),
        ("emergency-reveal-contact", "reveal", CONTACT, *EMERGENCY),
    ],
    ("inbound",): [
        ("inbound-find", "find", ("name", "address", "customer_no"), ANY_LINK, ANY),
        ("inbound-view", "view", CARD, SERVED, CARE),
        (
            "inbound-view-other", "view",
            ("name", "customer_no", "language", "consents", "objections", "provenance"),
            ("other",), ("customer_care", "complaint"),
        ),
        ("inbound-reveal-contact", "reveal", CONTACT, SERVED, CARE),
        ("inbound-reveal-birth", "reveal", ("birth",), ("caller",), ("customer_care",)),
        ("inbound-verify", "verify", IDENTITY, ("caller", "chat"), CARE),
        (
            "inbound-edit-contact", "edit", ("name", "phone", "email", "address", "language"),
            ("caller",), ("customer_care", "complaint"),
        ),
        ("inbound-note", "note", ("notes",), SERVED, ANY),
        ("inbound-call", "call", ("phone",), tuple(link for link in SERVED if link != "caller"), CARE),
    ],
    ("outbound",): [
        ("outbound-find", "find", ("name",), ANY_LINK, ANY),
        (
            "outbound-view", "view",
            ("name", "language", "contracts", "consents", "objections", "provenance"), LISTED, SELLING,
        ),
        ("outbound-reveal-phone", "reveal", ("phone",), LISTED, SELLING),
        ("outbound-call", "call", ("phone",), ("callback",), SELLING),
        ("outbound-verify", "verify", ("name", "birth"), LISTED, SELLING),
        ("outbound-note", "note", ("notes",), LISTED, ANY),
    ],
    ("billing",): [
        ("billing-find", "find", ("name", "customer_no"), ANY_LINK, ANY),
        (
            "billing-view", "view",
            ("name", "address", "customer_no", "contracts", "invoices", "language", "objections",
             "provenance", "requests"),
            BILLED, BILLING,
        ),
        ("billing-view-notes", "view", ("notes",), SETTLED, ("billing", "complaint")),
        ("billing-reveal-contact", "reveal", CONTACT, SETTLED, ("billing", "complaint")),
        ("billing-reveal-bank", "reveal", ("bank",), ("dispute",), ("billing",)),
        (
            "billing-verify", "verify", ("name", "birth", "address", "customer_no"),
            ("caller", "chat", "dispute"), ("billing", "customer_care"),
        ),
        ("billing-call", "call", ("phone",), ("ticket", *SETTLED), BILLING),
        ("billing-note", "note", ("notes",), BILLED, ANY),
    ],
    ("shop",): [
        ("shop-find", "find", ("name", "customer_no"), ANY_LINK, ANY),
        (
            "shop-view", "view",
            ("name", "address", "customer_no", "contracts", "orders", "language", "consents", "objections",
             "provenance", "requests"),
            COUNTER, ("customer_care", "sales", "delivery"),
        ),
        ("shop-reveal-contact", "reveal", CONTACT, ("visit",), SELLING),
        (
            "shop-verify", "verify", ("name", "birth", "address", "customer_no"),
            ("visit", "order"), ("customer_care", "sales", "delivery"),
        ),
        ("shop-call", "call", ("phone",), ("appointment", "order"), ("customer_care", "delivery")),
        ("shop-note", "note", ("notes",), COUNTER, ANY),
    ],
    ("warehouse",): [
        ("warehouse-find", "find", ("customer_no",), ANY_LINK, ANY),
        (
            "warehouse-view", "view", ("name", "address", "customer_no", "orders"),
            ("order",), ("delivery",),
        ),
        ("warehouse-call", "call", ("phone",), ("order",), ("delivery",)),
        ("warehouse-verify", "verify", ("name",), ("order",), ("delivery",)),
    ],
    ("technician",): [
        ("technician-find", "find", ("customer_no",), ANY_LINK, ANY),
        (
            "technician-view", "view", ("name", "address", "contracts", "orders"),
            ("work_order",), ("work_order",),
        ),
        ("technician-call", "call", ("phone",), ("work_order",), ("work_order",)),
        ("technician-ask", "ask", ("notes",), ("work_order",), ("work_order",)),
        ("technician-note", "note", ("notes",), ("work_order",), ("work_order",)),
    ],
    ("team_lead",): [
        ("team-lead-find", "find", ("name", "customer_no"), ANY_LINK, ANY),
        ("team-lead-view", "view", CARD, SERVED, (*CARE, "quality")),
        ("team-lead-reveal-contact", "reveal", CONTACT, ("complaint",), ("complaint",)),
        ("team-lead-call", "call", ("phone",), ("complaint",), ("complaint",)),
        ("team-lead-listen", "listen", ("recordings",), ("complaint",), ("complaint",)),
        ("team-lead-note", "note", ("notes",), ("caller", "ticket", "complaint"), ANY),
    ],
    ("qa_listener",): [
        ("qa-listener-find", "find", ("customer_no",), ANY_LINK, ANY),
        (
            "qa-listener-view", "view",
            ("name", "contracts", "language", "consents", "objections", "provenance", "notes"),
            ("qa_sample",), ("quality",),
        ),
        ("qa-listener-listen", "listen", ("recordings",), ("qa_sample",), ("quality",)),
        ("qa-listener-proof", "see_proof", ("consents",), ("qa_sample",), ("quality",)),
    ],
    ("privacy_officer",): [
        ("privacy-officer-find", "find", ("name", "address", "customer_no"), ANY_LINK, ANY),
        ("privacy-officer-view", "view", CARD, OFFICER_LINKS, OFFICER),
        (
            "privacy-officer-reveal", "reveal", (*CONTACT, "birth"),
            ("request_case", "complaint"), ("rights", "complaint"),
        ),
        ("privacy-officer-reveal-incident", "reveal", CONTACT, ("incident",), ("security",)),
        ("privacy-officer-reveal-sensitive", "reveal", SENSITIVE, *CASE),
        ("privacy-officer-verify", "verify", IDENTITY, *CASE),
        (
            "privacy-officer-proof", "see_proof", ("consents",),
            ANY_LINK, ("rights", "complaint", "quality"),
        ),
        ("privacy-officer-history", "see_history", ("accesses",), LOOKED_INTO, LOOKING_INTO),
        ("privacy-officer-listen", "listen", ("recordings",), LOOKED_INTO, LOOKING_INTO),
        ("privacy-officer-note", "note", ("notes",), LOOKED_INTO, ANY),
        ("privacy-officer-edit", "edit", EDITABLE, *CASE),
        ("privacy-officer-export", "export", EVERY, *CASE),
        ("privacy-officer-restrict", "restrict", EVERY, *CASE),
        ("privacy-officer-erase", "erase", EVERY, *CASE),
    ],
    ("partner_agent",): [
        ("partner-agent-find", "find", ("name",), ANY_LINK, ANY),
        (
            "partner-agent-view", "view", ("name", "language", "consents", "objections", "provenance"),
            ("callback",), SELLING,
        ),
        ("partner-agent-call", "call", ("phone",), ("callback",), ("sales",)),
        ("partner-agent-reveal-phone", "reveal", ("phone",), ("callback",), ("sales",)),
        ("partner-agent-verify", "verify", ("name",), ("callback",), ("sales",)),
    ],
}  # fmt: skip
PERMITS = [
    (name, profiles, action, groups, links, purposes)
    for profiles, lines in LINES.items()
    for name, action, groups, links, purposes in lines
]
# Permits that hold at one workplace only.
PLACES = {"partner-agent-reveal-phone": "office"}


def forbids(profile: str, action: str, group: str, f: Facts) -> list[str]:
    right = action in ("record_objection", "withdraw_consent", "open_request")
    officer = profile == "privacy_officer"
    answering = officer and f.link == "request_case"
    settling = profile == "billing" and group == "bank" and f.link == "dispute"
    knows_who = officer and action in ("find", "view", "reveal", "verify") and group in IDENTITY
    frees = officer and action in ("restrict", "see_history")
    rules = {
        "not-active": f.status != "active",
        "not-trained": not f.trained,
        "no-reason": action != "find" and (f.link == "none" or not f.reason_ok),
        "emergency-not-open": f.link == "emergency" and not f.break_glass,
        "own-record": f.relation == "self" and not right,
        "colleague-record": f.relation == "colleague" and not right and not answering,
        "restricted-record": f.restricted and not right and not knows_who and not frees,
        "objected-to-sales": f.objected and f.purpose == "sales" and group in CONTACT,
        "sensitive-data": group in SENSITIVE and not answering and not settling,
        "not-freshly-signed-in": group in SENSITIVE and not f.mfa_fresh,
        "special-not-exported": action == "export" and group == "special",
        "not-from-home": f.workplace == "home" and (action in ("export", "listen") or group in SENSITIVE),
        "shop-only-in-store": profile == "shop" and f.workplace != "store" and not right,
        "partner-agent-not-released": profile == "partner_agent" and not f.assigned and not right,
        "legal-hold": f.legal_hold and action in ("edit", "erase"),
        "technician-no-contact": profile == "technician" and group in CONTACT and action != "call",
        "team-lead-no-birth": profile == "team_lead" and group == "birth",
        "auditor-no-data": profile == "auditor",
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
        and PLACES.get(name, f.workplace) == f.workplace
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
        break_glass=rng.random() < 0.5,
        mfa_fresh=rng.random() < 0.7,
        assigned=rng.random() < 0.5,
    )
    if rng.random() < 0.3:
        return rng.choice(words.profiles), rng.choice(list(words.actions)), rng.choice(words.groups), facts
    _, profiles, action, groups, links, purposes = rng.choice(PERMITS)
    facts = replace(facts, link=rng.choice(links), purpose=rng.choice(purposes))
    return rng.choice(profiles), action, rng.choice(groups), facts
