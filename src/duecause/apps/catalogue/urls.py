from django.urls import path

from duecause.apps.catalogue import views

app_name = "catalogue"
urlpatterns = [
    path("", views.rules, name="rules"),
    path("fields/", views.fields, name="fields"),
    path("wordings/", views.wordings, name="wordings"),
]
