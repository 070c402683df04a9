"""Portal addresses of analytics: walls, analytics pages, a tenant's day."""

from __future__ import annotations

from django.urls import URLPattern, path

from analytics.views import portal, wall
from analytics.views.landing import Landing

urlpatterns: list[URLPattern] = [
    path("", Landing.as_view(), name="landing"),
    path("portal/<slug:tenant>/", portal.Today.as_view(), name="portal-today"),
    path("portal/<slug:tenant>/sessions/", portal.Sessions.as_view(), name="portal-sessions"),
    path("portal/<slug:tenant>/sessions/<uuid:uid>/", portal.SessionDetail.as_view(), name="portal-session"),
    path("wall/", wall.walls, name="walls"),
    path("wall/<slug:park_code>/", wall.wall, name="wall"),
]
