"""Settings. Everything an operator may change comes from the environment; docs/operate.md lists it."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.translation import gettext_lazy as _

from duecause import logs

PACKAGE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("DUECAUSE_DATA", "var")).resolve()
DEBUG = False
TESTING = os.environ.get("DUECAUSE_TESTING") == "1"


def _secret_key() -> str:
    path = DATA / "keys" / "session.key"
    # Commands run before `duecause init` made the file; a key of this process alone is never a known one.
    return path.read_text().strip() if path.exists() else secrets.token_urlsafe(50)


SECRET_KEY = _secret_key()
# How long the key-encryption key is used before its file, or the key service, is asked for it again.
KEK_LIFETIME_SECONDS = float(os.environ.get("DUECAUSE_KEK_LIFETIME", "300"))
# How long a process may go on with what it read about token keys, and how long a change waits for that.
TOKEN_STATE_SECONDS = 5.0
TOKEN_GRACE_SECONDS = 30.0
KEY_COPIES = os.environ.get("DUECAUSE_KEY_COPIES", "")  # folder of the key database's copies; empty: none
ALLOWED_HOSTS = os.environ.get("DUECAUSE_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [x for x in os.environ.get("DUECAUSE_ORIGINS", "").split(",") if x]
BEHIND_TLS = os.environ.get("DUECAUSE_TLS") == "1"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_cotton",
    "heroicons",
    "duecause.web",
    "duecause.apps.vault",
    "duecause.apps.ledger",
    "duecause.apps.obligations",
    "duecause.apps.parties",
    "duecause.apps.staff",
    "duecause.apps.catalogue",
    "duecause.apps.interactions",
    "duecause.apps.gate",
    "duecause.apps.directory",
    "duecause.apps.register",
    "duecause.apps.consent",
    "duecause.apps.notices",
    "duecause.apps.desk",
    "duecause.apps.dialling",
    "duecause.apps.rights",
    "duecause.apps.systems",
    "duecause.apps.evidence",
    "duecause.apps.home",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "duecause.web.request_log.RequestLog",
    "duecause.web.middleware.ContentSecurityPolicy",
    "duecause.web.middleware.PlainAddress",
    "duecause.web.middleware.SomethingSilent",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "duecause.apps.staff.middleware.EmployeeLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "duecause.apps.gate.middleware.CurrentActor",
]

ROOT_URLCONF = "duecause.urls"
WSGI_APPLICATION = "duecause.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "duecause.web.context.page",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "duecause.web.templatetags.formats",
            ],
        },
    }
]
COTTON_DIR = "cotton"

PREPARE_AFTER = 3  # runs of a text on one connection

SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;"
        "PRAGMA cache_size=-32000;PRAGMA mmap_size=134217728;PRAGMA temp_store=MEMORY;"
    ),
}


def _sqlite(path: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": dict(SQLITE_OPTIONS),
        "TEST": {"NAME": str(DATA / f"test-{path.name}")},
    }


def _postgres(url: str) -> dict[str, object]:
    found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True))
    # Only `apps.statements` prepares (docs/decisions/0009); the ORM's own texts never are.
    options = {"prepare_threshold": PREPARE_AFTER, **found.get("OPTIONS", {})}
    return {**found, "ENGINE": "duecause.apps.postgresql", "OPTIONS": options}


def _databases() -> dict[str, dict[str, object]]:
    url = os.environ.get("DATABASE_URL", "")
    if not url or url.startswith("sqlite"):
        return {"default": _sqlite(DATA / "duecause.sqlite3"), "keys": _sqlite(DATA / "keys.sqlite3")}
    main = _postgres(url)
    keys_url = os.environ.get("KEYS_DATABASE_URL")
    keys = _postgres(keys_url) if keys_url else {**main, "NAME": f"{main['NAME']}_keys"}
    return {"default": main, "keys": keys}


# A key database apart: its copies live for days, those of the data for years (docs/operate.md).
DATABASES = _databases()
DATABASE_ROUTERS = ["duecause.apps.vault.router.KeysApart"]

AUTH_USER_MODEL = "staff.Employee"
AUTHENTICATION_BACKENDS = ["duecause.apps.staff.backends.OpenAccounts"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:  # sign-in is not what the tests wait for
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
SESSION_ENGINE = "duecause.apps.staff.sessions"
SESSION_COOKIE_AGE = 10 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_TLS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "duecause.web.errors.csrf_failure"
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# Preloading binds every host of a domain, for good: its owner decides that, not one application.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("nl", _("Dutch")),
    ("fr", _("French")),
    ("pl", _("Polish")),
    ("sv", _("Swedish")),
    ("de", _("German")),
]
LOCALE_PATHS = [PACKAGE / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING

# An uploaded list may be this large; memory only, it never touches a temporary folder in the clear.
UPLOAD_LIMIT_BYTES = int(os.environ.get("DUECAUSE_UPLOAD_LIMIT_MB", "256")) * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["duecause.web.uploads.InMemoryWithLimit"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# The relay that takes notices to persons; without a host, notices go by post only (docs/operate.md).
SMTP_HOST = os.environ.get("DUECAUSE_SMTP_HOST", "")
SMTP_PORT = int(os.environ.get("DUECAUSE_SMTP_PORT", "587"))
SMTP_SECURITY = os.environ.get("DUECAUSE_SMTP_SECURITY", "starttls")  # starttls, tls or none
SMTP_USER = os.environ.get("DUECAUSE_SMTP_USER", "")
SMTP_PASSWORD_FILE = os.environ.get("DUECAUSE_SMTP_PASSWORD_FILE", "")
MAIL_FROM = os.environ.get("DUECAUSE_MAIL_FROM", "")  # sender, and where what bounces comes back to

METRICS_TOKEN = os.environ.get("DUECAUSE_METRICS_TOKEN", "")  # empty: no figures at /metrics
SHOW_ZONE = os.environ.get("DUECAUSE_ZONE", "Europe/Brussels")

LOGGING = logs.config()

# The first event may wait this long for a checkpoint before the ledger counts as late: check, page and alarm.
LEDGER_QUEUE_LATE = timedelta(seconds=float(os.environ.get("DUECAUSE_QUEUE_LATE_SECONDS", "5")))
