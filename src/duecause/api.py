"""The JSON API. Rooms add their routers; the OpenAPI document is at /api/openapi.json."""

from django.urls import path
from ninja import NinjaAPI

from duecause.apps.dialling.api import router as dialling

api = NinjaAPI(title="Duecause", version="1", docs_url=None)
api.add_router("", dialling)
urlpatterns = [path("", api.urls)]
