from django.urls import path

from duecause.apps.gate import activation_views, emergency_views, look_views, notice_views, views

app_name = "gate"
urlpatterns = [
    path("", views.alarms, name="alarms"),
    path("mine/", notice_views.mine, name="mine"),
    path("mine/<uuid:notice_id>/reason/", notice_views.reason, name="reason"),
    path("mine/<uuid:notice_id>/read/", notice_views.read, name="read"),
    path("look-ups/", look_views.mine, name="look_ups"),
    path("emergencies/", emergency_views.emergencies, name="emergencies"),
    path("emergencies/<uuid:emergency_id>/", emergency_views.review, name="emergency"),
    path("employees/", look_views.of_employee, name="of_employee"),
    path("measures/", activation_views.measures, name="measures"),
    path("measures/<slug:measure>/<slug:kind>/file/", activation_views.file, name="file_paper"),
    path("measures/<slug:measure>/<slug:kind>/withdraw/", activation_views.withdraw, name="withdraw_paper"),
    path("<uuid:alarm_id>/close/", views.close, name="close"),
]
