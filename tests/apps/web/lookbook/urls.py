"""A small site of fictional pages that shows every component and every kind of answer."""

from django.urls import include, path

from . import views

rooms = [
    ("desk", "home"),
    ("dialling", "lists"),
    ("register", "imports"),
    ("obligations", "list"),
    ("gate", "alarms"),
    ("parties", "list"),
    ("catalogue", "rules"),
    ("ledger", "log"),
]

urlpatterns = [
    path("", include("duecause.web.urls")),
    path("", include(([path("", views.book, name="home")], "home"))),
    *(
        path(
            f"{room}/",
            include(([path("", views.book, name=name), path("search/", views.found, name="search")], room)),
        )
        for room, name in rooms
    ),
    path("form/", views.form),
    path("forms/upload/", views.upload),
    path("swap/", views.swap),
    path("poll/", views.poll, name="poll"),
    path("sign-in/", views.sign_in),
    path("sign-out/", views.found, name="sign-out"),
    path("json/", views.data),
    path("stream/", views.stream),
    path("tile/", views.tile),
    path("moved/", views.moved),
    path("forbidden/", views.forbidden),
    path("broken/", views.broken),
    path("refused/", views.refused),
]

handler400 = "duecause.web.errors.bad_request"
handler403 = "duecause.web.errors.not_allowed"
handler404 = "duecause.web.errors.not_found"
handler500 = "duecause.web.errors.broken"
