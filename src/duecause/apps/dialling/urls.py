from django.urls import URLPattern

app_name = "dialling"
urlpatterns: list[URLPattern] = []
