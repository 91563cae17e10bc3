"""Look and language of the page, set by forms that work without script and kept in cookies."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from .context import CHOICES, remember_language

YEAR = 365 * 24 * 3600


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Remember theme, density, rail or keys; unknown names and values are ignored."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = HttpResponseRedirect(back)
    for name, allowed in CHOICES.items():
        value = request.POST.get(name)
        if value in allowed:
            response.set_cookie(
                name, value, max_age=YEAR, samesite="Strict", secure=settings.SESSION_COOKIE_SECURE
            )
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Django's set_language (fields `language`, `next`), kept with the person where somebody keeps it."""
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES):
        remember_language(request, code)
    response = set_language(request)
    assert isinstance(response, HttpResponse)
    return response
