"""Forms of the kernel's portal pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.doors.portal import ScopedForm
from core.services import KEY_SCOPES

KEY_LIFETIMES = (("90", _("90 days")), ("365", _("one year")), ("", _("until it is revoked")))


class ToolKeyForm(ScopedForm):
    """Name, rights and lifetime of a new key."""

    name = forms.CharField(
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
