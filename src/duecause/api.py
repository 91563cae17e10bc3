"""The JSON API. Rooms add their routers; the OpenAPI document is at /api/openapi.json."""

from django.urls import path
from ninja import NinjaAPI

from duecause.apps.dialling.api import router as dialling
from duecause.apps.dialling.custody_api import router as custody
from duecause.apps.dialling.dialler_api import router as diallers
from duecause.apps.dialling.feed_api import router as feed
from duecause.apps.dialling.feed_report_api import router as reports
from duecause.apps.dialling.script_api import router as scripts
from duecause.apps.dialling.snapshot_api import router as snapshots
from duecause.apps.interactions.api import router as interactions
from duecause.apps.systems.api import router as systems

api = NinjaAPI(title="Duecause", version="1", docs_url=None)
api.add_router("", dialling)
api.add_router("", snapshots)
api.add_router("", feed)
api.add_router("", reports)
api.add_router("", diallers)
api.add_router("", custody)
api.add_router("", scripts)
api.add_router("", systems)
api.add_router("", interactions)
urlpatterns = [path("", api.urls)]
