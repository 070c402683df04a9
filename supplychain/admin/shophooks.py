"""Connections to shops and what came over them. A secret that was made is shown once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from core.actors import Actor
from core.doors.admin import Operation, ScopedModelAdmin, ServiceForm, badge
from core.doors.admin.forms import OperationForm, style
from core.policy import ADD, CHANGE
from supplychain import services
from supplychain.choices import ShopMessageState
from supplychain.models import ShopHook, ShopMessage


def told(secret: str) -> str:
    if not secret:
        return str(_("The secret is kept."))
    return str(_("The secret, shown this once: %(secret)s") % {"secret": secret})


def secret_field() -> forms.CharField:
    return forms.CharField(
        label=_("secret"),
        required=False,
        max_length=128,
        widget=UnfoldAdminPasswordWidget,
        help_text=_(
            "App secret; of a WeChat shop the token. For Standard Webhooks one is made if this is empty."
        ),
    )


def aes_key_field() -> forms.CharField:
    return forms.CharField(
        label=_("EncodingAESKey"),
        required=False,
        max_length=43,
        widget=UnfoldAdminPasswordWidget,
        help_text=_("Only of a WeChat shop: 43 letters and digits."),
    )


class ShopHookAddForm(ServiceForm):
    secret = secret_field()
    aes_key = aes_key_field()


class SecretForm(OperationForm):
    secret = secret_field()
    aes_key = aes_key_field()


class NoteForm(OperationForm):
    note = style(forms.CharField, _("reason"), max_length=300)


@admin.register(ShopHook)
class ShopHookAdmin(ScopedModelAdmin):
    writes = frozenset({ADD, CHANGE})
    add_form = ShopHookAddForm
    list_display = (
        "name",
        "tenant",
        "kind",
        "source",
        "last_heard_at",
        "refused",
        "revoked_at",
    )
    list_filter = ("kind", "tenant", "revoked_at")
    list_select_related = ("tenant", "refusals")
    search_fields = ("name", "shop_id", "app_key", "tenant__code")
    fields = (
        ("tenant", "kind"),
        "name",
        ("source", "shop_id", "app_key"),
        "uid",
        "before_until",
        "last_heard_at",
        "refused",
        "revoked_at",
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("tenant", "name", "kind", "app_key", "secret", "aes_key", "shop_id", "source")},
        ),
    )
    fixed_fields = ("tenant", "kind", "source", "app_key")
    readonly_fields = (
        "uid",
        "before_until",
        "last_heard_at",
        "refused",
        "revoked_at",
    )
    autocomplete_fields = ("tenant",)
    operations = (
        Operation(
            "secret",
            _("New secret"),
            services.shop_hook_renew,
            row="hook",
            form=SecretForm,
            icon="key",
            question=_("The old secret is good for a day more: change it in the shop until then."),
            when=lambda hook: hook.revoked_at is None,
            told=lambda made: told(made[1]),
        ),
        Operation(
            "revoke",
            _("Revoke"),
            services.shop_hook_revoke,
            row="hook",
            icon="block",
            question=_("Nothing more is heard over it, for ever. What came stays."),
            danger=True,
            when=lambda hook: hook.revoked_at is None,
        ),
    )

    @admin.display(description=_("refused"))
    def refused(self, hook: ShopHook) -> str:
        """How many calls, and why the last one."""
        found = hook.refusals
        return f"{found.refused} · {found.get_reason_display()}" if found.refused else "0"

    def create(self, actor: Actor, values: dict[str, Any]) -> ShopHook:
        hook, secret = services.shop_hook_create(actor=actor, **values)
        hook.shown_once = secret  # type: ignore[attr-defined]
        return hook

    def update(self, actor: Actor, row: Any, values: dict[str, Any]) -> None:
        services.shop_hook_update(actor=actor, hook=row, **values)

    def announce(self, request: HttpRequest, row: Any) -> None:
        self.message_user(request, told(row.shown_once), messages.WARNING)


@admin.register(ShopMessage)
class ShopMessageAdmin(ScopedModelAdmin):
    list_display = (
        "created_at",
        "hook",
        "event",
        badge(
            "state",
            _("state"),
            {
                ShopMessageState.STORED: "success",
                ShopMessageState.NEWS: "info",
                ShopMessageState.WAITING: "warning",
                ShopMessageState.DEAD: "danger",
            },
        ),
        "order_no",
        "news",
        "stored",
        "known",
        "fault",
        "tries",
    )
    list_filter = ("state", "fault", "hook", "created_at")
    list_select_related = ("hook__tenant",)
    search_fields = ("order_no", "message_id", "event", "hook__name")
    ordering = ("-id",)
    fields = (
        "uid",
        "hook",
        ("message_id", "event", "shop_id"),
        ("state", "news", "order_no"),
        ("stored", "known"),
        ("fault", "tries"),
        "detail",
        "note",
        ("sent_at", "created_at", "read_at"),
        "body",
        "dropped",
    )
    readonly_fields = ("uid",)
    operations = (
        Operation(
            "again",
            _("Read again"),
            services.shop_message_replay,
            row="message",
            icon="replay",
            question=_("Mend the cause first: a rate, the shop id, the lines in the shop."),
            done=_("It is read again within seconds."),
            bulk=True,
            when=lambda message: message.state == ShopMessageState.DEAD,
        ),
        # Not of a whole selection: what somebody set aside would lose the reason.
        Operation(
            "reopen",
            _("Read again"),
            services.shop_message_replay,
            row="message",
            icon="replay",
            question=_("It was set aside: from now on the reason stands in the audit log alone."),
            done=_("It is read again within seconds."),
            when=lambda message: message.state == ShopMessageState.CLOSED,
        ),
        Operation(
            "close",
            _("Set aside"),
            services.shop_message_close,
            row="message",
            form=NoteForm,
            icon="inventory_2",
            question=_("It stays with what it said and the reason, and waits for nobody any more."),
            when=lambda message: message.state == ShopMessageState.DEAD,
        ),
    )
