"""Settings that hold everywhere. What a deployment chooses is added by `deployed.from_environment`."""

from __future__ import annotations

from typing import Any

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

from config.env import BASE_DIR
from config.settings.unfold import ADMIN_MENU, UNFOLD  # noqa: F401  (settings of their own file)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.apps.LiveparkAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_tables2",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "axes",
    "health_check",
    "django_structlog",
    "core",
    "parks",
    "tenants",
    "livestreams",
    "supplychain",
    "analytics",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.middleware.LogMiddleware",
    "core.middleware.RequestContextMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

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
                "csp.context_processors.nonce",
                "core.doors.context.livepark",
            ],
        },
    }
]

# --- who you are -------------------------------------------------------------------------------
AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "portal-login"
LOGIN_REDIRECT_URL = "after-login"
LOGOUT_REDIRECT_URL = "landing"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# The log-in limit lives in the database, so that it holds while the cache is away.
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "core.doors.credentials.address_of"
# Nobody reads a row of each log-in; the audit and the sessions say enough.
AXES_DISABLE_ACCESS_LOG = True
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "429.html"

# --- language and time -------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- files -------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
LIVEPARK_BYTES_PER_BATCH = 8 * 1024 * 1024
LIVEPARK_BYTES_PER_UPLOAD = 512 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = LIVEPARK_BYTES_PER_BATCH + 64 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- headers -----------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# Alpine, which the admin skin is built on, evaluates its attributes; the relaxed policy stays under /admin/.
ADMIN_SCRIPT_SRC = [SELF, UNSAFE_INLINE, UNSAFE_EVAL]

# --- API ---------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.doors.credentials.ToolKeyAuthentication",
        "core.doors.credentials.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.doors.credentials.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.doors.credentials.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "core.doors.paging.Pages",
    "DEFAULT_SCHEMA_CLASS": "core.doors.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["core.doors.credentials.CredentialThrottle"],
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "core.doors.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Calls a minute of one credential, and of one address without any.
LIVEPARK_CALLS_PER_MINUTE = {"credential": 6_000, "anonymous": 120}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Livepark API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "DEFAULT_GENERATOR_CLASS": "core.doors.schema.Generator",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Channel": "supplychain.choices.Channel",
        "PlatformEnum": "tenants.choices.Platform",
        "CashKind": "analytics.choices.CashKind",
        "ResultPart": "analytics.choices.ResultPart",
        "SourceKind": "analytics.choices.SourceKind",
        "NodeKind": "core.choices.NodeKind",
        "SalesKind": "supplychain.choices.SalesKind",
        "BookingState": "livestreams.choices.BookingState",
        "SessionState": "livestreams.choices.SessionState",
        "Delivery": "livestreams.choices.Delivery",
        "ExplainKind": "supplychain.choices.ExplainKind",
        "AgreementKind": "supplychain.choices.AgreementKind",
        "AgreementState": "supplychain.choices.AgreementState",
        "StatementState": "supplychain.choices.StatementState",
        "ReorderState": "supplychain.choices.ReorderState",
        "WorkStep": "supplychain.choices.WorkStep",
        "DueKind": "supplychain.choices.DueKind",
        "CertificateState": "supplychain.choices.CertificateState",
        "CertificateKind": "supplychain.choices.CertificateKind",
        "InboundState": "supplychain.choices.InboundState",
        "SampleState": "supplychain.choices.SampleState",
        "GoodsCondition": "supplychain.choices.GoodsCondition",
        "Condition": "livestreams.choices.Condition",
        "JobState": "core.choices.JobState",
        "PlanState": "livestreams.choices.PlanState",
        "PlanKind": "livestreams.choices.PlanKind",
        "MatchState": "analytics.choices.MatchState",
        "ValueSource": "analytics.choices.ValueSource",
        "ClaimSource": "analytics.choices.ClaimSource",
        "DeliveryFault": "core.choices.DeliveryFault",
        "ShopFault": "supplychain.choices.ShopFault",
        "ShopKind": "supplychain.choices.ShopKind",
        "ShopMessageState": "supplychain.choices.ShopMessageState",
        "ParcelState": "supplychain.choices.ParcelState",
        "ReservationState": "supplychain.choices.ReservationState",
        "EventReach": "analytics.choices.EventReach",
        "EventKind": "parks.choices.EventKind",
        "TenantKind": "tenants.choices.TenantKind",
        "WallVisibility": "tenants.choices.WallVisibility",
        "PublishReason": "livestreams.choices.PublishReason",
        "Verdict": "analytics.choices.Verdict",
        "DeliveryTold": "livestreams.choices.DELIVERIES_TOLD",
        "EngagementKind": "livestreams.choices.EngagementKind",
        "AbsenceKind": "livestreams.choices.AbsenceKind",
        "ShiftRole": "livestreams.choices.ShiftRole",
        "ExchangeState": "livestreams.choices.ExchangeState",
        "EquipmentKind": "livestreams.choices.EquipmentKind",
        "FaultKind": "livestreams.choices.FaultKind",
        "FaultState": "livestreams.choices.FaultState",
        "ObstacleKind": "livestreams.choices.ObstacleKind",
        "RoomState": "livestreams.choices.RoomState",
        "RoomCheckItem": "livestreams.choices.RoomCheckItem",
        "MediaServer": "livestreams.choices.MediaServer",
        "ScreenKind": "livestreams.choices.ScreenKind",
    },
}

# --- tasks: the database is the queue, these messages are a doorbell ------------------------------
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_SOFT_TIME_LIMIT = 300
CELERY_TASK_TIME_LIMIT = 330
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ROUTES = {
    "analytics.tasks.*": {"queue": "rollup"},
    "core.tasks.run_jobs": {"queue": "jobs"},
    # Waits for the systems of others, so workers of its own wait (deploy/start): nothing here is late because of them.
    "core.tasks.send_webhooks": {"queue": "webhooks"},
    "*": {"queue": "default"},
}
CELERY_TASK_DEFAULT_QUEUE = "default"

# --- the rest ----------------------------------------------------------------------------------
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "django_tables2/bootstrap5-responsive.html"
DJANGO_STRUCTLOG_CELERY_ENABLED = False
