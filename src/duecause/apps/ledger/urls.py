from django.urls import path

from duecause.apps.ledger import views

app_name = "ledger"
urlpatterns = [
    path("", views.log, name="log"),
    path("verify/", views.verify, name="verify"),
    path("verify/progress/", views.progress, name="progress"),
    path("events/<uuid:uid>/", views.event, name="event"),
    path("events/<uuid:uid>/proof/", views.proof, name="proof"),
    path("events/<uuid:uid>/leaf/", views.leaf, name="leaf"),
]
