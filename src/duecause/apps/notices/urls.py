from django.urls import path

from duecause.apps.notices import act_views, views

app_name = "notices"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("send/", act_views.send, name="send"),
    path("sources/<str:code>/", views.rows, name="rows"),
    path("batches/<uuid:batch_id>/", views.batch, name="batch"),
    path("batches/<uuid:batch_id>/file/", act_views.fetch, name="fetch"),
    path("batches/<uuid:batch_id>/confirm/", act_views.confirm, name="confirm"),
    path("batches/<uuid:batch_id>/returned/", act_views.returned, name="returned"),
    path("sources/<str:code>/exempt/", act_views.exempt, name="exempt"),
    path("exemptions/<uuid:exemption_id>/end/", act_views.end_exemption, name="end-exemption"),
]
