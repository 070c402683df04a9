"""Portal addresses of supplychain."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
