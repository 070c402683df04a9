"""What lies in warehouses, and every move of it, in the API."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import InstantField
from core.doors.paging import LongList
from supplychain.api.pool import READ_GOODS
from supplychain.choices import MoveKind
from supplychain.filters import StockLevelFilter, StockMoveFilter
from supplychain.models import StockLevel, StockMove


class StockLevelSerializer(serializers.ModelSerializer[StockLevel]):
    """Pieces of one SKU in one warehouse; `available` is what is on hand and not reserved."""

    owner = serializers.CharField(source="owner.code")
    sku = serializers.CharField(source="sku.code")
    warehouse = serializers.CharField(source="warehouse.code")
    available = serializers.IntegerField()

    class Meta:
        model = StockLevel
        fields = ["owner", "sku", "warehouse", "zone", "on_hand", "reserved", "available"]


class StockLevelViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Own stock, and to those who run a warehouse all that lies there."""

    model = StockLevel
    serializer_class = StockLevelSerializer
    filterset_class = StockLevelFilter
    permissions = {"list": Needs("view", READ_GOODS)}

    def base_queryset(self) -> QuerySet[StockLevel]:
        return StockLevel.objects.select_related("owner", "sku", "warehouse").order_by(
            "sku__code", "warehouse__code", "pk"
        )


class StockMoveSerializer(serializers.ModelSerializer[StockMove]):
    """A move of the stock ledger: `quantity` came in, below zero it went out; what is on hand is their sum."""

    owner = serializers.CharField(source="owner.code")
    sku = serializers.CharField(source="sku.code")
    warehouse = serializers.CharField(source="warehouse.code")
    kind = serializers.ChoiceField(choices=MoveKind.choices)
    occurred_at = InstantField()

    class Meta:
        model = StockMove
        fields = [
            "occurred_at",
            "kind",
            "owner",
            "sku",
            "warehouse",
            "quantity",
            "source",
            "source_key",
            "note",
        ]


class Moves(LongList):
    """What was written last stands first: a move of an earlier hour, told late, is found at the head."""

    ordering = ("-id",)


class StockMoveViewSet(mixins.ListModelMixin, ScopedViewSet):
    """The moves of own stock, and to those who run a warehouse of all that lies there. Never changed, only added."""

    model = StockMove
    serializer_class = StockMoveSerializer
    filterset_class = StockMoveFilter
    pagination_class = Moves
    permissions = {"list": Needs("view", READ_GOODS)}

    def base_queryset(self) -> QuerySet[StockMove]:
        return StockMove.objects.select_related("owner", "sku", "warehouse")
