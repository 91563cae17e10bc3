from django.urls import path

from duecause.apps.consent import consent_views

app_name = "consents"
urlpatterns = [
    path("", consent_views.overview, name="overview"),
    path("wordings/", consent_views.wordings, name="wordings"),
]
