"""Portal addresses of analytics: walls, analytics pages, a tenant's day."""

from __future__ import annotations

from django.urls import URLPattern, path

from analytics.views import wall
from analytics.views.landing import Landing

urlpatterns: list[URLPattern] = [
    path("", Landing.as_view(), name="landing"),
    path("wall/", wall.walls, name="walls"),
    path("wall/<slug:park_code>/", wall.wall, name="wall"),
]
