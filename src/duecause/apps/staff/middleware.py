"""A person's own language wins over the browser's; what they choose in the menu wins until they sign out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

CHOSEN = "language"


def keep_language(request: HttpRequest, code: str) -> None:
    if request.user.is_authenticated:
        request.session[CHOSEN] = code


class EmployeeLanguage:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        employee = request.user
        if employee.is_authenticated:
            translation.activate(request.session.get(CHOSEN, employee.language))
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
