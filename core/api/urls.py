"""API addresses of the kernel."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from core.api import views

router = SimpleRouter(trailing_slash=False)
router.register("jobs", views.JobViewSet, "api-job")
urlpatterns = [path("me", views.MeViewSet.as_view({"get": "retrieve"}), name="api-me"), *router.urls]
