"""Behind a proxy with TLS. Refuses to start without a secret and without the host names it answers for."""

from __future__ import annotations

from config.env import read
from config.settings.base import *  # noqa: F403
from config.settings.deployed import from_environment

ENVIRONMENT = read(local_secret=None, allowed_hosts=None)
globals().update(from_environment(ENVIRONMENT))

DEBUG = False
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.trusted_proxies else None
# For this name alone: what answers below it may have no certificate, such as a media node's address for players; and a
# name that calls itself ready for the lists built into browsers may be put there by anybody, for years.
SECURE_HSTS_SECONDS = 31_536_000
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
