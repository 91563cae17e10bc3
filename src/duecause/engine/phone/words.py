"""Words people write in front of, between and behind numbers, in our six languages, folded to a-z."""

from __future__ import annotations

import re
import unicodedata

LABELS = frozenset(
    (
        "t", "tel", "tele", "telf", "telnr", "teln", "telefon", "telefoon", "telefoonnr",
        "telefoonnummer", "telephone", "telefono", "phone", "ph", "p", "nr", "no", "num", "numer",
        "nummer", "numero", "number", "m", "mob", "mobil", "mobile", "mobiel", "mobilnr", "mobilnummer",
        "gsm", "gsmnr", "g", "cell", "cellphone", "portable", "port", "fixe", "vast", "fast", "prive",
        "private", "prywatny", "home", "thuis", "dom", "domicile", "werk", "work", "bureau", "office",
        "kontor", "praca", "handy", "kom", "komorka", "komorkowy", "tfn", "tfnnr", "tlf", "tal",
        "contact", "call", "bel", "fon", "festnetz", "stacjonarny", "telefonnummer", "telefonnr",
        "mobiltelefon",
    )
)  # fmt: skip

CONNECTORS = ("of", "or", "ou", "oder", "lub", "albo", "eller", "en", "et", "and", "und", "och", "oraz", "i")

EXTENSIONS = (
    "ext", "extension", "xtn", "poste", "post", "tst", "toestel", "int", "interne", "intern", "wew", "wewn",
    "ankn", "anknytning", "anexo", "dw", "durchwahl", "x",
)  # fmt: skip


def folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("ł", "l"))
    return re.sub(r"[^a-z]", "", decomposed)
