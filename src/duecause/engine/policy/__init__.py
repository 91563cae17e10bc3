"""Access policies: facts in, allow-sets and explanations out.

`CedarPolicies.from_texts` reads policies, schema and vocabulary; `allow_set` answers at every look-up,
`explain` at every denial, `functions_of` at sign-in, `who_can_see` for the table of what is possible.
"""

from duecause.engine.policy.cedar import CedarPolicies
from duecause.engine.policy.facts import AllowSet, Explanation, Facts, PolicyEngine
from duecause.engine.policy.residuals import Cell, who_can_see
from duecause.engine.policy.vocabulary import Vocabulary

__all__ = [
    "AllowSet",
    "CedarPolicies",
    "Cell",
    "Explanation",
    "Facts",
    "PolicyEngine",
    "Vocabulary",
    "who_can_see",
]
