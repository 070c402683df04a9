"""Every address of the site. Event streams (/events/) are served beside Django by config.asgi."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from core.health import HealthView

APPS = ("core", "parks", "tenants", "livestreams", "supplychain", "analytics")
# Those whom tools ask most come first: an address is looked for from the top.
API_APPS = ("livestreams", "supplychain", "core", "tenants", "parks", "analytics")

urlpatterns = [
    path("api/v1/", include([path("", include(f"{app}.api.urls")) for app in API_APPS])),
    path("admin/", admin.site.urls),
    *(path("", include(f"{app}.urls")) for app in APPS),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("health", HealthView.as_view(), name="health"),
]
handler400 = "core.doors.failures.bad_request"
handler403 = "core.doors.failures.forbidden"
handler404 = "core.doors.failures.not_found"
handler500 = "core.doors.failures.server_error"
