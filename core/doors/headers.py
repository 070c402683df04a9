"""Response headers that differ between doors."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def relax_for_admin(request: HttpRequest, response: HttpResponse) -> None:
    """The admin skin evaluates attributes in the browser: only pages under /admin/ may."""
    if request.path.startswith("/admin/"):
        response._csp_update = {"script-src": settings.ADMIN_SCRIPT_SRC}  # type: ignore[attr-defined]


def name_api_version(request: HttpRequest, response: HttpResponse) -> None:
    """Every answer of the API says by which version it was given."""
    if request.path.startswith("/api/"):
        response["Livepark-API-Version"] = settings.SPECTACULAR_SETTINGS["VERSION"]
