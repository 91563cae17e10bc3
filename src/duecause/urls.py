"""Where pages and the API live. Each room owns its own paths."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from duecause.operating.views import healthz, metrics, readyz

sign_in = LoginView.as_view(
    template_name="web/sign_in.html", http_method_names=["get", "head", "post", "options"]
)

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("duecause.apps.home.urls")),
    path("desk/", include("duecause.apps.desk.urls")),
    path("lists/", include("duecause.apps.dialling.urls")),
    path("people/consents/", include("duecause.apps.consent.consent_urls")),
    path("people/notices/", include("duecause.apps.notices.urls")),
    path("people/", include("duecause.apps.register.urls")),
    path("objections/", include("duecause.apps.consent.urls")),
    path("requests/", include("duecause.apps.obligations.urls")),
    path("requests/", include("duecause.apps.rights.urls")),
    path("alarms/", include("duecause.apps.gate.urls")),
    path("partners/", include("duecause.apps.parties.urls")),
    path("systems/", include("duecause.apps.systems.urls")),
    path("rules/retention/", include("duecause.apps.rights.retention_urls")),
    path("rules/", include("duecause.apps.catalogue.urls")),
    path("evidence/", include("duecause.apps.ledger.urls")),
    path("evidence/", include("duecause.apps.evidence.urls")),
    path("api/", include("duecause.api")),
    path("scim/v2/", include("duecause.apps.directory.urls")),
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("", include("duecause.web.urls")),
]

handler400 = "duecause.web.errors.bad_request"
handler403 = "duecause.web.errors.not_allowed"
handler404 = "duecause.web.errors.not_found"
handler500 = "duecause.web.errors.broken"
