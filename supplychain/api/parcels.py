"""Parcels in the API: what left, by which carrier, with the lines that the caller may see."""

from __future__ import annotations

import django_filters
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import InstantField
from core.scoping import visible_to
from supplychain.choices import Carrier, ParcelState, ReservationState
from supplychain.models import Parcel, Reservation

READ = ("orders:read",)


class ParcelLineSerializer(serializers.ModelSerializer[Reservation]):
    """Pieces of one SKU of one owner."""

    owner = serializers.CharField(source="owner.code")
    sku = serializers.CharField(source="sku.code")
    state = serializers.ChoiceField(choices=ReservationState.choices)

    class Meta:
        model = Reservation
        fields = ["owner", "sku", "quantity", "packed", "state"]


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
            "order_no",
            "state",
            "carrier",
            "tracking_no",
            "dispatched_at",
            "lines",
        ]


class ParcelFilter(django_filters.FilterSet):
    """Parcels by order, tracking number and state."""

    order_no = django_filters.CharFilter("order_no", label=_("Order number"), max_length=64)
    tracking_no = django_filters.CharFilter("tracking_no", label=_("Tracking number"), max_length=64)
    state = django_filters.ChoiceFilter(choices=ParcelState, label=_("State"), empty_label=_("all"))

    class Meta:
        model = Parcel
        fields: list[str] = []


class ParcelViewSet(ReadOnlyScopedViewSet):
    """Parcels of the orders that one sold, or that hold one's goods, the latest first."""

    model = Parcel
    serializer_class = ParcelSerializer
    filterset_class = ParcelFilter
    permissions = {"list": Needs("view", READ), "retrieve": Needs("view", READ)}

    def base_queryset(self) -> QuerySet[Parcel]:
        lines = visible_to(Reservation.objects.select_related("owner", "sku").order_by("pk"), self.actor)
        return (
            Parcel.objects.select_related("warehouse", "seller")
            .prefetch_related(Prefetch("lines", lines, to_attr="seen_lines"))
            .order_by("-pk")
        )
