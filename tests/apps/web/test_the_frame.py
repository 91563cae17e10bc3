from __future__ import annotations

import pytest
from django.http import HttpRequest
from django.template import engines
from django.test import Client
from django_cotton.compiler_regex import CottonCompiler

from duecause.engine.actor import Actor
from duecause.web import context, navigation


def _render(source: str, **values: object) -> str:
    return engines["django"].from_string(CottonCompiler().process(source)).render(values)


def _agent(*functions: str) -> Actor:
    return Actor(kind="employee", id="1", profile="inbound", functions=frozenset(functions))


def test_the_rail_shows_only_what_the_profile_may_do() -> None:
    links = navigation.links_for(_agent("desk.use"), path="/desk/", namespace="desk")
    assert [str(link.label) for link in links] == ["Home", "Desk"]
    assert [link.current for link in links] == [False, True]


def test_a_room_without_pages_is_not_in_the_rail() -> None:
    items = (navigation.Item("Nowhere", "nowhere:home", "home"), navigation.Item("Home", "home:home", "home"))
    links = navigation.links_for(_agent(), path="/", items=items)
    assert [link.label for link in links] == ["Home"]


def test_somebody_not_signed_in_gets_no_rail_and_no_search(visitor: Client) -> None:
    visitor.cookies["who"] = "nobody"
    page = visitor.get("/").content.decode()
    assert 'class="rail' not in page
    assert 'id="search"' not in page
    assert "Imke" not in page


def test_what_is_due_is_the_sum_of_all_rooms(visitor: Client) -> None:
    context.register_due(_two_more)
    assert '<span class="due-count">5</span>' in visitor.get("/").content.decode()


def _two_more(actor: Actor) -> int:
    return 2


def test_search_posts_so_that_nothing_personal_stands_in_an_address(visitor: Client) -> None:
    page = visitor.get("/").content.decode()
    assert '<form class="search" role="search" method="post" action="/desk/search/">' in page


def test_the_look_is_kept_in_a_cookie_and_read_by_the_server(visitor: Client) -> None:
    answer = visitor.post("/look/", {"theme": "dark", "next": "/form/"})
    assert answer["Location"] == "/form/"
    assert answer.cookies["theme"]["samesite"] == "Strict"
    assert 'data-theme="dark"' in visitor.get("/").content.decode()


@pytest.mark.parametrize("data", [{"theme": "<script>"}, {"sessionid": "x"}])
def test_an_unknown_look_is_ignored(visitor: Client, data: dict[str, str]) -> None:
    assert not visitor.post("/look/", data).cookies
    visitor.cookies["theme"] = "<script>"
    assert 'data-theme="auto"' in visitor.get("/").content.decode()


@pytest.mark.parametrize("back", ["//elsewhere.example/", "https://elsewhere.example/"])
def test_nobody_is_sent_elsewhere_by_the_look_form(visitor: Client, back: str) -> None:
    assert visitor.post("/look/", {"theme": "dark", "next": back})["Location"] == "/"


def test_a_chosen_language_is_shown_and_told_to_who_keeps_it(visitor: Client) -> None:
    kept: list[str] = []

    @context.register_language
    def keep(request: HttpRequest, code: str) -> None:
        kept.append(code)

    visitor.post("/language/", {"language": "nl", "next": "/"})
    assert '<html lang="nl"' in visitor.get("/").content.decode()
    visitor.post("/language/", {"language": "tlh"})
    assert kept == ["nl"]


def test_page_values_do_not_leak_into_components() -> None:
    page = _render("<c-card>inside</c-card><c-badge />", title="Leaked", meaning="act", intro="Leaked")
    assert "Leaked" not in page
    assert "Note" in page


def test_components_escape_what_they_are_given() -> None:
    hostile = '"><script>x</script>'
    for source in (
        '<c-card :title="bad" />',
        '<c-card title="{{ bad }}" />',
        '<c-stat :number="bad" label="{{ bad }}" href="{{ bad }}" />',
        '<c-field name="a" :label="bad" value="{{ bad }}" hint="{{ bad }}" error="{{ bad }}" />',
        '<c-error-panel :title="bad" where="{{ bad }}" mend="{{ bad }}" />',
        "<c-badge>{{ bad }}</c-badge>",
        '<c-button key="{{ bad }}" href="{{ bad }}">{{ bad }}</c-button>',
        '<c-dl :rows="rows" />',
    ):
        page = _render(source, bad=hostile, rows=[(hostile, hostile)])
        assert "<script" not in page, source
        assert '""' not in page, source


def test_a_field_ties_its_hint_and_error_to_the_input() -> None:
    page = _render('<c-field name="tel" label="Number" hint="With code" error="Too short" required />')
    assert '<label for="id_tel">' in page
    assert 'aria-describedby="id_tel_helptext id_tel_error"' in page
    assert 'id="id_tel_helptext"' in page
    assert 'id="id_tel_error"' in page
    assert 'aria-invalid="true"' in page
    assert " required " in page


def test_a_finished_progress_asks_no_more() -> None:
    going = _render('<c-progress label="Reading" :done="1" :total="4" poll="/poll/" />')
    done = _render('<c-progress label="Reading" :done="4" :total="4" poll="/poll/" finished="Finished." />')
    assert 'hx-trigger="every 2s"' in going
    assert "hx-get" not in done
