"""Look-ups of a working day: each profile does mostly its own work, few things stand in the way."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import accumulate

from duecause.engine.policy import Facts, Vocabulary
from duecause.packs import policies as packed

# Share of the look-ups, and the reasons they come with. Of 1,800 employees most answer or make calls.
WORK = {
    "inbound": (52, {"caller": 60, "ticket": 15, "chat": 15, "appointment": 4, "complaint": 3, "other": 3}),
    "outbound": (14, {"callback": 90, "caller": 10}),
    "billing": (9, {"caller": 40, "dispute": 35, "ticket": 20, "complaint": 5}),
    "shop": (8, {"visit": 75, "appointment": 10, "order": 15}),
    "warehouse": (3, {"order": 100}),
    "technician": (4, {"work_order": 100}),
    "team_lead": (3, {"ticket": 40, "complaint": 40, "caller": 20}),
    "qa_listener": (1, {"qa_sample": 100}),
    "privacy_officer": (1, {"request_case": 60, "complaint": 20, "incident": 20}),
    "partner_agent": (5, {"callback": 100}),
}
ACTIONS = {"find": 35, "view": 45, "reveal": 12, "verify": 4, "note": 4}


@dataclass(frozen=True, slots=True)
class Look:
    profile: str
    action: str
    facts: Facts


def look_ups(rng: random.Random, count: int) -> list[Look]:
    words = Vocabulary.from_text(packed.texts()["vocabulary"])
    profiles, weights = list(WORK), list(accumulate(share for share, _ in WORK.values()))
    found = []
    for _ in range(count):
        profile = rng.choices(profiles, cum_weights=weights)[0]
        reasons = WORK[profile][1]
        action = rng.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        link = "none" if action == "find" else rng.choices(list(reasons), list(reasons.values()))[0]
        if rng.random() < 0.01:  # tries what is not theirs
            link = rng.choice(words.links)
        found.append(Look(profile, action, _facts(rng, words, profile, link)))
    return found


def _facts(rng: random.Random, words: Vocabulary, profile: str, link: str) -> Facts:
    home = {"inbound": 0.25, "outbound": 0.25, "billing": 0.2, "partner_agent": 0.5}.get(profile, 0.0)
    place = "store" if profile == "shop" else "home" if rng.random() < home else "office"
    return Facts(
        purpose=words.usual_purpose[link],
        link=link,
        status="active" if rng.random() > 0.0005 else rng.choice(("leaver", "locked")),
        relation=rng.choices(("none", "colleague", "self"), (9_980, 15, 5))[0],
        workplace=place,
        trained=rng.random() > 0.005,
        reason_ok=link != "other" or rng.random() > 0.1,
        restricted=rng.random() < 0.002,
        objected=rng.random() < 0.08,
        legal_hold=rng.random() < 0.002,
        break_glass=rng.random() < 0.0005,
        mfa_fresh=rng.random() < 0.3,
        assigned=profile == "partner_agent" and rng.random() < 0.97,
    )
