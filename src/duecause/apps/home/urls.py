from django.urls import path

from duecause.apps.home import views

app_name = "home"
urlpatterns = [
    path("", views.home, name="home"),
    path("due/", views.all_due, name="due"),
]
