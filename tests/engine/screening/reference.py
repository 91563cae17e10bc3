"""Screening said again in plain Python, row by row, straight from the rules. Slow, short, and the judge."""

from datetime import timedelta

GROUPS = [
    ["sector_ban", "no_rule", "campaign_country"],
    "import",
    ["minor"],
    ["objection", "said_no", "deceased", "court", "refusal_quiet", "wrong_number", "other_list"],
    ["erased_guard"],
    "registers",
    ["register_stale", "origin_unknown", "no_consent", "basis_unknown"],
    ["duplicate_in_list", "released_elsewhere", "party_gate_closed"],
]
NAMED = [code for group in GROUPS if isinstance(group, list) for code in group]
IMPORT = ["invalid_number", "missing_phone", "quarantined"]


def in_order(codes):
    def place(code):
        if code in NAMED:
            return next(i for i, group in enumerate(GROUPS) if code in group), GROUP_PLACE[code], ""
        if code.startswith("register_"):
            return 5, 0, code
        return 1, IMPORT.index(code) if code in IMPORT else 99, code

    return sorted(codes, key=place)


GROUP_PLACE = {code: i for group in GROUPS if isinstance(group, list) for i, code in enumerate(group)}


def reference(facts, *, campaign, book, on):
    """`facts`: tables as lists of dicts. Returns row_id → (ordinal or None, reasons), and the waterfall."""
    judged = {}
    for number in facts["numbers"]:
        judged.setdefault(number["row_id"], []).append((number, against(number, facts, campaign, book, on)))
    for numbers in judged.values():
        numbers.sort(key=lambda pair: pair[0]["ordinal"])

    person_of, token_of, chosen = {}, {}, {}
    for row in facts["rows"]:
        if row["problems"]:
            continue
        for number, reasons in judged.get(row["row_id"], []):
            taken = number["token"] in token_of or number["person"] in person_of
            if not reasons and not taken:
                chosen[row["row_id"]] = number
                token_of[number["token"]] = row["row_id"]
                if number["person"] is not None:
                    person_of[number["person"]] = row["row_id"]
                break

    verdicts, first = {}, {}
    for row in facts["rows"]:
        codes = set()
        if row["row_id"] not in chosen:
            codes |= set(row["problems"])
            for number, reasons in judged.get(row["row_id"], []):
                codes |= reasons
                if number["token"] in token_of or number["person"] in person_of:
                    codes.add("duplicate_in_list")
            if not codes:
                codes.add("missing_phone")
        if facts["party_closed"]:
            codes.add("party_gate_closed")
        if banned_everywhere(campaign, book, on):
            codes.add("sector_ban")
        ordered = in_order(codes)
        ordinal = None if ordered else chosen[row["row_id"]]["ordinal"]
        verdicts[row["row_id"]] = (ordinal, ordered)
        if ordered:
            first[ordered[0]] = first.get(ordered[0], 0) + 1
    return verdicts, first


def banned_everywhere(campaign, book, on):
    return all(
        any(
            rule.kind == "sector_ban"
            and rule.in_force(on)
            and rule.detail["sector"] == campaign.sector
            and not rule.detail["unless"]
            for rule in (book.packs[country].rules if country in book.packs else ())
        )
        for country in campaign.countries
    )


def against(number, facts, campaign, book, on):
    token, person, country = number["token"], number["person"], number["country"]
    kind = "legal" if number["natural"] is False else "natural"
    rules = [r for r in (book.packs[country].rules if country in book.packs else ()) if r.in_force(on)]
    fitting = [r for r in rules if kind in r.detail.get("applies_to", (kind,))]
    codes = {s["reason"] for s in facts["suppressed"] if s["token"] == token}
    codes |= {
        s["reason"] for s in facts["suppressed_persons"] if person is not None and s["person"] == person
    }
    if any(g["token"] == token for g in facts["guard"]):
        codes.add("erased_guard")
    for e in facts["elsewhere"]:
        if e["token"] == token or (person is not None and e["person"] == person):
            codes.add("released_elsewhere")
    if number["minor_band"] == "minor":
        codes.add("minor")
    if country not in campaign.countries:
        codes.add("campaign_country")
    regime = [r for r in fitting if r.kind == "regime"]
    if not regime:
        codes.add("no_rule")
    for ban in rules:
        if ban.kind == "sector_ban" and ban.detail["sector"] == campaign.sector:
            named = [
                r for r in rules if r.kind == "exception" and r.detail["exception"] == ban.detail["unless"]
            ]
            if not any(holds(r, person, facts, campaign, on) for r in named):
                codes.add("sector_ban")
    for rule in fitting:
        if rule.kind == "register":
            name = rule.detail["register"]
            state = facts["registers_loaded"].get(name)
            if state is None or on - state.version_date > timedelta(days=rule.detail["max_file_age_days"]):
                codes.add("register_stale")
            if {"token": token, "register": name} in facts["register"]:
                codes.add("register_" + name.lower().replace("-", "_"))
    of_person_only = any(r.kind == "consent" and r.detail["linked_to"] == "person" for r in rules)
    consent = any(
        (person is not None and c["person"] == person) or (not of_person_only and c["token"] == token)
        for c in facts["consents"]
    )
    excepted = any(r.kind == "exception" and holds(r, person, facts, campaign, on) for r in rules)
    if regime and regime[0].detail["regime"] == "opt_in" and not consent and not excepted:
        codes.add("no_consent")
    if number["source"] is None:
        codes.add("origin_unknown")
    if number["basis"] in (None, "unknown") and not consent:
        codes.add("basis_unknown")
    return codes


def holds(exception, person, facts, campaign, on):
    only_for = exception.detail.get("organisations")
    if person is None or (only_for and campaign.organisation not in only_for):
        return False
    cutoff = on.replace(year=on.year - exception.detail["years_after_end"])
    return any(
        r["person"] == person
        and r["since"] <= on
        and (r["until"] is None or r["until"] >= cutoff)
        and (not exception.detail["related_offer"] or r["family"] in campaign.offer_families)
        for r in facts["relations"]
    )
