from django.urls import path

from duecause.apps.gate import views

app_name = "gate"
urlpatterns = [
    path("", views.alarms, name="alarms"),
    path("<uuid:alarm_id>/close/", views.close, name="close"),
]
