"""Pages and API of the scaled deployment, under a WSGI server. SSE is served by config.asgi."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
django.setup(set_prefix=False)

from core.doors.requests import PageHandler  # noqa: E402  (models can be imported only after set-up)

application = PageHandler()

# Loading every address takes about a second, and whoever asks first would wait for it: an encoder, after a restart.
import config.urls  # noqa: E402, F401  (models can be imported only after set-up)
