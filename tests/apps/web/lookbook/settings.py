"""The look-book runs without any room: web alone, sessions and messages in cookies."""

from duecause.settings import *  # noqa: F403
from duecause.settings import DATA, TEMPLATES

SECRET_KEY = "look-book-" + "0" * 40
INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_cotton",
    "heroicons",
    "duecause.web",
    "tests.apps.web.lookbook",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "duecause.web.middleware.ContentSecurityPolicy",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tests.apps.web.lookbook.views.somebody",
]
ROOT_URLCONF = "tests.apps.web.lookbook.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA / "lookbook.sqlite3")}}
DATABASE_ROUTERS: list[str] = []
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
for _name in ("AUTH_USER_MODEL", "AUTHENTICATION_BACKENDS"):
    globals().pop(_name, None)
assert TEMPLATES
