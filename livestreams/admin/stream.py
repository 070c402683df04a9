"""Media nodes, what streams through them, and why encoders were let in or refused."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.actors import Actor
from core.doors.admin import (
    CLOSE,
    REOPEN,
    OpenFilter,
    Operation,
    OperationForm,
    ScopedModelAdmin,
    badge,
    style,
)
from core.doors.context import actor_of
from core.policy import ADD, CHANGE
from livestreams import services
from livestreams.choices import LET_IN, FrameLoss, PublishEnd, PublishReason
from livestreams.models import EncoderSample, MediaNode, Publish, PublishDecision

END_COLOURS = {PublishEnd.LOST: "danger", PublishEnd.REFUSED: "warning"}
REASON_COLOURS = {reason: "success" if reason in LET_IN else "danger" for reason in PublishReason}


@admin.register(MediaNode)
class MediaNodeAdmin(ScopedModelAdmin):
    """A node's secret is shown once, when the node is made or gets a new one."""

    writes = frozenset({ADD, CHANGE})
    list_display = ("code", "name_zh", "park", "kind", "address", "closed_on")
    list_filter = ("park", "kind", OpenFilter)
    search_fields = ("code", "name_zh", "name_en", "address")
    fieldsets = (
        (None, {"fields": ("park", "code", ("name_zh", "name_en"), "kind")}),
        (_("Addresses"), {"fields": ("address", "control_url")}),
    )
    autocomplete_fields = ("park",)
    fixed_fields = ("park", "code")
    operations = (
        Operation(
            "secret",
            _("New secret"),
            services.node_secret_renew,
            row="node",
            icon="key",
            question=_("The node shows it from now on; the one before stays good for a day."),
            told=lambda made: _secret_text(made[1]),
        ),
        CLOSE,
        REOPEN,
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What only whoever runs this installation may set is asked of nobody else."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if actor_of(request).unrestricted else [*fixed, "control_url"]

    def create(self, actor: Actor, values: dict[str, Any]) -> MediaNode:
        node, secret = services.node_create(actor=actor, **values)
        node.shown_once = secret  # type: ignore[attr-defined]
        return node

    def update(self, actor: Actor, row: MediaNode, values: dict[str, Any]) -> None:
        services.node_update(actor=actor, node=row, **values)

    def announce(self, request: HttpRequest, row: Any) -> None:
        self.message_user(request, _secret_text(row.shown_once), messages.WARNING)


def _secret_text(secret: str) -> str:
    return _("The node's secret, shown this once: %(secret)s") % {"secret": secret}


class CutForm(OperationForm):
    reason = style(forms.CharField, _("reason"), max_length=200, required=False)


@admin.register(Publish)
class PublishAdmin(ScopedModelAdmin):
    list_display = (
        "booking",
        "started_at",
        "ended_at",
        badge("end", _("how it ended"), END_COLOURS),
        "picture",
        "weak_since",
        "is_test",
        "address",
    )
    list_select_related = ("booking__room",)
    list_filter = ("started_at", "room", "node", "is_test", "end", "booking__tenant")
    search_fields = ("room__code", "room__name_zh", "booking__tenant__code", "address")
    fieldsets = (
        (None, {"fields": ("room", "booking", "session", "is_test")}),
        (_("Encoder"), {"fields": ("node", ("client", "address"), ("kbps", "behind_ms", "weak_since"))}),
        (_("Time"), {"fields": ("started_at", "last_seen_at", "ended_at", "end")}),
        (_("Cut"), {"fields": ("cut_at", "cut_reason", "readmitted_at")}),
    )
    operations = (
        Operation(
            "cut",
            _("Cut the stream"),
            services.publish_cut,
            row="publish",
            form=CutForm,
            icon="cancel_presentation",
            question=_("It goes off the air, and its booking stays off until you let it in again."),
            bulk=True,
            danger=True,
            when=lambda publish: publish.ended_at is None and publish.cut_at is None,
        ),
        Operation(
            "readmit",
            _("Let in again"),
            services.publish_readmit,
            row="publish",
            icon="undo",
            when=lambda publish: publish.cut_at is not None and publish.readmitted_at is None,
        ),
    )

    @display(description=_("picture"), label={"good": "success", "weak": "danger"})
    def picture(self, publish: Publish) -> Any:
        if publish.ended_at is not None or not publish.quality:
            return None
        return publish.quality, f"{publish.kbps or '?'} kbit/s"


@admin.register(PublishDecision)
class PublishDecisionAdmin(ScopedModelAdmin):
    list_display = (
        "at",
        "node",
        "booking",
        "call",
        badge("reason", _("reason"), REASON_COLOURS),
        "detail",
        "key_start",
        "address",
    )
    list_select_related = ("booking__room",)
    list_filter = ("at", "accepted", "reason", "node", "booking__room")
    search_fields = ("booking__tenant__code", "booking__room__code", "key_start", "address")
    fields = (
        ("at", "node"),
        "booking",
        ("call", "app"),
        ("accepted", "reason", "detail"),
        ("key_start", "client", "address"),
    )


@admin.register(EncoderSample)
class EncoderSampleAdmin(ScopedModelAdmin):
    list_display = (
        "at",
        "booking",
        "lost_percent",
        badge("cause", _("lost by"), dict.fromkeys(FrameLoss, "warning")),
        "congestion",
        "dropped",
        "skipped",
        "missed",
    )
    list_select_related = ("booking__room",)
    list_filter = ("at", "cause", "booking__room", "booking__tenant")
    search_fields = ("booking__tenant__code", "booking__room__code")
    fields = (
        ("at", "source"),
        "booking",
        ("lost_percent", "cause"),
        ("sent", "dropped"),
        ("encoded", "skipped"),
        ("rendered", "missed"),
        ("sent_bytes", "congestion", "reconnecting"),
    )
