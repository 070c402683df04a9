"""Connections to shops."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.doors.formfields import LineField
from core.doors.portal import ScopedForm
from supplychain.choices import ShopKind


class ShopSecretForm(ScopedForm):
    """What a shop signs its messages with."""

    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "App secret; of a WeChat shop the token. For Standard Webhooks one is made if this is empty."
        ),
    )
    aes_key = forms.CharField(
        label=_("EncodingAESKey"),
        required=False,
        max_length=43,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Only of a WeChat shop: 43 letters and digits."),
    )


class ShopChangeForm(ScopedForm):
    """A connection's name, and whose messages are read."""

    name = LineField(
        label=_("Name of the shop"),
        max_length=100,
        help_text=_("For example: our ERP, the Douyin flagship store"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shop_id = LineField(
        label=_("Shop id"),
        max_length=40,
        required=False,
        help_text=_("If one app serves several shops: messages of others are not read."),
    )


class ShopForm(ShopChangeForm, ShopSecretForm):
    """A shop that is to tell of its orders."""

    kind = forms.ChoiceField(label=_("Shop system"), choices=ShopKind)
    source = LineField(
        label=_("Source"),
        max_length=32,
        required=False,
        help_text=_(
            "Only for Standard Webhooks: api, or the source of the files in which the same orders come, such as douyin."
        ),
    )
    app_key = LineField(
        label=_("App key"),
        max_length=64,
        required=False,
        help_text=_("For platforms; of a WeChat shop its AppID."),
    )
    field_order = ("name", "kind", "app_key", "secret", "aes_key", "shop_id", "source")
