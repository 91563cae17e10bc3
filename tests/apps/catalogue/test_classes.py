"""What the law says of a field and how private people feel it: sourced, and neither is understated."""

import pytest

from duecause.apps.catalogue import texts
from duecause.apps.catalogue.models import Field
from duecause.organisation import applying
from duecause.organisation.loading import FileRefused
from duecause.packs import catalogue
from duecause.settings import LANGUAGES
from tests.support.world import NOW, OPERATOR

FILE = """
organisation: Test
purposes: [{{code: care, name: {{en: Care}}, legal_basis: contract, retention_months: 12}}]
fields:
  - {{code: {code}, group: notes, compartment: content, label: {{en: F}}, purposes: [care], {rest}}}
"""


def applied(code: str, rest: str) -> Field:
    text = FILE.format(code=code, rest=rest)
    applying.apply(applying.read(text, file="org.yaml"), actor=OPERATOR, now=NOW)
    return Field.objects.get(code=code)


def test_every_label_of_the_packs_is_there_in_six_languages():
    every = [one.label for one in catalogue.classes().values()]
    every += [one.label for one in catalogue.subjects().values()] + list(catalogue.levels().values())
    assert {frozenset(words) for words in every} == {frozenset(code for code, _ in LANGUAGES)}
    assert all(all(words.values()) for words in every)


def test_every_class_names_its_article_and_every_typical_level_its_source():
    assert all(one.law and 1 <= one.least <= 5 for one in catalogue.classes().values())
    assert all(one.source and one.says for one in catalogue.typical().values())
    assert catalogue.classes()["special"].law == "GDPR Art. 9(1)"
    assert catalogue.classes()["communications"].least >= 4


def test_a_mobile_number_is_felt_as_more_private_than_a_landline():
    mobile, landline = (
        catalogue.level_of("phone_mobile", "ordinary"),
        catalogue.level_of("phone_landline", "ordinary"),
    )
    assert mobile > landline


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_field_without_a_level_gets_the_typical_one_and_never_less_than_its_class():
    assert applied("phone_mobile", "law_class: ordinary").perception == 4
    assert applied("message", "law_class: communications").perception == 4
    assert applied("allergy", "law_class: special").perception == 5
    assert applied("own", "law_class: ordinary, perception: 5").perception == 5


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_level_below_what_the_law_asks_for_is_refused_with_its_line():
    text = FILE.format(code="allergy", rest="law_class: special, perception: 2")
    with pytest.raises(FileRefused) as refused:
        applying.plan(applying.read(text, file="org.yaml"), file="org.yaml")
    said = refused.value.problems[0].text
    assert "line 5" in said and "must be at least 5, not 2" in said


def test_a_class_that_nobody_knows_is_shown_by_its_code():
    assert texts.law_class("unheard_of") == "unheard_of"
