"""Portal addresses of analytics: walls, analytics pages, a tenant's day."""

from __future__ import annotations

from django.urls import URLPattern, path

from analytics.views import wall

urlpatterns: list[URLPattern] = [
    path("wall/", wall.walls, name="walls"),
    path("wall/<slug:park_code>/", wall.wall, name="wall"),
]
