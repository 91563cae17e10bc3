from __future__ import annotations

import pytest
from django.test import Client

EVERY_KIND_OF_ANSWER = {
    "/": 200,
    "/json/": 200,
    "/stream/": 200,
    "/moved/": 302,
    "/forbidden/": 403,
    "/nowhere/": 404,
    "/refused/": 422,
    "/broken/": 500,
}


@pytest.mark.parametrize(("path", "status"), EVERY_KIND_OF_ANSWER.items())
def test_every_answer_forbids_foreign_code_and_framing(visitor: Client, path: str, status: int) -> None:
    answer = visitor.get(path)
    assert answer.status_code == status
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize("path", EVERY_KIND_OF_ANSWER)
def test_no_page_may_be_kept_by_a_cache(visitor: Client, path: str) -> None:
    assert visitor.get(path)["Cache-Control"] == "no-store"


def test_an_answer_that_says_how_long_it_may_be_kept_is_left_so(visitor: Client) -> None:
    assert visitor.get("/tile/")["Cache-Control"] == "public, immutable"


def test_the_stylesheet_may_be_cached(visitor: Client) -> None:
    answer = visitor.get("/static/web/duecause.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.get("Cache-Control", "")


@pytest.mark.parametrize("path", ["/", "/form/", "/sign-in/?wrong=1", "/nowhere/", "/broken/"])
def test_no_page_holds_inline_style_or_script(visitor: Client, path: str) -> None:
    page = visitor.get(path).content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert "<script>" not in page
    for event in (" onclick=", " onload=", " onchange=", " hx-on"):
        assert event not in page


@pytest.mark.parametrize("path", ["/forbidden/", "/nowhere/", "/broken/"])
def test_an_error_page_says_what_happened_and_where_to_go(visitor: Client, path: str) -> None:
    page = visitor.get(path).content.decode()
    assert page.count("<h1>") == 1
    assert page.count("<p>") >= 2
    assert 'href="/"' in page
    assert "on purpose" not in page


def test_somebody_signed_in_keeps_the_menu_on_an_error_page(visitor: Client) -> None:
    assert 'class="rail"' in visitor.get("/nowhere/").content.decode()
    visitor.cookies["who"] = "nobody"
    assert 'class="rail"' not in visitor.get("/nowhere/").content.decode()


def test_a_fragment_that_is_refused_is_a_panel_not_a_page(visitor: Client) -> None:
    answer = visitor.get("/forbidden/", headers={"HX-Request": "true"}).content.decode()
    assert 'role="alert"' in answer
    assert "<html" not in answer
