"""What lies in warehouses, and every move of it, in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import (
    ChoiceField,
    CodeField,
    CountField,
    InstantField,
    LineField,
    ScopedRelatedField,
    SignedCountField,
    StrictSerializer,
)
from core.doors.paging import LongList
from core.errors import InvalidInput, NotFound
from core.scoping import get_visible, visible_to
from supplychain import services
from supplychain.api.pool import READ_GOODS
from supplychain.choices import MOVES_BY_HAND, MoveKind
from supplychain.filters import StockLevelFilter, StockMoveFilter
from supplychain.models import Sku, StockLevel, StockMove, Warehouse

WORK = ("warehouse:write",)
SEE_STOCK = (*READ_GOODS, *WORK)


class ShelfSerializer(serializers.Serializer[Any]):
    """Pieces in one zone."""

    zone = serializers.CharField()
    on_hand = serializers.IntegerField()


class StockLevelSerializer(serializers.ModelSerializer[StockLevel]):
    """Pieces of one SKU in one warehouse; `available` is what is on hand and not reserved.

    `zones` says where they lie and sums to `on_hand`: the main place (`zone`) first, the others by name.
    """

    owner = serializers.CharField(source="owner.code")
    sku = serializers.CharField(source="sku.code")
    warehouse = serializers.CharField(source="warehouse.code")
    available = serializers.IntegerField()
    zones = ShelfSerializer(source="shelves", many=True)

    class Meta:
        model = StockLevel
        fields = ["owner", "sku", "warehouse", "zone", "on_hand", "reserved", "available", "zones"]


class OwnedGoodsInput(StrictSerializer):
    """Goods by the code of their SKU, which is unique to its `owner`."""

    owner = CodeField()
    sku = CodeField()

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        owner, code = values.pop("owner"), values["sku"]
        seen = visible_to(Sku.objects.select_related("tenant"), self.context["view"].actor)
        values["sku"] = seen.filter(tenant__code=owner, code=code).first()
        if values["sku"] is None:
            reason = serializers.ErrorDetail(str(_("There is no such object.")), "absent")
            raise ValidationError({"sku": [reason]})
        return values


class GoodsInput(OwnedGoodsInput):
    warehouse = ScopedRelatedField(model=Warehouse)


class StockCountInput(GoodsInput):
    """What was counted in a `zone`; without one, in all of the warehouse."""

    counted = CountField()
    note = LineField(max_length=200, required=False)
    zone = LineField(max_length=32, required=False)


class StockPlaceInput(GoodsInput):
    """The main place of goods. Pick lists are in the order of these texts, such as A-03-2; an empty one is no place."""

    zone = LineField(max_length=32, allow_blank=True)


class StockLevelViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Own stock, and to those who run a warehouse all that lies there."""

    model = StockLevel
    serializer_class = StockLevelSerializer
    filterset_class = StockLevelFilter
    permissions = {
        "list": Needs("view", SEE_STOCK),
        **dict.fromkeys(("count", "place"), Needs("add", WORK, model=StockMove)),
    }
    inputs = {"count": StockCountInput, "place": StockPlaceInput}

    def base_queryset(self) -> QuerySet[StockLevel]:
        rows = StockLevel.objects.select_related("owner", "sku", "warehouse").prefetch_related("others")
        return rows.order_by("sku__code", "warehouse__code", "pk")

    @extend_schema(request=StockCountInput, responses=StockLevelSerializer)
    @action(detail=False, methods=["post"])
    def count(self, request: Request) -> HttpResponse:
        """Enter what was counted; the difference to what is on record becomes a move."""

        def counted() -> StockLevel:
            values = self.read()
            services.stock_count(actor=self.actor, **values)
            return self._level(values)

        return self.answer(counted)

    @extend_schema(request=StockPlaceInput, responses=StockLevelSerializer)
    @action(detail=False, methods=["post"])
    def place(self, request: Request) -> HttpResponse:
        """Say which zone and shelf is the main place of goods: what lay in the one before lies there from now on."""

        def placed() -> StockLevel:
            values = self.read()
            services.stock_place(actor=self.actor, level=self._level(values), zone=values["zone"])
            return self._level(values)

        return self.answer(placed)

    def _level(self, values: dict[str, Any]) -> StockLevel:
        try:
            return get_visible(StockLevel, self.actor, warehouse=values["warehouse"], sku=values["sku"])
        except NotFound as error:
            raise InvalidInput(
                _("These goods never lay in this warehouse."), code="absent", field="sku"
            ) from error


class StockMoveSerializer(serializers.ModelSerializer[StockMove]):
    """A move of the stock ledger: `quantity` came in, below zero it went out; what is on hand is their sum.

    What lies in a zone is the sum of the moves there; without a `zone` it is the main place.
    """

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
            "zone",
            "source",
            "source_key",
            "note",
        ]


class StockMoveInput(GoodsInput):
    """Of corrections and samples a `quantity` below zero takes away, and `note` says why.

    Without a `zone` goods come to their main place and are taken from there first, then from the others: a move each.
    """

    kind = ChoiceField(choices=[(kind.value, kind.label) for kind in MOVES_BY_HAND])
    quantity = SignedCountField()
    note = LineField(max_length=200, required=False)
    zone = LineField(max_length=32, required=False)


class StockTransferInput(OwnedGoodsInput):
    """Within one warehouse (`origin` is `target`) from zone to zone; a zone that is not named is the main place."""

    origin = ScopedRelatedField(model=Warehouse)
    target = ScopedRelatedField(model=Warehouse)
    quantity = CountField()
    note = LineField(max_length=200, required=False)
    from_zone = LineField(max_length=32, required=False)
    to_zone = LineField(max_length=32, required=False)


class Moves(LongList):
    """What was written last stands first: a move of an earlier hour, told late, is found at the head."""

    ordering = ("-id",)


class StockMoveViewSet(mixins.ListModelMixin, ScopedViewSet):
    """The moves of own stock, and to those who run a warehouse of all that lies there. Never changed, only added."""

    model = StockMove
    serializer_class = StockMoveSerializer
    filterset_class = StockMoveFilter
    pagination_class = Moves
    permissions = {
        "list": Needs("view", SEE_STOCK),
        **dict.fromkeys(("create", "transfer"), Needs("add", WORK)),
    }
    inputs = {"create": StockMoveInput, "transfer": StockTransferInput}

    def base_queryset(self) -> QuerySet[StockMove]:
        return StockMove.objects.select_related("owner", "sku", "warehouse")

    @extend_schema(request=StockMoveInput, responses={201: StockMoveSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Write down a move that was made by hand: goods that came in or back, a correction, a sample."""
        return self.answer(lambda: services.stock_move(actor=self.actor, **self.read()), 201)

    @extend_schema(request=StockTransferInput, responses={201: StockMoveSerializer})
    @action(detail=False, methods=["post"])
    def transfer(self, request: Request) -> HttpResponse:
        """Bring goods to another warehouse, or to another zone: moves, of which the first out of `origin` is shown."""
        return self.answer(lambda: services.stock_transfer(actor=self.actor, **self.read()), 201)
