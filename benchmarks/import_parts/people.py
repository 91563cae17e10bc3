"""Fictional customers as CSV, streamed: a phone number, an e-mail address, a customer number, a name with its
postcode, and an address. Seeded; any number of rows; one in a thousand has the number of an earlier one."""

from __future__ import annotations

from pathlib import Path
from random import Random

HEADER = "Voornaam;Achternaam;E-mailadres;GSM-nummer;Klantnummer;Straat;Huisnummer;Postcode;Gemeente\n"
FIRST_NAMES = (
    "Anouk", "Bart", "Cem", "Dries", "Els", "Fien", "Gert", "Hanne", "Ilse", "Joris", "Karel", "Lotte",
    "Maarten", "Noor", "Otto", "Pieter", "Quinten", "Renée", "Sander", "Tine", "Ugo", "Veerle", "Wout",
    "Xander", "Yara", "Zoë", "Aïcha", "Brecht", "Chloé", "Daan",
)  # fmt: skip
SYLLABLES = (
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "ve", "wa",
    "ze", "bo", "da",
)  # fmt: skip
ENDS = (
    "mans", "sen", "ckx", "rt", "ns", "ert", "veld", "berg", "dam", "hof",
)  # fmt: skip
STREETS = (
    "Kerkstraat", "Molenweg", "Stationsplein", "Hoogstraat", "Beukenlaan", "Schoolstraat", "Nieuwstraat",
    "Dorpsplein",
)  # fmt: skip
TOWNS = (
    "Gent", "Antwerpen", "Leuven", "Brugge", "Brussel", "Hasselt", "Mechelen", "Aalst", "Kortrijk",
    "Oostende",
)  # fmt: skip
FIRST_NUMBER = 470_000_000
REPEATED = 1_000
POISONED = "Mila;Nul;mila@example.org;0470 12 34 56;K0;Kerkstraat;1;9000;Gent;zu;viel\n"


def number_of(index: int) -> int:
    """National number of a person: scattered over the Belgian mobile ranges, each once."""
    return FIRST_NUMBER + (index * 7_654_321 + 12_345) % 29_999_999


def write_list(path: Path, rows: int, *, seed: int = 1, poisoned: bool = False) -> None:
    """`poisoned` adds one row with more cells than the header."""
    random = Random(seed)  # noqa: S311 - fiction, not a secret
    pick, below = random.choice, random.randrange
    with path.open("w", encoding="utf-8", buffering=1 << 20) as out:
        out.write(HEADER)
        for index in range(rows):
            first = pick(FIRST_NAMES)
            last = (pick(SYLLABLES) + pick(SYLLABLES) + pick(SYLLABLES)).capitalize() + pick(ENDS)
            place = below(len(TOWNS))
            who = index - REPEATED if index % REPEATED == 0 and index else index
            phone = number_of(who)
            out.write(
                f"{first};{last};{last.lower()}.{index}@example.org;0{phone // 1_000_000}"
                f" {phone // 10_000 % 100:02} {phone // 100 % 100:02} {phone % 100:02};K{index:08};"
                f"{pick(STREETS)};{1 + below(190)};{1000 + place * 800 + below(99)};{TOWNS[place]}\n"
            )
        if poisoned:
            out.write(POISONED)
