"""The reasons for which a party may not have data, each in words with its remedy (GDPR Art. 28, 44-49)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from duecause.engine.agreements import NOTHING_TO_CHECK, Checklist, Point, named
from duecause.engine.partyfacts import Agreement, Basis, Block, Party, PartyFacts, Rules, SubProcessor
from duecause.engine.problems import PerLanguage, Problem, gettext_noop
from duecause.engine.transfers import AdequacyTable

# (EU) 2021/914: who exports and who imports decide which module fits.
MODULES: Mapping[tuple[str, str], str] = {
    ("controller", "controller"): "1",
    ("controller", "processor"): "2",
    ("processor", "processor"): "3",
    ("processor", "controller"): "4",
}
CARRYING = ("sufficient", "sufficient_with_measures")  # conclusions of an assessment that carry a transfer


def _block(party: Party, code: str, template: str, about: str = "", **params: object) -> Block:
    problem = Problem(code, template, {"party": party.name, **params})
    return Block(problem, f"{code}:{party.code}:{about}", party.code)


def standing(facts: PartyFacts, on: date) -> Iterator[Block]:
    if facts.suspended_on is not None and facts.suspended_on <= on:
        template = gettext_noop("%(party)s is suspended. Lift the suspension or choose another centre.")
        yield _block(facts.party, "party_suspended", template)
    if facts.feed_overdue:
        template = gettext_noop(
            "%(party)s has not acknowledged objections in time. Releases resume when it has "
            "(GDPR Art. 19, 28)."
        )
        yield _block(facts.party, "party_feed_overdue", template)
    if facts.corrections_overdue:
        template = gettext_noop(
            "%(party)s has not acknowledged corrections in time, so it may still use what is wrong. Releases"
            " resume when it has (GDPR Art. 19)."
        )
        yield _block(facts.party, "party_corrections_overdue", template)
    if facts.lists_overdue:
        template = gettext_noop(
            "%(party)s has not confirmed that lists which ended are destroyed or returned. Releases resume"
            " when it has (GDPR Art. 28(3)(g))."
        )
        yield _block(facts.party, "party_lists_overdue", template)


def contract(party: Party, on: date, rules: Rules) -> list[Block]:
    """One contract in force that says everything is enough; else what is wrong with the newest."""
    held = party.of_kind("dpa")
    if not held:
        template = gettext_noop("%(party)s has no processor contract. Record one (GDPR Art. 28(3)).")
        return [_block(party, "party_no_contract", template)]
    checklist = rules.checklists.get("dpa", NOTHING_TO_CHECK)
    in_force = [agreement for agreement in held if agreement.in_force(on)]
    if not in_force:
        return [_not_in_force(party, held, on), *_clauses(party, held[0], checklist)]
    found = [_clauses(party, agreement, checklist) for agreement in in_force]
    return next((each for each in found if not each), found[0])


def _not_in_force(party: Party, held: list[Agreement], on: date) -> Block:
    ended = [agreement.valid_to for agreement in held if agreement.valid_to and agreement.valid_to < on]
    if not ended:
        template = gettext_noop("The contract with %(party)s starts only on %(start)s (GDPR Art. 28(3)).")
        start = min(agreement.valid_from for agreement in held)
        return _block(party, "party_contract_not_started", template, start=start)
    template = gettext_noop("The contract with %(party)s ended on %(end)s. Renew it (GDPR Art. 28(3)).")
    return _block(party, "party_contract_expired", template, end=max(ended))


def _clauses(party: Party, agreement: Agreement, checklist: Checklist) -> list[Block]:
    lacking, unchecked = checklist.open(agreement.answers)
    found = []
    if lacking:
        template = gettext_noop(
            "The contract with %(party)s does not say, or not fully: %(clauses)s. Have it amended "
            "(GDPR Art. 28(3))."
        )
        found.append(_points(party, "party_clauses_missing", template, lacking))
    if unchecked:
        template = gettext_noop(
            "Nobody has checked in the contract with %(party)s: %(clauses)s. Read it and note what it says "
            "(GDPR Art. 28(3))."
        )
        if not agreement.answers:
            template = gettext_noop(
                "Nobody has checked what the contract with %(party)s says. Read it and note it point by "
                "point (GDPR Art. 28(3))."
            )
        found.append(_points(party, "party_clauses_unchecked", template, unchecked))
    return found


def _points(party: Party, code: str, template: str, points: list[Point], **params: object) -> Block:
    about = ",".join(point.code for point in points)
    return _block(party, code, template, about, clauses=PerLanguage(named(points)), **params)


def transfers(party: Party, exporter: str, on: date, rules: Rules) -> list[Block]:
    found = []
    for country in dict.fromkeys(party.countries):
        found += _transfer(party, exporter, country, on, rules)
    return found


def _transfer(party: Party, exporter: str, country: str, on: date, rules: Rules) -> list[Block]:
    if country in rules.adequacy.eea:
        return []
    bases = [basis for basis in party.bases if basis.country == country]
    decision = rules.adequacy.decision(country, on)
    if decision and (not decision.scope or any(basis.listed(on) for basis in bases)):
        return []
    found = [
        _safeguard(party, exporter, basis, on, rules) for basis in bases if basis.mechanism in ("scc", "bcr")
    ]
    if found:
        return next((each for each in found if not each), found[0])
    return [_without_basis(party, country, bases, on, rules.adequacy)]


def _without_basis(
    party: Party, country: str, bases: list[Basis], on: date, adequacy: AdequacyTable
) -> Block:
    decision, ended = adequacy.decision(country, on), adequacy.ended(country, on)
    params: dict[str, object] = {"country": country}
    if decision:
        over = [b.listed_to for b in bases if b.listed_to and b.listed_to < on]
        params["scope"] = PerLanguage((decision.scope,))
        if over:
            template = gettext_noop(
                "The adequacy decision for %(country)s covers %(scope)s; %(party)s was recorded as one until "
                "%(end)s. Check it and record it again (GDPR Art. 45)."
            )
            return _block(party, "party_listing_ended", template, country, end=max(over), **params)
        template = gettext_noop(
            "The adequacy decision for %(country)s covers %(scope)s, and %(party)s is not recorded as one. "
            "Record it, or agree standard clauses (GDPR Art. 45, 46)."
        )
        return _block(party, "party_not_listed", template, country, **params)
    if ended:
        template = gettext_noop(
            "The adequacy decision for %(country)s ended on %(end)s, and %(party)s has no other basis. "
            "Agree standard clauses with an assessment (GDPR Art. 45, 46)."
        )
        return _block(party, "party_adequacy_ended", template, country, end=ended.valid_to, **params)
    if any(basis.mechanism == "derogation" for basis in bases):
        template = gettext_noop(
            "%(party)s works in %(country)s under a derogation, which never carries systematic releases "
            "(GDPR Art. 49). Agree standard clauses with an assessment (Art. 46)."
        )
        return _block(party, "party_derogation", template, country, **params)
    template = gettext_noop(
        "%(party)s works in %(country)s and there is no basis for the transfer. "
        "Agree standard clauses with an assessment (GDPR Art. 46)."
    )
    return _block(party, "party_no_transfer_basis", template, country, **params)


def _safeguard(party: Party, exporter: str, basis: Basis, on: date, rules: Rules) -> list[Block]:
    """What is wrong with standard clauses or binding rules: the document, then the assessment."""
    document = _clause_set if basis.mechanism == "scc" else _binding_rules
    return [*document(party, exporter, basis.country, on, rules), *_assessment(party, basis, on)]


def _clause_set(party: Party, exporter: str, country: str, on: date, rules: Rules) -> list[Block]:
    held = party.of_kind("scc")
    in_force = [agreement for agreement in held if agreement.in_force(on)]
    if not in_force:
        ended = [each.valid_to for each in held if each.valid_to and each.valid_to < on]
        if ended:
            template = gettext_noop(
                "The standard clauses with %(party)s for %(country)s ended on %(end)s. Agree them again "
                "((EU) 2021/914)."
            )
            return [_block(party, "party_scc_expired", template, country, country=country, end=max(ended))]
        template = gettext_noop(
            "No signed standard clauses with %(party)s for %(country)s are in force. Record them "
            "((EU) 2021/914)."
        )
        return [_block(party, "party_scc_missing", template, country, country=country)]
    found = [_fits(party, agreement, exporter, country, rules) for agreement in in_force]
    return next((each for each in found if not each), found[0])


def _fits(party: Party, agreement: Agreement, exporter: str, country: str, rules: Rules) -> list[Block]:
    wanted = MODULES[exporter, party.role]
    if agreement.module != wanted:
        template = gettext_noop(
            "The standard clauses with %(party)s for %(country)s are module %(module)s; for these roles it "
            "must be module %(wanted)s. Agree that one ((EU) 2021/914)."
        )
        module = agreement.module or "-"
        return [
            _block(
                party,
                "party_scc_wrong_module",
                template,
                country,
                country=country,
                module=module,
                wanted=wanted,
            )
        ]
    checklist = rules.checklists.get("scc", NOTHING_TO_CHECK)
    lacking, unchecked = checklist.open(agreement.answers, agreement.module)
    if lacking or unchecked:
        template = gettext_noop(
            "The standard clauses with %(party)s for %(country)s lack, complete and checked: %(clauses)s. "
            "Complete them ((EU) 2021/914)."
        )
        return [_points(party, "party_scc_annexes", template, [*lacking, *unchecked], country=country)]
    return []


def _binding_rules(party: Party, exporter: str, country: str, on: date, rules: Rules) -> list[Block]:
    held = party.of_kind("bcr")
    if any(agreement.in_force(on) for agreement in held):
        return []
    template = gettext_noop(
        "No approved binding corporate rules of %(party)s for %(country)s are in force. Record them "
        "(GDPR Art. 47)."
    )
    return [_block(party, "party_bcr_missing", template, country, country=country)]


def _assessment(party: Party, basis: Basis, on: date) -> Iterator[Block]:
    country = basis.country
    if basis.assessed_on is None or basis.assessed_on > on or not basis.conclusion:
        template = gettext_noop(
            "The assessment of the law of %(country)s for %(party)s is missing. Record it (clause 14)."
        )
        yield _block(party, "party_transfer_assessment_missing", template, country, country=country)
    elif basis.conclusion not in CARRYING:
        template = gettext_noop(
            "The assessment of the law of %(country)s for %(party)s found too little protection. Do not "
            "transfer, or add measures and assess again (clause 14)."
        )
        yield _block(party, "party_transfer_assessment_negative", template, country, country=country)
    elif basis.assessed_to is not None and basis.assessed_to < on:
        template = gettext_noop(
            "The assessment of the law of %(country)s for %(party)s was valid until %(end)s. "
            "Renew it (clause 14)."
        )
        yield _block(
            party,
            "party_transfer_assessment_expired",
            template,
            country,
            country=country,
            end=basis.assessed_to,
        )


def sub_processor(sub: SubProcessor, on: date) -> Iterator[Block]:
    if sub.state == "objected":
        template = gettext_noop(
            "We objected to %(party)s as sub-processor of %(by)s, which still has it. Have it dropped "
            "(GDPR Art. 28(2))."
        )
        yield _block(sub.party, "party_sub_objected", template, sub.engaged_by, by=sub.engaged_by)
    elif sub.state != "authorised" and (sub.decide_by is None or sub.decide_by < on):
        template = gettext_noop(
            "Nobody has authorised %(party)s as sub-processor of %(by)s. Authorise it or object "
            "(GDPR Art. 28(2))."
        )
        yield _block(sub.party, "party_sub_undecided", template, sub.engaged_by, by=sub.engaged_by)
    if not sub.terms_agreed:
        template = gettext_noop(
            "%(by)s has not shown that %(party)s took on the same duties. Ask for that contract "
            "(GDPR Art. 28(4))."
        )
        yield _block(sub.party, "party_sub_terms", template, sub.engaged_by, by=sub.engaged_by)
