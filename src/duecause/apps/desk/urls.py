from django.urls import path

from duecause.apps.desk import act_views, views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.find, name="search"),
    path("objection-by-number/", act_views.number_objection, name="number_objection"),
    path("objections/<uuid:objection_id>/", act_views.objection_state, name="objection_state"),
    path("objections/<uuid:objection_id>/undo/", act_views.undo, name="undo"),
    path("people/<uuid:person_id>/", views.person, name="person"),
    path("people/<uuid:person_id>/look/", views.look, name="look"),
    path("people/<uuid:person_id>/reveal/", views.reveal, name="reveal"),
    path("people/<uuid:person_id>/source/", views.source, name="source"),
    path("people/<uuid:person_id>/objection/", act_views.objection, name="objection"),
    path("people/<uuid:person_id>/consent/", act_views.record_consent, name="consent"),
]
