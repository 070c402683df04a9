"""Closed months of firms in the API: as closed, as they are now, and what of the difference is still open."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request

from analytics.closing import standings
from analytics.models import PeriodClose
from analytics.services import period_close
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import DayField, MoneyField, ScopedRelatedField, StrictSerializer
from tenants.models import Tenant


class ClosesSerializer(serializers.ListSerializer[PeriodClose]):
    """Adds to the rows of a page how each stands, read at once."""

    def to_representation(self, data: Any) -> Any:
        rows = list(data)
        found = standings({row.tenant_id for row in rows})
        for row in rows:
            row.stands = found[row.tenant_id, row.month]
        return super().to_representation(rows)


class PeriodCloseSerializer(serializers.ModelSerializer[PeriodClose]):
    """`verified_net` as it was closed, `live` as it is now; of the difference later closes have `carried` a part, and
    `open` the next one carries. `lines_hash` is over the lines it was counted from."""

    tenant = serializers.CharField(source="tenant.code")
    verified_net = MoneyField()
    live = MoneyField(source="stands.live")
    carried = MoneyField(source="stands.carried")
    open = MoneyField(source="stands.open")

    class Meta:
        model = PeriodClose
        list_serializer_class = ClosesSerializer
        fields = [
            "tenant",
            "month",
            "published_on",
            "lines",
            "lines_hash",
            "verified_net",
            "live",
            "carried",
            "open",
        ]

    def to_representation(self, instance: PeriodClose) -> dict[str, Any]:
        if not hasattr(instance, "stands"):
            instance.stands = standings({instance.tenant_id})[instance.tenant_id, instance.month]  # type: ignore[attr-defined]
        return super().to_representation(instance)


class PeriodCloseFilter(django_filters.FilterSet):
    """Closed months by firm and month."""

    tenant = django_filters.CharFilter("tenant__code", label=_("Tenant"), max_length=64)
    month = django_filters.DateFilter(label=_("Month"))


class PeriodCloseInput(StrictSerializer):
    tenant = ScopedRelatedField(model=Tenant)
    month = DayField(help_text=_("The first day of a month that is over."))


class PeriodCloseViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Closed months of firms, the latest first. None is changed again: later facts restate the month as it is now."""

    model = PeriodClose
    serializer_class = PeriodCloseSerializer
    filterset_class = PeriodCloseFilter
    permissions = {"list": Needs("view"), "create": Needs("add")}
    inputs = {"create": PeriodCloseInput}

    def base_queryset(self) -> QuerySet[PeriodClose]:
        return PeriodClose.objects.select_related("tenant").order_by("-month", "-pk")

    @extend_schema(request=PeriodCloseInput, responses={201: PeriodCloseSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Close a month; what has changed in months closed before is carried along."""
        return self.answer(lambda: period_close(actor=self.actor, **self.read()), 201)
