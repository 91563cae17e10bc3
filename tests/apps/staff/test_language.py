"""Pages speak the language of the person who is signed in, or the one chosen in the menu."""

import pytest
from django.test import Client

from duecause.apps.staff.models import Employee

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def anna():
    return Employee.objects.create(username="anna", display_name="Anna", profile="inbound", language="nl")


def language_of(visitor: Client) -> str:
    return visitor.get("/desk/").content.decode().partition('<html lang="')[2][:2]


def test_a_page_speaks_the_language_of_who_is_signed_in(anna):
    visitor = Client(headers={"accept-language": "sv"})
    visitor.force_login(anna)
    assert language_of(visitor) == "nl"


def test_a_language_chosen_in_the_menu_holds_until_the_person_signs_out(anna):
    visitor = Client()
    visitor.force_login(anna)
    visitor.post("/language/", {"language": "fr", "next": "/desk/"})
    assert language_of(visitor) == "fr"
    visitor.post("/sign-out/")
    visitor.force_login(anna)
    assert language_of(visitor) == "nl"
