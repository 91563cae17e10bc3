from django.urls import path

from duecause.apps.rights import views

app_name = "rights"
urlpatterns = [
    path("<uuid:request_id>/", views.case, name="case"),
    path("<uuid:request_id>/person/", views.person, name="person"),
    path("<uuid:request_id>/plan/", views.plan, name="plan"),
    path("<uuid:request_id>/approve/", views.approve, name="approve"),
    path("<uuid:request_id>/refuse/", views.refuse, name="refuse"),
    path("<uuid:request_id>/progress/", views.progress, name="progress"),
    path("<uuid:request_id>/certificate/", views.certificate, name="certificate"),
    path("<uuid:request_id>/certificate.json", views.certificate_json, name="certificate-json"),
]
