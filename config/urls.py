"""Every address of the site. Event streams (/events/) are served beside Django by config.asgi."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

APPS = ("core", "parks", "tenants", "livestreams", "supplychain", "analytics")
API_APPS = ("parks", "livestreams", "supplychain", "analytics")

urlpatterns = [
    *(path("", include(f"{app}.urls")) for app in APPS),
    path("admin/", admin.site.urls),
    path("api/v1/", include([path("", include(f"{app}.api.urls")) for app in API_APPS])),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("i18n/", include("django.conf.urls.i18n")),
]
