"""Portal addresses of livestreams."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
