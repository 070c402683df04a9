"""Receivers of webhooks and their messages. A secret is shown once: when it is made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.actors import Actor
from core.choices import WEBHOOK_EVENTS, DeliveryState, WebhookState
from core.doors.admin import Operation, ScopedModelAdmin, ServiceForm, badge
from core.models import WebhookDelivery, WebhookEndpoint
from core.policy import ADD, CHANGE
from core.webhooks import endpoints


def told(secret: str) -> str:
    return str(_("The secret, shown this once: %(secret)s") % {"secret": secret})


class WebhookEndpointForm(ServiceForm):
    events = forms.MultipleChoiceField(
        label=_("told of"), choices=WEBHOOK_EVENTS, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ScopedModelAdmin):
    writes = frozenset({ADD, CHANGE})
    form = WebhookEndpointForm
    list_display = (
        "name",
        "node",
        badge(
            "state",
            _("state"),
            {WebhookState.ACTIVE: "success", WebhookState.PAUSED: "info", WebhookState.DISABLED: "danger"},
        ),
        "failing_since",
        "fault",
        "last_delivered_at",
    )
    list_filter = ("state", "node", "failing_since")
    search_fields = ("name", "url", "node__code", "node__name_zh")
    fields = (
        "node",
        "name",
        "url",
        "events",
        "low_stock",
        "state",
        ("failing_since", "fault"),
        "last_delivered_at",
    )
    add_fieldsets = ((None, {"fields": ("node", "name", "url", "events", "low_stock")}),)
    fixed_fields = ("node",)
    readonly_fields = ("state", "failing_since", "fault", "last_delivered_at")
    autocomplete_fields = ("node",)
    operations = (
        Operation(
            "try",
            _("Try it"),
            endpoints.webhook_try,
            row="endpoint",
            icon="send",
            done=_("A message to try it is on its way."),
            when=lambda endpoint: endpoint.state == WebhookState.ACTIVE,
        ),
        Operation(
            "pause",
            _("Pause"),
            endpoints.webhook_pause,
            row="endpoint",
            icon="pause",
            question=_("What happens meanwhile is not told later."),
            bulk=True,
            when=lambda endpoint: endpoint.state == WebhookState.ACTIVE,
        ),
        Operation(
            "resume",
            _("Resume"),
            endpoints.webhook_resume,
            row="endpoint",
            icon="play_arrow",
            bulk=True,
            when=lambda endpoint: endpoint.state != WebhookState.ACTIVE,
        ),
        Operation(
            "secret",
            _("New secret"),
            endpoints.webhook_renew_secret,
            row="endpoint",
            icon="key",
            question=_("From the next message on the old secret signs nothing."),
            danger=True,
            told=lambda made: told(made[1]),
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> WebhookEndpoint:
        endpoint, secret = endpoints.webhook_create(actor=actor, **values)
        endpoint.shown_once = secret  # type: ignore[attr-defined]
        return endpoint

    def update(self, actor: Actor, row: Any, values: dict[str, Any]) -> None:
        endpoints.webhook_update(actor=actor, endpoint=row, **values)

    def announce(self, request: HttpRequest, row: Any) -> None:
        self.message_user(request, told(row.shown_once), messages.WARNING)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ScopedModelAdmin):
    list_display = (
        "created_at",
        "endpoint",
        "event",
        badge(
            "state",
            _("state"),
            {
                DeliveryState.DELIVERED: "success",
                DeliveryState.WAITING: "warning",
                DeliveryState.DEAD: "danger",
            },
        ),
        "attempts",
        "status",
        "fault",
        "next_try_at",
    )
    list_filter = ("state", "event", "endpoint", "created_at")
    list_select_related = ("endpoint__node",)
    search_fields = ("body", "endpoint__name")
    ordering = ("-id",)
    fields = (
        "uid",
        "endpoint",
        "event",
        "state",
        ("attempts", "status", "fault"),
        ("last_try_at", "next_try_at", "delivered_at"),
        "body",
    )
    readonly_fields = ("uid",)
    operations = (
        Operation(
            "again",
            _("Send again"),
            endpoints.delivery_again,
            row="delivery",
            icon="replay",
            question=_("It goes out with the same id: a receiver that has taken it takes it no second time."),
            bulk=True,
        ),
    )
