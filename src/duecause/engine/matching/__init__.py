"""Which records are the same human. Deterministic: what is certain links, the rest a person decides."""

from duecause.engine.matching.names import fold, fold_company, fold_surname
from duecause.engine.matching.rules import Evidence, Identity, Verdict, compatible

__all__ = ["Evidence", "Identity", "Verdict", "compatible", "fold", "fold_company", "fold_surname"]
