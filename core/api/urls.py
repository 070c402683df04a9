"""API addresses of the kernel."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from core.api import views, webhooks

router = SimpleRouter(trailing_slash=False)
router.register("jobs", views.JobViewSet, "api-job")
router.register("webhooks", webhooks.WebhookViewSet, "api-webhook")
router.register("webhook-messages", webhooks.WebhookMessageViewSet, "api-webhook-message")
urlpatterns = [path("me", views.MeViewSet.as_view({"get": "retrieve"}), name="api-me"), *router.urls]
