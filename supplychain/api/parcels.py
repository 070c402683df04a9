"""Parcels in the API: what left, by which carrier, with the lines that the caller may see."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import ChoiceField, InstantField, LineField, Nothing, StrictSerializer
from core.scoping import visible_to
from supplychain import services
from supplychain.api.stock import WORK
from supplychain.api.waves import SEE_LINES
from supplychain.choices import Carrier, ParcelState, ReservationState
from supplychain.models import Parcel, Reservation, Wave


class ParcelLineSerializer(serializers.ModelSerializer[Reservation]):
    """Pieces of one SKU of one owner."""

    owner = serializers.CharField(source="owner.code")
    sku = serializers.CharField(source="sku.code")
    state = serializers.ChoiceField(choices=ReservationState.choices)

    class Meta:
        model = Reservation
        fields = ["uid", "owner", "sku", "quantity", "packed", "state"]


class ParcelSerializer(serializers.ModelSerializer[Parcel]):
    """One order of a seller as it leaves a warehouse; of its lines those that the caller sold or owns."""

    warehouse = serializers.CharField(source="warehouse.code")
    seller = serializers.CharField(source="seller.code")
    state = serializers.ChoiceField(choices=ParcelState.choices)
    carrier = serializers.ChoiceField(choices=[("", ""), *Carrier.choices])
    dispatched_at = InstantField(allow_null=True)
    lines = ParcelLineSerializer(many=True, source="seen_lines")

    class Meta:
        model = Parcel
        fields = [
            "uid",
            "warehouse",
            "seller",
            "source",
            "order_no",
            "state",
            "carrier",
            "tracking_no",
            "dispatched_at",
            "lines",
        ]


class ScanInput(StrictSerializer):
    """The code of a SKU, as a scanner reads it."""

    code = LineField()


class DispatchInput(StrictSerializer):
    carrier = ChoiceField(choices=Carrier.choices)
    tracking_no = LineField(max_length=64)


class ParcelFilter(django_filters.FilterSet):
    """Parcels by order and its source, tracking number, warehouse, wave and state."""

    source = django_filters.CharFilter("source", label=_("Source"), max_length=32)
    order_no = django_filters.CharFilter("order_no", label=_("Order number"), max_length=64)
    tracking_no = django_filters.CharFilter("tracking_no", label=_("Tracking number"), max_length=64)
    warehouse = django_filters.CharFilter("warehouse__code", label=_("Warehouse"), max_length=64)
    wave = django_filters.UUIDFilter("wave__uid", label=_("Wave"))
    state = django_filters.ChoiceFilter(choices=ParcelState, label=_("State"), empty_label=_("all"))


class ParcelViewSet(ReadOnlyScopedViewSet):
    """Parcels of the orders that one sold, or that hold one's goods, the latest first."""

    model = Parcel
    serializer_class = ParcelSerializer
    filterset_class = ParcelFilter
    permissions = {
        **dict.fromkeys(("list", "retrieve"), Needs("view", SEE_LINES)),
        **dict.fromkeys(("scan", "empty", "dispatch_parcel"), Needs("change", WORK, model=Wave)),
    }
    inputs = {"scan": ScanInput, "empty": Nothing, "dispatch_parcel": DispatchInput}

    def base_queryset(self) -> QuerySet[Parcel]:
        lines = visible_to(Reservation.objects.select_related("owner", "sku").order_by("pk"), self.actor)
        return (
            Parcel.objects.select_related("warehouse", "seller")
            .prefetch_related(Prefetch("lines", lines, to_attr="seen_lines"))
            .order_by("-pk")
        )

    @extend_schema(request=ScanInput, responses=ParcelSerializer)
    @action(detail=True, methods=["post"])
    def scan(self, request: Request, uid: str) -> HttpResponse:
        """Put one piece into the parcel; with the last one it is packed."""
        return self._step(services.parcel_scan)

    @extend_schema(request=Nothing, responses=ParcelSerializer)
    @action(detail=True, methods=["post"])
    def empty(self, request: Request, uid: str) -> HttpResponse:
        """Take everything out again: it is scanned anew."""
        return self._step(services.parcel_empty)

    @extend_schema(request=DispatchInput, responses=ParcelSerializer)
    @action(detail=True, methods=["post"], url_path="dispatch")
    def dispatch_parcel(self, request: Request, uid: str) -> HttpResponse:
        """Hand a packed parcel to its carrier: its goods leave the stock of their owners."""
        return self._step(services.parcel_dispatch)

    def _step(self, service: Any) -> HttpResponse:
        def done() -> Parcel:
            parcel = self.get_object()
            service(actor=self.actor, parcel=parcel, **self.read())
            return self.base_queryset().get(pk=parcel.pk)

        return self.answer(done)
