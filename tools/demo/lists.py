"""The eight lists: who is in them, what their columns are called, what a careful reader makes of a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from tools.demo import cells
from tools.demo.people import TODAY, Person, e164

Cell = str | int | float | date

# Texts people agreed to. Those in NAMED say who will call; the others only speak of "partners".
NAMED = frozenset({"web-3", "kaart-2025", "broker-v1", "fr-2025-A", "terugbel-1"})


@dataclass(slots=True)
class Row:
    cells: list[Cell]
    person: str
    numbers: list[str] = field(default_factory=list)
    email: str = ""
    outcome: str = "accepted"
    traps: list[str] = field(default_factory=list)

    def trap(self, code: str) -> None:
        if code and code not in self.traps:
            self.traps.append(code)


@dataclass(slots=True)
class Sheet:
    """`columns` pairs each header with the field it means; an empty field must be refused."""

    name: str
    columns: list[tuple[str, str]]
    rows: list[Row]

    @property
    def headers(self) -> list[str]:
        return [header for header, _ in self.columns]


@dataclass(slots=True)
class DemoList:
    source: str
    country: str
    file: str
    encoding: str
    delimiter: str
    sheets: list[Sheet]


class Writer:
    """Builds rows column by column, so that the order of the headers is said once."""

    def __init__(self, random: Random, home: str, words: str, *, dates: str, mess: float) -> None:
        self.random, self.home, self.words, self.dates, self.mess = random, home, words, dates, mess

    def row(self, person: Person, columns: list[tuple[str, str]], extra: dict[str, Cell]) -> Row:
        random = self.random
        row = Row([], person.id)
        forename, surname = cells.name(random, person, self.mess * 2)
        address, row.email, trap = cells.email(random, person, self.mess)
        row.trap(trap)
        values: dict[str, Cell] = {
            "first_name": forename,
            "last_name": surname,
            "full_name": f"{forename} {surname}",
            "initials": f"{person.forename[0]}.",
            "email": address,
            "street": person.street,
            "house_number": person.house,
            "street_line": f"{person.street} {person.house}",
            "postcode": person.postcode,
            "city": person.town,
            "language": person.language,
            "country": person.country,
            "company": person.company,
            **extra,
        }
        for _, name in columns:
            if name in ("mobile", "phone", "landline"):
                values[name] = self._phone(person, name, row)
            elif name == "birth_date":
                values[name] = self._birth(person, row)
        row.cells = [values.get(name or header, "") for header, name in columns]
        if person.minor:
            row.trap("minor")
        if person.company:
            row.trap("legal_person")
        return row

    def _phone(self, person: Person, column: str, row: Row) -> str:
        national = person.landline if column == "landline" else person.mobile
        if column == "phone":
            national = person.mobile or person.landline
        cell = cells.phone(self.random, person, national, self.home, self.words, self.mess)
        row.numbers += [number for number in cell.numbers if number not in row.numbers]
        row.trap(cell.trap)
        return cell.text

    def _birth(self, person: Person, row: Row) -> str:
        text, trap = cells.day(self.random, person.born, self.dates)
        row.trap(trap)
        return text


def judge(row: Row, text: str | None) -> None:
    """What becomes of the row. `text` is the consent text of a source that claims consent, None of others."""
    if text is not None and text not in NAMED:
        row.outcome = "quarantined"
        row.trap("consent_absent" if not text else "consent_names_others")
    elif not row.numbers:
        row.outcome = "without_number"


def repeat_some(random: Random, rows: list[Row], count: int) -> None:
    """Type some rows twice, as lists put together by hand have them."""
    for original in random.sample(rows, count):
        copy = Row(
            list(original.cells), original.person, list(original.numbers), original.email, original.outcome
        )
        copy.traps = [*original.traps, "duplicate_row"]
        rows.insert(random.randrange(len(rows)), copy)


def past(random: Random, first: date, last: date) -> date:
    return first + timedelta(days=random.randrange((last - first).days + 1))


def moment(random: Random, first: date, last: date) -> str:
    at = datetime(2000, 1, 1, 8) + timedelta(minutes=random.randrange(12 * 60))
    return f"{past(random, first, last).isoformat()} {at:%H:%M}"


def webshop_be(random: Random, people: list[Person]) -> DemoList:
    columns = [
        ("Voornaam", "first_name"),
        ("Achternaam", "last_name"),
        ("Firma", "company"),
        ("Geboortedatum", "birth_date"),
        ("E-mailadres", "email"),
        ("GSM-nummer", "mobile"),
        ("Telefoon", "landline"),
        ("Straat", "street"),
        ("Huisnummer", "house_number"),
        ("Postcode", "postcode"),
        ("Gemeente", "city"),
        ("Taal", "language"),
        ("Datum toestemming", "consent_date"),
        ("Toestemmingstekst", "consent_text"),
        ("Opmerking gezondheid", ""),
        ("Leveringsinstructie", ""),
    ]
    writer = Writer(random, "BE", "nl", dates="be", mess=0.06)
    rows = []
    for person in random.sample(people, 1440):
        text = random.choices(["web-3", "web-2", ""], [86, 8, 6])[0]
        row = writer.row(
            person,
            columns,
            {
                "consent_date": moment(random, date(2025, 1, 1), TODAY) if text else "",
                "consent_text": text,
                "Opmerking gezondheid": random.choices(["", "rugklachten", "astma"], [95, 3, 2])[0],
                "Leveringsinstructie": random.choices(
                    ["", 'Bel "2x"\nachterdeur; hond', "Na 17u"], [93, 4, 3]
                )[0],
            },
        )
        judge(row, text)
        rows.append(row)
    repeat_some(random, rows, 40)
    return DemoList("WEBSHOP-BE", "BE", "webshop-be.csv", "utf-8-sig", ";", [Sheet("", columns, rows)])


def fair_be(random: Random, people: list[Person]) -> DemoList:
    columns = [
        ("Prénom", "first_name"),
        ("Nom", "last_name"),
        ("Date de naissance", "birth_date"),
        ("Adresse e-mail", "email"),
        ("Téléphone", "phone"),
        ("Adresse", "street_line"),
        ("Code postal", "postcode"),
        ("Localité", "city"),
        ("Date du consentement", "consent_date"),
        ("Version du texte", "consent_text"),
        ("Religion", ""),
        ("Remarque", ""),
    ]
    writer = Writer(random, "BE", "fr", dates="mixed", mess=0.09)
    rows = []
    for person in random.sample(people, 580):
        text = random.choices(["kaart-2025", "kaart-2023", ""], [84, 10, 6])[0]
        row = writer.row(
            person,
            columns,
            {
                "consent_date": random.choice(["17/10/2026", "18/10/2026"]) if text else "",
                "consent_text": text,
                "Religion": random.choices(["", "catholique", "sans"], [96, 2, 2])[0],
                "Remarque": random.choices(
                    ["", "Pompe à chaleur,\nrappeler", "Isolation du toit"], [90, 4, 6]
                )[0],
            },
        )
        judge(row, text)
        rows.append(row)
    repeat_some(random, rows, 20)
    return DemoList("FAIR-BE", "BE", "fair-be.csv", "utf-8", ",", [Sheet("", columns, rows)])


def broker_nl(random: Random, people: list[Person]) -> DemoList:
    columns = [
        ("voorletters", "initials"),
        ("achternaam", "last_name"),
        ("geboortedatum", "birth_date"),
        ("emailadres", "email"),
        ("mobiel", "mobile"),
        ("telefoon vast", "landline"),
        ("straatnaam", "street"),
        ("huisnummer", "house_number"),
        ("postcode", "postcode"),
        ("woonplaats", "city"),
        ("datum toestemming", "consent_date"),
        ("toestemmingstekst", "consent_text"),
        ("inkomen", ""),
    ]
    writer = Writer(random, "NL", "nl", dates="nl", mess=0.08)
    rows = []
    for person in random.sample(people, 2880):
        text = random.choices(["broker-v1", "broker-v2"], [62, 38])[0]
        row = writer.row(
            person,
            columns,
            {
                "consent_date": past(random, date(2025, 3, 1), date(2026, 9, 30)).strftime("%d-%m-%Y"),
                "consent_text": text,
                "inkomen": random.choice(["", "1x modaal", "2x modaal"]),
            },
        )
        judge(row, text)
        rows.append(row)
    repeat_some(random, rows, 120)
    for _ in range(3):
        place = random.randrange(len(rows))
        rows.insert(place, Row(["X.", "Afgebroken"], "", outcome="refused", traps=["short_row"]))
    return DemoList("BROKER-NL", "NL", "broker-nl.csv", "utf-8", "|", [Sheet("", columns, rows)])


FAMILIES = ("heat_pump", "insulation", "boiler_service")


def contract(random: Random) -> tuple[str, date, date | None]:
    """Product family, from, to. About half are still running."""
    family = random.choices(FAMILIES, [35, 25, 40])[0]
    start = past(random, date(2018, 1, 1), date(2026, 10, 1))
    if random.random() < 0.5:
        return family, start, None
    return family, start, start + timedelta(days=random.choice([365, 730, 1095]))


def customers_be(random: Random, people: list[Person]) -> DemoList:
    columns = [
        ("Klantnummer", "customer_no"),
        ("Firma", "company"),
        ("Voornaam", "first_name"),
        ("Naam", "last_name"),
        ("Geboortedatum", "birth_date"),
        ("E-mail", "email"),
        ("GSM", "mobile"),
        ("Vaste telefoon", "landline"),
        ("Straat", "street"),
        ("Nr", "house_number"),
        ("Postcode", "postcode"),
        ("Woonplaats", "city"),
        ("Productgroep", "product_family"),
        ("Contract van", "contract_from"),
        ("Contract tot", "contract_to"),
        ("Achterstallig saldo", ""),
    ]
    writer = Writer(random, "BE", "nl", dates="iso", mess=0.05)
    private: list[Row] = []
    firms: list[Row] = []
    chosen = random.sample([person for person in people if not person.minor], 1130)
    for number, person in enumerate(chosen, 410001):
        family, start, end = contract(random)
        row = writer.row(
            person,
            columns,
            {
                "customer_no": f"BE{number}",
                "product_family": family,
                "contract_from": start,
                "contract_to": end or "",
                "Achterstallig saldo": random.choices([0, 125.5, 890], [92, 5, 3])[0],
            },
        )
        _as_spreadsheet(random, row, columns, person)
        judge(row, None)
        (firms if person.company else private).append(row)
    sheets = [Sheet("Particulieren", columns, private), Sheet("Bedrijven", columns, firms)]
    return DemoList("CUSTOMERS-BE", "BE", "customers-be.xlsx", "", "", sheets)


def _as_spreadsheet(random: Random, row: Row, columns: list[tuple[str, str]], person: Person) -> None:
    """Spreadsheets turn dates into dates, and here and there a number into a number."""
    fields = [name for _, name in columns]
    birth = fields.index("birth_date")
    if person.born and random.random() < 0.9:
        row.cells[birth] = person.born
    if person.mobile and not row.traps and random.random() < 0.04:
        row.cells[fields.index("mobile")] = int(person.mobile)
        row.trap("zero_eaten")
    elif person.mobile and not row.traps and random.random() < 0.01:
        row.cells[fields.index("mobile")] = f'="{person.mobile}"'
        row.trap("formula_cell")


def customers_nl(random: Random, people: list[Person]) -> DemoList:
    columns = [
        ("Customer no", "customer_no"),
        ("First name", "first_name"),
        ("Last name", "last_name"),
        ("Company", "company"),
        ("Date of birth", "birth_date"),
        ("E-mail", "email"),
        ("Mobile", "mobile"),
        ("Phone", "landline"),
        ("Street", "street"),
        ("House number", "house_number"),
        ("Postcode", "postcode"),
        ("City", "city"),
        ("Product family", "product_family"),
        ("Contract from", "contract_from"),
        ("Contract to", "contract_to"),
        ("Credit score", ""),
    ]
    writer = Writer(random, "NL", "en", dates="iso", mess=0.05)
    rows = []
    for number, person in enumerate(random.sample([p for p in people if not p.minor], 880), 730001):
        family, start, end = contract(random)
        row = writer.row(
            person,
            columns,
            {
                "customer_no": f"NL{number}",
                "product_family": family,
                "contract_from": start.isoformat(),
                "contract_to": end.isoformat() if end else "",
                "Credit score": random.choice(["A", "B", "C"]),
            },
        )
        judge(row, None)
        rows.append(row)
    repeat_some(random, rows, 20)
    return DemoList("CUSTOMERS-NL", "NL", "customers-nl.tsv", "utf-16", "\t", [Sheet("", columns, rows)])


def partner_fr(random: Random, people: list[Person]) -> DemoList:
    columns = [
        ("Prénom", "first_name"),
        ("Nom de famille", "last_name"),
        ("Société", "company"),
        ("Né(e) le", "birth_date"),
        ("Courriel", "email"),
        ("Téléphone", "phone"),
        ("Rue", "street"),
        ("Numéro", "house_number"),
        ("Code postal", "postcode"),
        ("Ville", "city"),
        ("Date du consentement", "consent_date"),
        ("Texte du consentement", "consent_text"),
        ("Revenu fiscal de référence", ""),
    ]
    writer = Writer(random, "FR", "fr", dates="be", mess=0.08)
    rows = []
    for person in random.sample(people, 770):
        text = random.choices(["fr-2025-A", "fr-2024-B"], [75, 25])[0]
        row = writer.row(
            person,
            columns,
            {
                "consent_date": past(random, date(2024, 9, 1), date(2026, 10, 15)).strftime("%d/%m/%Y"),
                "consent_text": text,
                "Revenu fiscal de référence": random.choice(["", "très modeste", "modeste"]),
            },
        )
        judge(row, text)
        rows.append(row)
    repeat_some(random, rows, 30)
    return DemoList("PARTNER-FR", "FR", "partner-fr.csv", "latin-1", ",", [Sheet("", columns, rows)])


def leads_pl(random: Random, people: list[Person]) -> DemoList:
    columns = [
        ("Imię", "first_name"),
        ("Nazwisko", "last_name"),
        ("Data urodzenia", "birth_date"),
        ("Adres e-mail", "email"),
        ("Telefon", "phone"),
        ("Ulica", "street"),
        ("Numer domu", "house_number"),
        ("Kod pocztowy", "postcode"),
        ("Miejscowość", "city"),
        ("Kraj", "country"),
        ("Wyznanie", ""),
    ]
    writer = Writer(random, "BE", "pl", dates="dot", mess=0.07)
    rows = []
    for person in random.sample(people, 440):
        row = writer.row(person, columns, {"Wyznanie": random.choices(["", "katolickie"], [96, 4])[0]})
        if random.random() < 0.3:
            _polish_number(random, row, columns)
        judge(row, None)
        rows.append(row)
    repeat_some(random, rows, 10)
    return DemoList("LEADS-PL", "BE", "leads-pl.csv", "cp1250", ";", [Sheet("", columns, rows)])


def _polish_number(random: Random, row: Row, columns: list[tuple[str, str]]) -> None:
    """Some kept the number from home. Without its country code nobody may guess that it is Polish."""
    national = f"50000{random.randrange(10_000):04d}"
    place = [name for _, name in columns].index("phone")
    row.traps = [trap for trap in row.traps if not trap.startswith("phone_")]
    row.numbers = []
    if random.random() < 0.6:
        row.cells[place] = f"+48 {cells.grouped(national, random.choice([' ', '-', '']))}"
        row.numbers = [e164(national, "PL")]
    else:
        row.cells[place] = cells.grouped(national, random.choice([" ", "-", ""]))
        row.trap("phone_wrong_country")


def callback_nl(random: Random, people: list[Person]) -> DemoList:
    columns = [
        ("Naam", "full_name"),
        ("Telefoonnummer", "phone"),
        ("E-mail", "email"),
        ("Postcode", "postcode"),
        ("Datum toestemming", "consent_date"),
        ("Toestemmingstekst", "consent_text"),
        ("Vraag", ""),
    ]
    questions = ["", "Wat kost een warmtepomp?", "Dakisolatie,\nkruipruimte", 'Offerte "hybride" graag']
    writer = Writer(random, "NL", "nl", dates="nl", mess=0.07)
    rows = []
    for person in random.sample(people, 390):
        text = random.choices(["terugbel-1", ""], [93, 7])[0]
        row = writer.row(
            person,
            columns,
            {
                "consent_date": moment(random, date(2026, 8, 1), TODAY) if text else "",
                "consent_text": text,
                "Vraag": random.choices(questions, [40, 30, 15, 15])[0],
            },
        )
        judge(row, text)
        rows.append(row)
    repeat_some(random, rows, 15)
    return DemoList("CALLBACK-NL", "NL", "callback-nl.csv", "utf-8", ",", [Sheet("", columns, rows)])


MAKERS: list[tuple[Callable[[Random, list[Person]], DemoList], tuple[str, ...]]] = [
    (webshop_be, ("BE-nl", "BE-fr", "BE-pl")),
    (fair_be, ("BE-nl", "BE-fr")),
    (broker_nl, ("NL-nl",)),
    (customers_be, ("BE-nl", "BE-fr")),
    (customers_nl, ("NL-nl",)),
    (partner_fr, ("FR-fr",)),
    (leads_pl, ("BE-pl",)),
    (callback_nl, ("NL-nl",)),
]


def all_lists(seed: int, people: list[Person]) -> Iterator[DemoList]:
    for maker, groups in MAKERS:
        # A generator of its own per list: a change in one leaves the others as they are.
        random = Random(f"{seed} {maker.__name__}")
        yield maker(random, [person for person in people if person.group in groups])
