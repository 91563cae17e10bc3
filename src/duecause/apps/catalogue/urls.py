from django.urls import path

from duecause.apps.catalogue import activity_views, views

app_name = "catalogue"
urlpatterns = [
    path("", views.rules, name="rules"),
    path("fields/", views.fields, name="fields"),
    path("activities/", activity_views.activities, name="activities"),
    path("activities/<str:code>/status/", activity_views.move, name="move-activity"),
    path("wordings/", views.wordings, name="wordings"),
]
