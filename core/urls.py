"""Portal addresses of the kernel: landing page, log-in, keys."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
