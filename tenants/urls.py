"""Portal addresses of tenants."""

from __future__ import annotations

from django.urls import path

from tenants.views import Firm

urlpatterns = [path("portal/<slug:tenant>/firm/", Firm.as_view(), name="portal-firm")]
