from django.urls import path

from duecause.apps.obligations import views

app_name = "obligations"
urlpatterns = [
    path("", views.due, name="list"),
    path("<uuid:obligation_id>/steps/", views.steps, name="steps"),
    path("<uuid:obligation_id>/state/", views.state, name="state"),
    path("steps/<uuid:step_id>/retry/", views.retry, name="retry"),
]
