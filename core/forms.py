"""Forms of the kernel's portal pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from core.choices import TENANT_ROLES, WEBHOOK_EVENTS, Role
from core.doors.formfields import LineField, WholeNumberField
from core.doors.portal import ScopedForm
from core.models import User
from core.models.webhooks import LOW_STOCK
from core.services import KEY_SCOPES

KEY_LIFETIMES = (("90", _("90 days")), ("365", _("one year")), ("", _("until it is revoked")))


class ToolKeyForm(ScopedForm):
    """Name, rights and lifetime of a new key."""

    name = LineField(
        label=_("Name of the tool"),
        max_length=100,
        help_text=_("For example: Douyin order export, encoder of room 3"),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=lambda: list(KEY_SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"), choices=KEY_LIFETIMES, coerce=int, empty_value=None, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "off"


class MemberForm(ScopedForm):
    """Who joins the firm, in which role: somebody with a log-in, or somebody who gets one here."""

    username = LineField(
        label=_("User name"),
        max_length=150,
        validators=[User.username_validator],
        help_text=_("To log in with"),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=[(role, role.label) for role in (*TENANT_ROLES, Role.HOST)]
    )
    display_name = LineField(label=_("Name"), max_length=100, required=False)
    password = forms.CharField(
        label=_("First password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput,
        validators=[validate_password],
        help_text=_("Only for somebody who has no log-in yet."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["autocomplete"] = "off"
        self.fields["password"].widget.attrs["autocomplete"] = "new-password"


class WebhookForm(ScopedForm):
    """A receiver: its name, its address, and what it is told of."""

    name = LineField(
        label=_("Name of the receiver"), max_length=100, help_text=_("For example: our ERP, the group's bot")
    )
    url = LineField(
        label=_("Address"),
        max_length=500,
        help_text=_("As the receiver shows it: https://erp.example.com/livepark"),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "off", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Told of"), choices=WEBHOOK_EVENTS, widget=forms.CheckboxSelectMultiple
    )
    low_stock = WholeNumberField(
        label=_("Low stock from"),
        initial=LOW_STOCK,
        help_text=_("So many pieces available, or fewer, are a low stock."),
    )
