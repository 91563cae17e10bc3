from django.urls import path

from duecause.apps.rights import hold_views, retention_rule_views, retention_views

app_name = "retention"
urlpatterns = [
    path("", retention_views.forecast, name="forecast"),
    path("records/", retention_views.rows, name="rows"),
    path("nights/<uuid:run>/", retention_views.night, name="night"),
    path("certificates/<uuid:certificate_id>.json", retention_views.certificate, name="certificate"),
    path("rule/", retention_rule_views.rule, name="rule"),
    path("versions/<int:number>/", retention_rule_views.version, name="version"),
    path("versions/<int:number>/count/", retention_rule_views.count, name="count"),
    path("versions/<int:number>/approve/", retention_rule_views.approve, name="approve"),
    path("versions/<int:number>/refuse/", retention_rule_views.refuse, name="refuse"),
    path("holds/", hold_views.holds, name="holds"),
    path("holds/person/<uuid:person_id>/", hold_views.begin, name="begin-hold"),
    path("holds/<uuid:hold_id>/end/", hold_views.end, name="end-hold"),
]
