"""Every setting of the product, in one typed place; each comes from the environment and has a default that runs.

`Environment` is the list of what an operator may set; docs/operating.md shows the same list (a test compares them).
What follows it is Django's own form of the same settings.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import django_stubs_ext
import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config import logs
from config.embedded import Cluster, secret

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = "PYTEST_VERSION" in os.environ  # set by pytest


class Environment(BaseSettings):
    """What may be set from outside, and what it means."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, validate_default=True)

    PORT: int = Field(8000, ge=1, le=65535, description="Port of the web server.")
    HOST: str = Field("127.0.0.1", description="Address the web server listens on; 0.0.0.0 for all.")
    PUBLIC_URL: str = Field(
        "", description="Address people type, such as https://alerts.example.com. With https, cookies are secure, "
        "plain requests are redirected and browsers are told to stay on https. Empty: http://localhost:PORT."
    )
    ALLOWED_HOSTS: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Further host names to answer to, with commas between; PUBLIC_URL's and this machine's always are."
    )
    DEBUG: bool = Field(False, description="Tracebacks on error pages and no caching of templates. Never in production.")
    SECRET_KEY: str = Field("", description="Signs sessions and links. Empty: made once, kept in the data folder.")
    SECRET_KEY_FALLBACKS: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Former secret keys, with commas between, still accepted while a key is rotated."
    )
    ALERTLOOP_DATA: Path = Field(BASE_DIR / ".data", description="Data folder: embedded database and generated keys.")
    DATABASE_URL: str = Field(
        "", description="PostgreSQL 15 or newer, postgresql://user:password@host:5432/name. Empty: the embedded one."
    )
    DATABASE_POOL_MAX: int = Field(8, ge=0, description="Connections a web process keeps at most; 0: no pool.")
    CELERY_BROKER_URL: str = Field(
        "", description="amqp://... (RabbitMQ) or redis://... for several machines. Empty: queues inside PostgreSQL."
    )
    WEB_PROCESSES: int = Field(2, ge=1, description="Web server processes.")
    WEB_THREADS: int = Field(4, ge=1, description="Requests each web process answers at the same time.")
    WORKER_PROCESSES: int = Field(2, ge=1, description="Tasks the background worker runs at the same time.")
    TIME_ZONE: str = Field("Asia/Shanghai", description="Time zone of pages; everything is stored in UTC.")
    LANGUAGE_CODE: str = Field("en", description="Language where the browser asks for neither: en or zh-hans.")
    LOG_FORMAT: str = Field("console", pattern="^(console|json)$", description="Log lines for people or as JSON.")
    LOG_LEVEL: str = Field("INFO", description="Least important level that is logged: DEBUG, INFO, WARNING, ERROR.")
    METRICS_TOKEN: str = Field(
        "", description="Bearer token that /metrics asks for. Empty: only this machine may read it."
    )
    TRUSTED_PROXIES: int = Field(
        0, ge=0, description="Reverse proxies in front that set X-Forwarded-For and X-Forwarded-Proto."
    )
    API_MAX_BODY_BYTES: int = Field(5_000_000, ge=1, description="Largest request body of the API; above it, 413.")
    API_MAX_BATCH: int = Field(1_000, ge=1, description="Most alerts in one batch; above it, 413.")
    API_RATE_PER_MINUTE: int = Field(6_000, ge=1, description="Alerts a minute that one scorer's key may post; above, 429.")
    API_BURST: int = Field(2_000, ge=1, description="Alerts that one scorer's key may post at once after a quiet time.")
    READY_MAX_LAG_SECONDS: float = Field(
        60.0, gt=0, description="/readyz fails when the learner or the worker's heartbeat is further behind."
    )

    @field_validator("ALLOWED_HOSTS", "SECRET_KEY_FALLBACKS", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


env = Environment()
django_stubs_ext.monkeypatch()

# --- Core ------------------------------------------------------------------------------------------------------------

DEBUG = env.DEBUG
PUBLIC_URL = env.PUBLIC_URL.rstrip("/") or f"http://localhost:{env.PORT}"
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
    "pghistory.middleware.HistoryMiddleware",
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
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_IPWARE_PROXY_COUNT = env.TRUSTED_PROXIES or None

# --- Languages and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = env.LANGUAGE_CODE
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
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
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
API_KEY_CUSTOM_HEADER = "HTTP_X_API_KEY"
API_MAX_BODY_BYTES = env.API_MAX_BODY_BYTES
API_MAX_BATCH = env.API_MAX_BATCH
API_RATE_PER_MINUTE = env.API_RATE_PER_MINUTE
API_BURST = env.API_BURST

# --- Operation -------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.CELERY_BROKER_URL or ("memory://" if TESTING else "")  # read by config/celery.py, which holds everything else about tasks
LOGGING_CONFIG = "config.logs.configure"
LOGGING = logs.settings(env.LOG_FORMAT, env.LOG_LEVEL)
METRICS_TOKEN = env.METRICS_TOKEN
READY_MAX_LAG_SECONDS = env.READY_MAX_LAG_SECONDS
PROMETHEUS_EXPORT_MIGRATIONS = False  # /readyz answers that, without a query at every start
