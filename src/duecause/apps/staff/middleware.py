"""The employee's own language wins over the browser's."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation


class EmployeeLanguage:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        employee = request.user
        if employee.is_authenticated:
            translation.activate(employee.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
