"""What platforms settled in the API, to be read."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import InstantField, MoneyField
from core.doors.filters import FromDay, UntilDay
from supplychain.choices import PayoutKind
from supplychain.models import PayoutEntry
from tenants.choices import Platform

READ = Needs("view", ("figures:read",))


class PayoutEntrySerializer(serializers.ModelSerializer[PayoutEntry]):
    """A signed amount of a row of a platform's settlement. Those of a row add up to the one that is `settled`."""

    tenant = serializers.CharField(source="tenant.code")
    platform = serializers.ChoiceField(choices=Platform.choices)
    kind = serializers.ChoiceField(choices=PayoutKind.choices)
    amount = MoneyField()
    occurred_at = InstantField()
    ordered_at = InstantField(allow_null=True)

    class Meta:
        model = PayoutEntry
        fields = [
            "uid",
            "tenant",
            "platform",
            "kind",
            "order_no",
            "line_no",
            "amount",
            "occurred_at",
            "business_day",
            "ordered_at",
            "account",
            "external_id",
        ]


class PayoutEntryFilter(django_filters.FilterSet):
    """Entries by day of settlement, order, platform and kind."""

    tenant = django_filters.CharFilter("tenant__code", label=_("Tenant"), max_length=64)
    since = FromDay("occurred_at", label=_("From"))
    until = UntilDay("occurred_at", label=_("Until"))
    order_no = django_filters.CharFilter("order_no", label=_("Order number"), max_length=64)
    platform = django_filters.ChoiceFilter(choices=Platform, label=_("Platform"), empty_label=_("all"))
    kind = django_filters.ChoiceFilter(choices=PayoutKind, label=_("Kind"), empty_label=_("all"))


class PayoutEntryViewSet(ReadOnlyScopedViewSet):
    """What platforms say that became of the money of orders, the latest first."""

    model = PayoutEntry
    serializer_class = PayoutEntrySerializer
    filterset_class = PayoutEntryFilter
    permissions = {"list": READ, "retrieve": READ}

    def base_queryset(self) -> QuerySet[PayoutEntry]:
        return PayoutEntry.objects.standing().select_related("tenant").order_by("-occurred_at", "-pk")
