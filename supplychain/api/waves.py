"""The work of a shared warehouse in the API: waves with their pick lists, lines that wait, what is owed to buyers."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ChoiceField,
    CountField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from supplychain import services
from supplychain.api.stock import WORK
from supplychain.choices import RESERVATION_OPEN, BackorderState, GoodsCondition, ReservationState, WaveState
from supplychain.givenback import with_source
from supplychain.models import Backorder, Reservation, ReturnedGoods, StockMove, Warehouse, Wave
from supplychain.services.waves import MOST_ORDERS
from supplychain.unshipped import overdue, oversold

SEE_LINES = ("orders:read", *WORK)


class WaveSerializer(serializers.ModelSerializer[Wave]):
    """Orders that are fetched on one walk: how many `parcels` they make, and how many of those have left."""

    warehouse = serializers.CharField(source="warehouse.code")
    state = serializers.ChoiceField(choices=WaveState.choices)
    parcels = serializers.IntegerField(source="held")
    dispatched = serializers.IntegerField(source="left")
    created_at = InstantField()

    class Meta:
        model = Wave
        fields = ["uid", "warehouse", "number", "state", "parcels", "dispatched", "created_at"]


class PickSerializer(serializers.Serializer[services.Pick]):
    """How much of one owner's SKU is fetched from where."""

    zone = serializers.CharField()
    sku = serializers.CharField()
    title = serializers.CharField()
    owner = serializers.CharField(source="owner.code")
    quantity = serializers.IntegerField()


class PickListSerializer(serializers.Serializer[Any]):
    """In the order in which one walks."""

    results = PickSerializer(many=True)


class WaveInput(StrictSerializer):
    warehouse = ScopedRelatedField(model=Warehouse)
    orders = CountField(required=False, min_value=1, max_value=MOST_ORDERS)


class WaveFilter(django_filters.FilterSet):
    """Waves by warehouse and state."""

    warehouse = django_filters.CharFilter("warehouse__code", label=_("Warehouse"), max_length=64)
    state = django_filters.ChoiceFilter(choices=WaveState, label=_("State"), empty_label=_("all"))


class WaveViewSet(ReadOnlyScopedViewSet):
    """Walks through a warehouse, the latest first."""

    model = Wave
    serializer_class = WaveSerializer
    filterset_class = WaveFilter
    permissions = {
        **dict.fromkeys(("list", "retrieve", "pick_list"), Needs("view", WORK)),
        "create": Needs("add", WORK),
        "picked": Needs("change", WORK),
    }
    inputs = {"create": WaveInput, "picked": Nothing}

    def base_queryset(self) -> QuerySet[Wave]:
        return Wave.objects.counted().select_related("warehouse").order_by("-pk")

    @extend_schema(request=WaveInput, responses={201: WaveSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Gather the orders that have waited longest; every order of a seller gets its parcel."""
        return self.answer(lambda: self._counted(services.wave_make(actor=self.actor, **self.read())), 201)

    @extend_schema(request=Nothing, responses=WaveSerializer)
    @action(detail=True, methods=["post"])
    def picked(self, request: Request, uid: str) -> HttpResponse:
        """Everything is fetched."""
        return self.answer(
            lambda: self._counted(
                services.wave_picked(actor=self.actor, wave=self.get_object(), **self.read())
            )
        )

    @extend_schema(responses=PickListSerializer)
    @action(detail=True, url_path="pick-list", filter_backends=[], pagination_class=None)
    def pick_list(self, request: Request, uid: str) -> Response:
        """What is fetched from where, over all owners, by zone and shelf."""
        picks = services.pick_list(self.get_object())
        return Response(PickListSerializer({"results": picks}).data)

    def _counted(self, wave: Wave) -> Wave:
        return self.base_queryset().get(pk=wave.pk)


class ReservationSerializer(serializers.ModelSerializer[Reservation]):
    """Goods of one owner that a paid order line holds until its parcel leaves; `returned` pieces came back since."""

    warehouse = serializers.CharField(source="warehouse.code")
    seller = serializers.CharField(source="seller.code")
    owner = serializers.CharField(source="owner.code")
    source = serializers.CharField()  # type: ignore[assignment]
    sku = serializers.CharField(source="sku.code")
    state = serializers.ChoiceField(choices=ReservationState.choices)
    parcel = serializers.UUIDField(source="parcel.uid", default=None, allow_null=True)
    paid_at = InstantField()
    due_at = InstantField()
    returned = serializers.IntegerField(source="came_back")

    class Meta:
        model = Reservation
        fields = [
            "uid",
            "warehouse",
            "seller",
            "source",
            "order_no",
            "owner",
            "sku",
            "quantity",
            "packed",
            "state",
            "parcel",
            "paid_at",
            "due_at",
            "returned",
        ]


class GoodsReturnInput(StrictSerializer):
    quantity = CountField()
    condition = ChoiceField(choices=GoodsCondition.choices)
    note = LineField(max_length=200, required=False)
    zone = LineField(max_length=32, required=False)


class ReservationFilter(django_filters.FilterSet):
    """Order lines in a warehouse by order, state and warehouse, and those paid, not shipped and past their deadline."""

    order_no = django_filters.CharFilter("order_no", label=_("Order number"), max_length=64)
    warehouse = django_filters.CharFilter("warehouse__code", label=_("Warehouse"), max_length=64)
    state = django_filters.ChoiceFilter(choices=ReservationState, label=_("State"), empty_label=_("all"))
    overdue = django_filters.BooleanFilter(method="by_overdue", label=_("Overdue"))

    def by_overdue(self, queryset: QuerySet[Any], _name: str, value: bool) -> QuerySet[Any]:
        return overdue(queryset.filter(state__in=RESERVATION_OPEN)) if value else queryset


class ReservationViewSet(ReadOnlyScopedViewSet):
    """Lines of paid orders that one sold, or that are of one's goods, and to a warehouse all of its own."""

    model = Reservation
    serializer_class = ReservationSerializer
    filterset_class = ReservationFilter
    permissions = {
        **dict.fromkeys(("list", "retrieve"), Needs("view", SEE_LINES)),
        "missing": Needs("change", WORK, model=Wave),
        "take_in": Needs("add", WORK, model=ReturnedGoods),
    }
    inputs = {"missing": Nothing, "take_in": GoodsReturnInput}

    def base_queryset(self) -> QuerySet[Reservation]:
        rows = Reservation.objects.annotate(came_back=Coalesce(Sum("returned__quantity"), 0))
        return with_source(
            rows.select_related("warehouse", "seller", "owner", "sku", "parcel").order_by("-pk")
        )

    @extend_schema(request=Nothing, responses=ReservationSerializer)
    @action(detail=True, methods=["post"])
    def missing(self, request: Request, uid: str) -> HttpResponse:
        """It is not on its shelf: the line leaves its parcel and is owed to the buyer."""
        return self._step(services.line_missing)

    @extend_schema(request=GoodsReturnInput, responses=ReservationSerializer)
    @action(detail=True, methods=["post"], url_path="return")
    def take_in(self, request: Request, uid: str) -> HttpResponse:
        """Take in what came back and say how it is; as new it is stock of its owner again."""
        return self._step(services.goods_return)

    def _step(self, service: Any) -> HttpResponse:
        def done() -> Reservation:
            row = self.get_object()
            service(actor=self.actor, reservation=row, **self.read())
            return self.base_queryset().get(pk=row.pk)

        return self.answer(done)


class BackorderSerializer(serializers.ModelSerializer[Backorder]):
    """Sold and not there: `presold` pieces are promised within the owner's limit, the others are `oversold`."""

    owner = serializers.CharField(source="owner.code")
    source = serializers.CharField()  # type: ignore[assignment]
    sku = serializers.CharField(source="sku.code")
    state = serializers.ChoiceField(choices=BackorderState.choices)
    oversold = serializers.IntegerField()
    occurred_at = InstantField()

    class Meta:
        model = Backorder
        fields = [
            "uid",
            "owner",
            "source",
            "order_no",
            "sku",
            "quantity",
            "presold",
            "oversold",
            "state",
            "occurred_at",
        ]


class FillInput(StrictSerializer):
    warehouse = ScopedRelatedField(model=Warehouse)


class BackorderFilter(django_filters.FilterSet):
    """Backorders by order and state, and open ones with pieces beyond the pre-sale limit."""

    order_no = django_filters.CharFilter("order_no", label=_("Order number"), max_length=64)
    state = django_filters.ChoiceFilter(choices=BackorderState, label=_("State"), empty_label=_("all"))
    oversold = django_filters.BooleanFilter(method="by_oversold", label=_("Beyond the pre-sale limit"))

    def by_oversold(self, queryset: QuerySet[Any], _name: str, value: bool) -> QuerySet[Any]:
        return oversold(queryset) if value else queryset


class BackorderViewSet(ReadOnlyScopedViewSet):
    """What is owed to buyers of one's goods, the latest first."""

    model = Backorder
    serializer_class = BackorderSerializer
    filterset_class = BackorderFilter
    permissions = {
        **dict.fromkeys(("list", "retrieve"), Needs("view", SEE_LINES)),
        "fill": Needs("add", WORK, model=StockMove),
    }
    inputs = {"fill": FillInput}

    def base_queryset(self) -> QuerySet[Backorder]:
        return with_source(Backorder.objects.select_related("owner", "sku").order_by("-pk"))

    @extend_schema(request=FillInput, responses=BackorderSerializer)
    @action(detail=True, methods=["post"])
    def fill(self, request: Request, uid: str) -> HttpResponse:
        """Give it its goods from a warehouse."""

        def done() -> Backorder:
            owed = self.get_object()
            services.backorder_fill(actor=self.actor, backorder=owed, **self.read())
            return self.base_queryset().get(pk=owed.pk)

        return self.answer(done)
