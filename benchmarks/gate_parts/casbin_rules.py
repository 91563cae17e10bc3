"""The same policies for pycasbin: an ABAC model whose rules are Python conditions; a deny wins."""

from __future__ import annotations

import casbin

from benchmarks.gate_parts.traffic import Look
from duecause.engine.policy import Vocabulary
from tests.engine.policy import reference

MODEL = """
[request_definition]
r = sub, act, obj, f

[policy_definition]
p = cond, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = eval(p.cond)
"""
RIGHT = '(r.act == "record_objection" || r.act == "withdraw_consent" || r.act == "open_request")'
OFFICER = '(r.sub == "privacy_officer")'
CASE = f'({OFFICER} && r.f.link == "request_case")'
SENSITIVE = '(r.obj == "bank" || r.obj == "national_id" || r.obj == "special")'
CONTACT = '(r.obj == "phone" || r.obj == "email")'
WHO = "(" + " || ".join(f'r.obj == "{group}"' for group in reference.IDENTITY) + ")"
KNOWS = (
    f'({OFFICER} && (r.act == "find" || r.act == "view" || r.act == "reveal" || r.act == "verify") && {WHO})'
)
FREES = f'({OFFICER} && (r.act == "restrict" || r.act == "see_history"))'
DISPUTE = '(r.sub == "billing" && r.obj == "bank" && r.f.link == "dispute")'
FORBIDS = (
    'r.f.status != "active"',
    "r.f.trained == False",
    'r.act != "find" && (r.f.link == "none" || r.f.reason_ok == False)',
    'r.f.link == "emergency" && r.f.break_glass == False',
    f'r.f.relation == "self" && !{RIGHT}',
    f'r.f.relation == "colleague" && !{RIGHT} && !{CASE}',
    f"r.f.restricted == True && !{RIGHT} && !{KNOWS} && !{FREES}",
    f'r.f.objected == True && r.f.purpose == "sales" && {CONTACT}',
    f"{SENSITIVE} && !{CASE} && !{DISPUTE}",
    f"{SENSITIVE} && r.f.mfa_fresh == False",
    'r.act == "export" && r.obj == "special"',
    f'r.f.workplace == "home" && (r.act == "export" || r.act == "listen" || {SENSITIVE})',
    f'r.sub == "shop" && r.f.workplace != "store" && !{RIGHT}',
    f'r.sub == "partner_agent" && r.f.assigned == False && !{RIGHT}',
    'r.f.legal_hold == True && (r.act == "edit" || r.act == "erase")',
    f'r.sub == "technician" && {CONTACT} && r.act != "call"',
    'r.sub == "team_lead" && r.obj == "birth"',
    'r.sub == "auditor"',
    'r.sub == "administrator"',
)


class Casbin:
    def __init__(self, words: Vocabulary) -> None:
        self._words = words
        model = casbin.Model()
        model.load_model_from_text(MODEL)
        self._enforcer = casbin.Enforcer(model)
        for condition in FORBIDS:
            self._enforcer.add_policy(condition, "deny")
        for name, profiles, action, groups, links, purposes in reference.PERMITS:
            parts = [
                _among("r.sub", profiles),
                f'r.act == "{action}"',
                _among("r.obj", groups),
                _among("r.f.link", links),
                _among("r.f.purpose", purposes),
            ]
            if name in reference.PLACES:
                parts.append(f'r.f.workplace == "{reference.PLACES[name]}"')
            self._enforcer.add_policy(" && ".join(parts), "allow")

    def groups(self, look: Look) -> frozenset[str]:
        return frozenset(
            group
            for group in self._words.groups
            if self._enforcer.enforce(look.profile, look.action, group, look.facts)
        )


def _among(what: str, codes: tuple[str, ...]) -> str:
    return "(" + " || ".join(f'{what} == "{code}"' for code in codes) + ")"
