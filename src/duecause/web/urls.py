"""Language and look of the page; included by the site at the root."""

from django.urls import path

from . import views

urlpatterns = [
    path("language/", views.language, name="set_language"),
    path("look/", views.look, name="look"),
]
