from django.urls import path

from duecause.apps.obligations import views

app_name = "obligations"
urlpatterns = [path("", views.due, name="list")]
