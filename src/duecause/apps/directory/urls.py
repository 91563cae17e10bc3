from django.urls import path

from duecause.apps.directory import views

app_name = "scim"
urlpatterns = [
    path("Users", views.users, name="users"),
    path("Users/<str:known_id>", views.user, name="user"),
    path("Groups", views.groups, name="groups"),
    path("Groups/<str:name>", views.group, name="group"),
    path("ServiceProviderConfig", views.config, name="config"),
    path("ResourceTypes", views.resource_types, name="resource-types"),
]
