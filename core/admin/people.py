"""People and their rights: log-ins, memberships, tool keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from core import services
from core.actors import Actor
from core.choices import PARK_ROLES, ROLE_NODE_KIND, Role
from core.doors.admin import (
    BusinessDayFilter,
    Operation,
    OperationForm,
    RecordAdmin,
    ScopedModelAdmin,
    ServiceForm,
    ShownInline,
    style,
)
from core.models import Membership, ScopeNode, ToolKey, User
from core.policy import ADD


@admin.register(ScopeNode)
class ScopeNodeAdmin(ScopedModelAdmin):
    list_display = ("code", "name_zh", "name_en", "kind", "parent")
    list_filter = ("kind", "parent")
    search_fields = ("code", "name_zh", "name_en")
    ordering = ("path",)
    fields = ("kind", "code", "name_zh", "name_en", "parent")


class MembershipInline(ShownInline):
    model = Membership
    fields = ("role", "node", "created_at", "ended_at")


def _password(label: Any, **kwargs: Any) -> forms.Field:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
    return style(forms.CharField, label, widget=widget, strip=False, **kwargs)


class UserAddForm(ServiceForm):
    password = _password(_("password"), validators=[validate_password])


class PasswordForm(OperationForm):
    password = _password(_("new password"), validators=[validate_password])


@admin.register(User)
class UserAdmin(RecordAdmin):
    """A log-in. Its password is set, never shown, not even as a hash."""

    list_display = ("username", "display_name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "last_login")
    search_fields = ("username", "display_name")
    ordering = ("username",)
    fields = (
        ("username", "display_name"),
        ("email", "language"),
        ("is_active", "is_superuser"),
        "last_login",
    )
    add_form = UserAddForm
    add_fieldsets = ((None, {"fields": ("username", "display_name", "password")}),)
    fixed_fields = ("username", "is_superuser", "last_login")
    inlines = (MembershipInline,)
    operations = (
        Operation(
            "password",
            _("Set a new password"),
            services.password_set,
            row="user",
            form=PasswordForm,
            icon="lock_reset",
            question=_("Every session of this person ends."),
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> User:
        return services.user_create(actor=actor, **values)


class MembershipAddForm(ServiceForm):
    """A role for a log-in that exists, or for a new one when a password is given."""

    username = style(forms.CharField, _("user name"), max_length=150)
    password = _password(
        _("first password"), required=False, help_text=_("Only for somebody who has no log-in yet.")
    )
    display_name = style(forms.CharField, _("display name"), max_length=100, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = ROLE_NODE_KIND if self.actor.unrestricted else (*PARK_ROLES, Role.TENANT_OWNER)
        self.fields["role"].choices = [("", ""), *((role, Role(role).label) for role in offered)]  # type: ignore[attr-defined]
        self.fields["role"].help_text = _(
            "A park names the first owner of a firm; everybody else there is added by the owner, in the portal."
        )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password)
        return password


@admin.register(Membership)
class MembershipAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("user", "role", "node", "created_at", "ended_at")
    list_filter = ("role", "node", ("ended_at", BusinessDayFilter))
    search_fields = ("user__username", "user__display_name", "node__code", "node__name_zh")
    fields = ("user", "role", "node", "created_at", "ended_at")
    add_form = MembershipAddForm
    add_fieldsets = (
        (None, {"fields": ("role", "node")}),
        (_("Who"), {"fields": ("username", "display_name", "password")}),
    )
    autocomplete_fields = ("node",)
    operations = (
        Operation(
            "end",
            _("End the role"),
            services.membership_end,
            row="membership",
            icon="person_remove",
            question=_("It holds no longer from the next page on."),
            danger=True,
            bulk=True,
            when=lambda membership: membership.ended_at is None,
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Membership:
        return services.member_add(actor=actor, **values)


class ToolKeyAddForm(ServiceForm):
    scopes = forms.MultipleChoiceField(
        label=_("what it may do"),
        choices=list(services.KEY_SCOPES.items()),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(ToolKey)
class ToolKeyAdmin(ScopedModelAdmin):
    """Keys of tools. The secret is shown once, when the key is made; afterwards nobody can read it."""

    writes = frozenset({ADD})
    list_display = ("name", "node", "prefix", "state", "expires_at", "last_used_at")
    list_filter = ("node", "last_used_at", "revoked_at")
    search_fields = ("name", "prefix", "node__code", "node__name_zh")
    fields = (
        "node",
        "name",
        "prefix",
        "scopes",
        "rooms",
        "expires_at",
        "revoked_at",
        "last_used_at",
        "created_by",
    )
    add_form = ToolKeyAddForm
    add_fieldsets = ((None, {"fields": ("node", "name", "scopes", "rooms", "expires_at")}),)
    autocomplete_fields = ("node",)
    operations = (
        Operation(
            "revoke",
            _("Revoke"),
            lambda *, actor, key: services.tool_key_revoke(actor=actor, uid=key.uid),
            row="key",
            icon="key_off",
            question=_("The next request with this key is refused."),
            danger=True,
            when=lambda key: key.revoked_at is None,
        ),
    )

    @display(description=_("state"), label={"live": "success", "revoked": "danger"})
    def state(self, key: ToolKey) -> tuple[str, Any]:
        return ("revoked", _("revoked")) if key.revoked_at else ("live", _("live"))

    def create(self, actor: Actor, values: dict[str, Any]) -> ToolKey:
        key, secret = services.tool_key_create(actor=actor, **values)
        key.shown_once = secret  # type: ignore[attr-defined]
        return key

    def announce(self, request: HttpRequest, row: Any) -> None:
        text = _("The key, shown this once: %(secret)s") % {"secret": row.shown_once}
        self.message_user(request, text, messages.WARNING)
