from django.urls import path

from duecause.apps.parties import views

app_name = "parties"
urlpatterns = [
    path("", views.partners, name="list"),
    path("<str:code>/keys/", views.create_key, name="create-key"),
    path("<str:code>/keys/<str:prefix>/revoke/", views.revoke_key, name="revoke-key"),
]
