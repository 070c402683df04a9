"""The field in which people name a zone and shelf."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.doors.admin import style
from supplychain.models import StockMove

LONGEST = StockMove._meta.get_field("zone").max_length
USUAL = _("zone and shelf")
MAIN_PLACE = _("Empty: the main place.")


def zone_field(label: Any = USUAL, **kwargs: Any) -> forms.Field:
    return style(forms.CharField, label, max_length=LONGEST, required=False, **kwargs)
