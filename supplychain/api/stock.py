"""What lies in warehouses, in the API."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from core.doors.api import Needs, ScopedViewSet
from supplychain.api.pool import READ_GOODS
from supplychain.filters import StockLevelFilter
from supplychain.models import StockLevel


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
