"""Charges in the API: what a firm owes its park, and how each was computed."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import InstantField, MoneyField
from tenants.choices import ChargeKind
from tenants.models import Charge

READ = ("figures:read",)


class ChargeSerializer(serializers.ModelSerializer[Charge]):
    """An amount for a month (its first day), in CNY; below zero it takes an earlier one back."""

    tenant = serializers.CharField(source="tenant.code")
    park = serializers.CharField(source="park.code")
    kind = serializers.ChoiceField(choices=ChargeKind.choices)
    amount = MoneyField()
    explanation = serializers.DictField(help_text=_("How it was computed; its keys follow from the source."))
    created_at = InstantField()

    class Meta:
        model = Charge
        fields = [
            "uid",
            "tenant",
            "park",
            "kind",
            "period",
            "amount",
            "source",
            "source_id",
            "explanation",
            "created_at",
        ]


class ChargeFilter(django_filters.FilterSet):
    """Charges by month and kind."""

    period = django_filters.DateFilter("period", label=_("Month (its first day)"))
    kind = django_filters.ChoiceFilter(choices=ChargeKind, label=_("Kind"), empty_label=_("all"))


class ChargeViewSet(ReadOnlyScopedViewSet):
    """What one is charged, or what one's park charges, the latest first."""

    model = Charge
    serializer_class = ChargeSerializer
    filterset_class = ChargeFilter
    permissions = {"list": Needs("view", READ), "retrieve": Needs("view", READ)}

    def base_queryset(self) -> QuerySet[Charge]:
        return Charge.objects.select_related("tenant", "park").order_by("-period", "-pk")
