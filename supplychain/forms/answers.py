"""What a reference that is not resolved means, and how long a session is still given sales."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.clock import local, today
from core.days import open_on
from core.doors.portal import ScopedChoiceField, ScopedForm
from livestreams.models import LiveSession
from supplychain.choices import TailWindow
from supplychain.models import Sku

RECENT_SESSIONS = 100


class SessionChoiceField(ScopedChoiceField):
    """Live sessions as people speak of them: when, where, what."""

    def label_from_instance(self, obj: Any) -> str:
        when = f"{local(obj.started_at):%m-%d %H:%M}" if obj.started_at else ""
        return " · ".join(filter(None, [when, obj.title or obj.get_platform_display(), obj.platform_live_id]))


class AnswerForm(ScopedForm):
    """What an unresolved reference means: something of ours, or nothing at all."""

    target: Any
    nothing = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and bool(values.get("target")) is bool(values.get("nothing")):
            raise ValidationError(_("Choose one answer."), code="required")
        return values


class SessionAnswerForm(AnswerForm):
    """The session that a reference names."""

    target = SessionChoiceField(LiveSession, label=_("This session"), required=False)
    nothing = forms.BooleanField(
        label=_("No session of the park (shop, outside host, another place)"), required=False
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        recent = queryset.filter(tenant=self.tenant, started_at__isnull=False).order_by("-started_at", "-id")
        return queryset.filter(pk__in=recent.values("pk")[:RECENT_SESSIONS]).order_by("-started_at", "-id")


class WindowForm(ScopedForm):
    """How long after its end a session may still be given what its account sells."""

    window_hours = forms.TypedChoiceField(label=_("Window"), choices=TailWindow, coerce=int)


class SkuAnswerForm(AnswerForm):
    """The SKU that a code of a platform means."""

    target = ScopedChoiceField(
        Sku,
        to_field="code",
        label=_("This SKU"),
        required=False,
        widget=forms.TextInput(attrs={"list": "skus", "autocomplete": "off"}),
    )
    nothing = forms.BooleanField(label=_("No SKU of ours (gift, service, sample)"), required=False)

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(open_on(today()), tenant=self.tenant)
