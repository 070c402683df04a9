"""Forms of the portal: they check shape, the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.doors.formfields import LARGEST, LineField, WholeNumberField
from core.doors.portal import ScopedForm
from tenants.choices import WallVisibility


class FirmForm(ScopedForm):
    """What a firm says of itself and what it lets others see."""

    wall_visibility = forms.ChoiceField(
        label=_("On the big screen in the hall"), choices=WallVisibility, widget=forms.RadioSelect
    )
    shares_orders_with_park = forms.BooleanField(
        label=_("The park's manager and finance officer may read our order lines"), required=False
    )
    name_zh = LineField(label=_("Chinese name"), max_length=200)
    name_en = LineField(label=_("English name"), max_length=200, required=False)
    industry = LineField(label=_("Industry"), max_length=100, required=False)
    headcount = WholeNumberField(
        label=_("Headcount"),
        required=False,
        min_value=0,
        max_value=LARGEST["PositiveIntegerField"],
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    website = forms.URLField(
        label=_("Own website"),
        max_length=200,
        required=False,
        assume_scheme="https",
        help_text=_("For example www.example.com"),
    )
    has_own_brand = forms.BooleanField(label=_("We have a brand of our own"), required=False)
