from django.urls import path

from duecause.apps.systems import views
from duecause.apps.systems.forms import NEW

app_name = "systems"
urlpatterns = [
    path("", views.systems, name="list"),
    path(f"{NEW}/", views.new_system, name="new"),
    path("<str:code>/", views.system, name="system"),
    path("<str:code>/save/", views.save, name="save"),
    path("<str:code>/key/", views.make_key, name="make-key"),
    path("<str:code>/secret/", views.give_secret, name="give-secret"),
    path("<str:code>/end/", views.end, name="end"),
]
