from django.urls import path

from duecause.apps.evidence import views

app_name = "evidence"
urlpatterns = [
    path("record/", views.record, name="record"),
    path("record/export/", views.export, name="export"),
    path("record/sign-off/", views.sign_off, name="sign-off"),
    path("record/sign/", views.sign, name="sign"),
]
