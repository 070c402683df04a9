"""Portal addresses of the kernel: log-in, keys, members."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from core.views import portal, webhooks

urlpatterns = [
    path("login/", portal.LogIn.as_view(), name="portal-login"),
    path("logout/", LogoutView.as_view(), name="portal-logout"),
    path("go/", portal.AfterLogIn.as_view(), name="after-login"),
    path("portal/", portal.Portal.as_view(), name="portal"),
    path("portal/<slug:tenant>/more/", portal.More.as_view(), name="portal-more"),
    path("portal/<slug:tenant>/keys/", portal.Keys.as_view(), name="portal-keys"),
    path(
        "portal/<slug:tenant>/keys/<uuid:uid>/revoke/", portal.RevokeKey.as_view(), name="portal-key-revoke"
    ),
    path("portal/<slug:tenant>/webhooks/", webhooks.Webhooks.as_view(), name="portal-webhooks"),
    path("portal/<slug:tenant>/webhooks/<uuid:uid>/", webhooks.Webhook.as_view(), name="portal-webhook"),
    path(
        "portal/<slug:tenant>/webhooks/<uuid:uid>/pause/",
        webhooks.PauseWebhook.as_view(),
        name="portal-webhook-pause",
    ),
    path(
        "portal/<slug:tenant>/webhooks/<uuid:uid>/resume/",
        webhooks.ResumeWebhook.as_view(),
        name="portal-webhook-resume",
    ),
    path(
        "portal/<slug:tenant>/webhooks/<uuid:uid>/try/",
        webhooks.TryWebhook.as_view(),
        name="portal-webhook-try",
    ),
    path(
        "portal/<slug:tenant>/webhooks/<uuid:uid>/secret/",
        webhooks.RenewWebhookSecret.as_view(),
        name="portal-webhook-secret",
    ),
    path(
        "portal/<slug:tenant>/webhook-messages/<uuid:uid>/again/",
        webhooks.SendAgain.as_view(),
        name="portal-webhook-message-again",
    ),
    path("portal/<slug:tenant>/members/", portal.Members.as_view(), name="portal-members"),
    path(
        "portal/<slug:tenant>/members/<int:number>/end/",
        portal.EndMembership.as_view(),
        name="portal-member-end",
    ),
    path("portal/<slug:tenant>/who-sees/<slug:what>/", portal.WhoSees.as_view(), name="portal-who-sees"),
]
