from django.urls import path

from duecause.apps.dialling import (
    answer_views,
    campaign_views,
    check_views,
    correction_views,
    exchange_views,
    own_call_views,
    release_views,
    script_views,
    views,
    what_if_views,
)

app_name = "dialling"
urlpatterns = [
    path("", views.lists, name="lists"),
    path("new/", views.new, name="new"),
    path("new/about/", views.about, name="about"),
    path("campaigns/", campaign_views.campaigns, name="campaigns"),
    path("campaigns/<str:code>/", campaign_views.campaign, name="campaign"),
    path("campaigns/<str:code>/scripts/write/", script_views.write, name="write-script"),
    path("campaigns/<str:code>/scripts/<str:name>/", script_views.script, name="script"),
    path("campaigns/<str:code>/scripts/<str:name>/force/", script_views.force, name="force-script"),
    path("corrections/", correction_views.corrections, name="corrections"),
    path("delivery/", exchange_views.exchanges, name="exchanges"),
    path("delivery/<str:code>/", exchange_views.exchange_now, name="exchange-now"),
    path("calls/<uuid:person_id>/", own_call_views.own_call, name="own-call"),
    path("check/", check_views.check, name="check"),
    path("<uuid:list_id>/", views.detail, name="list"),
    path("<uuid:list_id>/progress/", views.progress, name="progress"),
    path("<uuid:list_id>/rows/", views.rows, name="rows"),
    path("<uuid:list_id>/rows.csv", views.rows_csv, name="rows-csv"),
    path("<uuid:list_id>/what-if/", what_if_views.what_if, name="what-if"),
    path("<uuid:list_id>/standing/", release_views.standing, name="standing"),
    path("<uuid:list_id>/deliver/", release_views.deliver, name="deliver"),
    path("<uuid:list_id>/release/", release_views.release, name="release"),
    path("<uuid:list_id>/certificate.json", release_views.certificate, name="certificate"),
    path("<uuid:list_id>/registers/<str:register>/submit/", answer_views.submit, name="submit"),
    path("<uuid:list_id>/registers/<str:register>/answer/", answer_views.answer, name="answer"),
    path("<uuid:list_id>/recall/", release_views.recall, name="recall"),
    path("<uuid:list_id>/confirm/", release_views.confirm, name="confirm"),
]
