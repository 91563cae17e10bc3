from django.urls import path

from duecause.apps.consent import views

app_name = "consent"
urlpatterns = [
    path("", views.registers, name="registers"),
    path("import/", views.import_objections, name="import"),
    path("registers/<str:code>/load/", views.load, name="load"),
    path("files/<uuid:job_id>/", views.job, name="job"),
    path("files/<uuid:job_id>/progress/", views.progress, name="progress"),
]
