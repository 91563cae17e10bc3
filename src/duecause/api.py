"""The JSON API. Rooms add their routers; the OpenAPI document is at /api/openapi.json."""

from django.urls import path
from ninja import NinjaAPI

api = NinjaAPI(title="Duecause", version="1", docs_url=None)
urlpatterns = [path("", api.urls)]
