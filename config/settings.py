"""Django's settings. What an operator may choose is in `config.environment`; what follows from it is here."""

import os
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import logs
from config.celery import COUNT_SECONDS
from config.embedded import Cluster
from config.environment import BASE_DIR, env
from config.files import secret

TESTING = "PYTEST_VERSION" in os.environ  # set by pytest


django_stubs_ext.monkeypatch()

# --- Core ------------------------------------------------------------------------------------------------------------

DEBUG = env.DEBUG
PUBLIC_URL = env.public_url
SECRET_KEY = env.SECRET_KEY or secret(env.ALERTLOOP_DATA / "secret-key")
SECRET_KEY_FALLBACKS = list(env.SECRET_KEY_FALLBACKS)
ALLOWED_HOSTS = [*env.ALLOWED_HOSTS, urlsplit(PUBLIC_URL).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "rest_framework_api_key",
    "feedback",
    "scoring",
    "labeling",
    "ops",
]

MIDDLEWARE = [
    "ops.middleware.RequestIdMiddleware",
    "scoring.api.problems.ProblemMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "ops.middleware.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ops.middleware.HistoryMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Data ------------------------------------------------------------------------------------------------------------

DATABASE_URL = env.DATABASE_URL or Cluster(env.ALERTLOOP_DATA).url()
DATABASES: dict[str, Any] = {"default": dict(dj_database_url.parse(DATABASE_URL, conn_health_checks=True))}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
if env.DATABASE_POOL_MAX and not TESTING:
    # A pool: 3.5 times the requests a second of a connection for each request. Health checks would double the queries.
    pool = {"min_size": 1, "max_size": env.DATABASE_POOL_MAX, "timeout": 10}
    DATABASES["default"] |= {"CONN_HEALTH_CHECKS": False, "OPTIONS": {"pool": pool}}

# --- People ----------------------------------------------------------------------------------------------------------

LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "/", "login"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tests make many people
AXES_ENABLED = not TESTING  # the tests that are about it switch it on
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "lockout.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "ops.proxies.client_address"

# --- Languages and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = env.LANGUAGE_CODE
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = env.TIME_ZONE
USE_TZ = True

# --- Static files ----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
_plain = DEBUG or TESTING  # without `collectstatic`
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if _plain
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = _plain

# --- Security --------------------------------------------------------------------------------------------------------

_https = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]  # asked for inside the machine
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.TRUSTED_PROXIES else None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# The admin's page of a queue has six fields for each name of a feature or a value, and a scorer may send 1,000 names.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_MEMORY_SIZE = env.API_MAX_BODY_BYTES
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- API -------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Alertloop",
    "DESCRIPTION": "Post alerts, get them scored on arrival, follow the verdicts people give.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": ["scoring.api.openapi.complete"],
}
API_KEY_CUSTOM_HEADER = "HTTP_X_API_KEY"
API_MAX_BODY_BYTES = env.API_MAX_BODY_BYTES
API_MAX_BATCH = env.API_MAX_BATCH
API_RATE_PER_MINUTE = env.API_RATE_PER_MINUTE
API_BURST = env.API_BURST

# --- Operation -------------------------------------------------------------------------------------------------------

# Read by config/celery.py, which holds everything else about tasks. In tests nobody takes a nudge.
CELERY_BROKER_URL = env.CELERY_BROKER_URL or ("memory://" if TESTING else "")
LOGGING_CONFIG = "config.logs.configure"
LOGGING = logs.settings(env.LOG_FORMAT, env.LOG_LEVEL)
METRICS_TOKEN = env.METRICS_TOKEN
TRUSTED_PROXIES = env.TRUSTED_PROXIES
DEMO = env.DEMO
CHECK_SHARE = env.CHECK_SHARE if not TESTING else 0.0  # the tests that are about checks switch them on
COUNT_EVERY_SECONDS = round(COUNT_SECONDS)  # what a page promises of figures follows from it
READY_MAX_BEHIND = env.READY_MAX_BEHIND
READY_MAX_SILENCE_SECONDS = env.READY_MAX_SILENCE_SECONDS
PROMETHEUS_EXPORT_MIGRATIONS = False  # /readyz answers that, without a query at every start
