"""Portal addresses of the kernel: log-in, keys, members."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from core import views, webhookviews

urlpatterns = [
    path("login/", views.LogIn.as_view(), name="portal-login"),
    path("logout/", LogoutView.as_view(), name="portal-logout"),
    path("go/", views.AfterLogIn.as_view(), name="after-login"),
    path("portal/", views.Portal.as_view(), name="portal"),
    path("portal/<slug:tenant>/more/", views.More.as_view(), name="portal-more"),
    path("portal/<slug:tenant>/keys/", views.Keys.as_view(), name="portal-keys"),
    path("portal/<slug:tenant>/keys/<uuid:uid>/revoke/", views.RevokeKey.as_view(), name="portal-key-revoke"),
    path("portal/<slug:tenant>/webhooks/", webhookviews.Webhooks.as_view(), name="portal-webhooks"),
    path("portal/<slug:tenant>/webhooks/<uuid:uid>/", webhookviews.Webhook.as_view(), name="portal-webhook"),
    path(
        "portal/<slug:tenant>/webhooks/<uuid:uid>/pause/",
        webhookviews.PauseWebhook.as_view(),
        name="portal-webhook-pause",
    ),
    path(
        "portal/<slug:tenant>/webhooks/<uuid:uid>/resume/",
        webhookviews.ResumeWebhook.as_view(),
        name="portal-webhook-resume",
    ),
    path(
        "portal/<slug:tenant>/webhooks/<uuid:uid>/try/",
        webhookviews.TryWebhook.as_view(),
        name="portal-webhook-try",
    ),
    path(
        "portal/<slug:tenant>/webhooks/<uuid:uid>/secret/",
        webhookviews.RenewWebhookSecret.as_view(),
        name="portal-webhook-secret",
    ),
    path(
        "portal/<slug:tenant>/webhook-messages/<uuid:uid>/again/",
        webhookviews.SendAgain.as_view(),
        name="portal-webhook-message-again",
    ),
    path("portal/<slug:tenant>/members/", views.Members.as_view(), name="portal-members"),
    path(
        "portal/<slug:tenant>/members/<int:number>/end/",
        views.EndMembership.as_view(),
        name="portal-member-end",
    ),
    path("portal/<slug:tenant>/who-sees/<slug:what>/", views.WhoSees.as_view(), name="portal-who-sees"),
]
