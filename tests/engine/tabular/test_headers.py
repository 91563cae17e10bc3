import json
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from duecause.engine.problems import Refused
from duecause.engine.tabular import fold_header, load_header_words, map_columns

TEXT = files("duecause.packs").joinpath("lexicons/headers.yaml").read_text("utf-8")
WORDS = load_header_words(TEXT)
FIELDS = WORDS.fields


def mapped(header, fields=FIELDS, **explicit):
    return [
        column.field for column in map_columns(header, words=WORDS, fields=fields, explicit=explicit).columns
    ]


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("First name,Surname,Phone no.,E-mail,Post code", "first_name last_name phone email postcode"),
        ("VOORNAAM,Familienaam,Tel.nr,GSM,Gemeente", "first_name last_name phone phone_mobile city"),
        ("Prénom,Nom,N° de tél.,Tél. portable,CP", "first_name last_name phone phone_mobile postcode"),
        ("Imię,Nazwisko,Nr telefonu,Komórka,Miasto", "first_name last_name phone phone_mobile city"),
        ("Förnamn,Efternamn,Tfn,Mobil,Postnr,Ort", "first_name last_name phone phone_mobile postcode city"),
        ("Vorname,Nachname,Rufnummer,Handy,Straße", "first_name last_name phone phone_mobile street"),
        ("phone_other,CONSENT_ON,Contract-From", "phone_other consent_on contract_from"),
    ],
)  # fmt: skip
def test_header_words_of_six_languages_are_recognised(header, fields):
    assert [str(field) for field in mapped(header.split(","))] == fields.split()


def test_words_that_say_too_little_are_not_recognised():
    assert mapped(["nr", "datum", "id", "code", "phone call notes", "telefoonboek", ""]) == [None] * 7


def test_a_bare_name_depends_on_what_stands_beside_it():
    assert mapped(["Naam", "Tel"]) == ["full_name", "phone"]
    assert mapped(["Naam", "Voornaam"]) == ["last_name", "first_name"]
    assert mapped(["Nom", "Prénom", "Nom de famille"]) == ["last_name", "first_name", None]


def test_a_second_phone_column_is_another_number_and_a_third_is_refused():
    assert mapped(["Tel", "Tel (2)", "Telefoon"]) == ["phone", "phone_other", None]
    assert mapped(["email", "email (2)"]) == ["email", None]


def test_only_fields_of_the_catalogue_are_mapped_and_the_rest_is_listed():
    result = map_columns(["Tel", "Geslacht", "Schuld"], words=WORDS, fields={"phone"})
    assert result.index_of == {"phone": 0}
    assert result.refused == ("Geslacht", "Schuld")
    assert [column.how for column in result.columns] == ["recognised", "refused", "refused"]


@pytest.mark.parametrize("column", ["Schuld nr", "schuldnr", "B", "b", "2"])
def test_a_column_can_be_given_by_name_letter_or_number(column):
    result = map_columns(
        ["Tel", "Schuld nr"], words=WORDS, fields={"phone", "notes"}, explicit={column: "notes"}
    )
    assert [(c.field, c.how) for c in result.columns] == [("phone", "recognised"), ("notes", "given")]


def test_what_was_given_wins_over_what_was_recognised():
    assert mapped(["Tel", "Werk"], Werk="phone") == ["phone_other", "phone"]
    assert mapped(["Tel", "Werk"], fields={"phone"}, Werk="phone") == [None, "phone"]
    assert mapped(["Tel", "GSM"], Tel="") == [None, "phone_mobile"]


@pytest.mark.parametrize(
    ("explicit", "code", "told"),
    [
        ({"Fax": "phone"}, "column_unknown", "A Tel, B Naam"),
        ({"C": "phone"}, "column_unknown", "A Tel, B Naam"),
        ({"3": "phone"}, "column_unknown", "A Tel, B Naam"),
        ({"Tel": "fone"}, "field_unknown", "full_name, phone"),
        ({"Tel": "phone", "A": "full_name"}, "mapping_twice", "Map each column once"),
        ({"A": "phone", "B": "phone"}, "mapping_twice", "Map each column once"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_and_says_what_exists(explicit, code, told):
    with pytest.raises(Refused) as refused:
        map_columns(["Tel", "Naam"], words=WORDS, fields={"phone", "full_name"}, explicit=explicit)
    assert refused.value.code == code
    assert told in str(refused.value)


def test_folding_leaves_letters_and_digits():
    assert fold_header(" N° de Téléphone_(2)") == "nodetelephone2"
    assert fold_header("Imię") == "imie"
    assert fold_header("Straße") == "strasse"


def test_a_word_for_two_fields_is_refused():
    with pytest.raises(Refused) as refused:
        load_header_words("fields: {phone: {en: [tel]}, email: {nl: ['TEL.']}}")
    assert refused.value.code == "header_word_twice"


def test_every_field_has_words_in_all_six_languages():

    for field, languages in yaml.safe_load(TEXT)["fields"].items():
        assert set(languages) == {"en", "nl", "fr", "pl", "sv", "de"}, field
        assert all(languages.values()), field


@pytest.mark.parametrize("word", ["Nr", "nr.", "No", "N°", "Numéro", "Nummer"])
def test_a_bare_number_is_the_house_number_only_directly_behind_the_street(word):
    fields = {"street", "house_number", "postcode", "phone"}
    behind = map_columns(["Straat", word, "Postcode"], words=WORDS, fields=fields)
    assert [(c.field, c.how) for c in behind.columns][1] == ("house_number", "follows")
    for header in (["Straat", "Postcode", word], [word, "Straat"], ["Tel", word]):
        assert "house_number" not in map_columns(header, words=WORDS, fields=fields).index_of


def test_a_bare_number_behind_a_column_mapped_to_the_street_by_hand_counts_too():
    fields = {"street", "house_number"}
    found = map_columns(["Waar", "Nr"], words=WORDS, fields=fields, explicit={"Waar": "street"})
    assert [c.field for c in found.columns] == ["street", "house_number"]


def test_a_bare_number_never_takes_the_place_of_a_named_house_number():
    found = mapped(["Huisnummer", "Straat", "Nr"])
    assert found == ["house_number", "street", None]
    assert mapped(["Straat", "Nr", "Huisnummer"]) == ["street", None, "house_number"]


def test_a_column_that_somebody_chose_to_leave_out_says_so():
    found = map_columns(["Tel", "GSM"], words=WORDS, fields={"phone", "phone_mobile"}, explicit={"Tel": ""})
    assert [(c.field, c.how) for c in found.columns] == [(None, "given"), ("phone_mobile", "recognised")]


ROOT = Path(__file__).parents[3]
TRUTH = json.loads((ROOT / "tests" / "data" / "demo_truth.json").read_text())["lists"]
CALLED = {
    "mobile": "phone_mobile",
    "landline": "phone",
    "street_line": "street",
    "consent_date": "consent_on",
    "product_family": "product",
}
SHEETS = [(name, sheet) for name, one in TRUTH.items() for sheet in one["sheets"]]


@pytest.mark.parametrize(("name", "sheet"), SHEETS, ids=[f"{name} {sheet}" for name, sheet in SHEETS])
def test_every_column_of_the_demonstration_lists_becomes_what_it_is(name, sheet):
    columns = TRUTH[name]["sheets"][sheet]["columns"]
    demo = ROOT / "src" / "duecause" / "packs" / "demo" / "org.yaml"
    declared = {entry["code"] for entry in yaml.safe_load(demo.read_text())["fields"]}
    fields = declared | {"external_id", "full_name"}
    found = map_columns(list(columns), words=WORDS, fields=fields)
    wanted = {header: CALLED.get(field, field) or None for header, field in columns.items()}
    assert {column.header: column.field for column in found.columns} == wanted
