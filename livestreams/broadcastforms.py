"""The form of a booking's way to its platform: it checks shape, the service decides."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.doors.portal import ScopedForm
from livestreams.choices import DELIVERIES_TOLD
from tenants.choices import Platform


class BroadcastForm(ScopedForm):
    """What the tenant knows of its platform. The key is never shown again: an empty field keeps the one before."""

    route = forms.ChoiceField(
        label=_("Way of the picture"), choices=DELIVERIES_TOLD, widget=forms.RadioSelect
    )
    platform = forms.ChoiceField(label=_("Platform"), choices=Platform)
    server = forms.CharField(
        label=_("Platform's server"),
        max_length=200,
        required=False,
        help_text=_(
            "From the platform's back office, for example rtmp://push.platform.example/live. "
            "Empty: the park hands the picture on to nobody."
        ),
    )
    key = forms.CharField(
        label=_("Platform's stream key"),
        max_length=800,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted and shown to nobody, you included. Empty: the one before stays."),
    )
