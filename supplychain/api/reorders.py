"""Factories, launches and re-orders in the API. What goods cost stays out of it."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ChoiceField,
    CodeField,
    CountField,
    DayField,
    InstantField,
    LineField,
    MoneyField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.strict import MAX_QUANTITY
from supplychain import services
from supplychain.api.stock import WORK
from supplychain.choices import ReorderState, WorkStep
from supplychain.factoryroom import free, with_room
from supplychain.models import (
    Factory,
    FactoryStep,
    Launch,
    Product,
    Reorder,
    ReorderLine,
    Stage,
    StockMove,
    Warehouse,
)
from tenants.models import Tenant

READ = ("figures:read",)


class FactoryStepSerializer(serializers.ModelSerializer[FactoryStep]):
    """What a step does, and how many pieces of the seven days from tomorrow on are still free."""

    kind = serializers.ChoiceField(choices=WorkStep.choices)
    free_in_7_days = serializers.SerializerMethodField()

    class Meta:
        model = FactoryStep
        fields = ["kind", "pieces_per_day", "lead_days", "free_in_7_days"]

    def get_free_in_7_days(self, step: FactoryStep) -> int:
        return free(step)


class FactorySerializer(serializers.ModelSerializer[Factory]):
    """A factory and its steps in the order of the work."""

    tenant = serializers.CharField(source="tenant.code")
    steps = FactoryStepSerializer(many=True)

    class Meta:
        model = Factory
        fields = ["uid", "tenant", "name", "contact", "terms", "closed_on", "steps"]


class LaunchSerializer(serializers.ModelSerializer[Launch]):
    """A launch; `sell_through` holds the shares of the test batch sold in the first 1, 3 and 7 days."""

    tenant = serializers.CharField(source="tenant.code")
    product = serializers.CharField(source="product.code")
    factory = serializers.UUIDField(source="factory.uid", default=None, allow_null=True)
    price = MoneyField()
    sell_through = serializers.SerializerMethodField()
    counted_at = InstantField(allow_null=True)

    class Meta:
        model = Launch
        fields = [
            "uid",
            "tenant",
            "product",
            "factory",
            "day",
            "season_end",
            "test_batch",
            "price",
            "returned_percent",
            "sold",
            "sell_through",
            "low",
            "expected",
            "high",
            "counted_at",
        ]

    def get_sell_through(self, launch: Launch) -> dict[str, str | None]:
        return {str(days): None if share is None else f"{share:.4f}" for days, share in launch.sell_through}


class LaunchInput(StrictSerializer):
    """`product` and `factory` by their uid; money is for one piece."""

    tenant = ScopedRelatedField(model=Tenant)
    product = ScopedRelatedField(model=Product, slug_field="uid")
    factory = ScopedRelatedField(model=Factory, slug_field="uid", required=False)
    day = DayField()
    season_end = DayField()
    test_batch = CountField(min_value=1, max_value=MAX_QUANTITY)
    price = MoneyField()
    cost = MoneyField()
    leftover_value = MoneyField(required=False)
    returned_percent = CountField(max_value=99, required=False)


class ReorderLineSerializer(serializers.ModelSerializer[ReorderLine]):
    sku = serializers.CharField(source="sku.code")

    class Meta:
        model = ReorderLine
        fields = ["sku", "quantity", "received"]


class WorkStageSerializer(serializers.Serializer[Stage]):
    """A step of the work: planned from `first` to `last`, and the day on which it was done."""

    step = serializers.ChoiceField(source="step.kind", choices=WorkStep.choices)
    first = serializers.DateField()
    last = serializers.DateField()
    done_on = serializers.DateField(allow_null=True)


class ReorderSerializer(serializers.ModelSerializer[Reorder]):
    """A re-order with what its proposal saw: day of the sale, sold and left by then, demand from then on."""

    launch = serializers.UUIDField(source="launch.uid")
    factory = serializers.UUIDField(source="factory.uid")
    state = serializers.ChoiceField(choices=ReorderState.choices)
    signalled_at = InstantField()
    confirmed_at = InstantField(allow_null=True)
    lines = ReorderLineSerializer(many=True)
    stages = WorkStageSerializer(many=True)

    class Meta:
        model = Reorder
        fields = [
            "uid",
            "launch",
            "factory",
            "state",
            "quantity",
            "proposed",
            "low",
            "expected",
            "high",
            "day_then",
            "sold_then",
            "stock_then",
            "lead_days",
            "signalled_at",
            "confirmed_at",
            "due_on",
            "produced_on",
            "received_on",
            "lines",
            "stages",
        ]


class QuantityInput(StrictSerializer):
    quantity = CountField(min_value=1, max_value=MAX_QUANTITY)


class StepInput(StrictSerializer):
    step = ChoiceField(choices=WorkStep.choices)


class PiecesInput(StrictSerializer):
    sku = CodeField()
    quantity = CountField(max_value=MAX_QUANTITY)


class ReceiveInput(StrictSerializer):
    """Without `pieces` everything that was ordered has come; without a `zone` each SKU lies in its main place."""

    warehouse = ScopedRelatedField(model=Warehouse)
    pieces = serializers.ListField(child=PiecesInput(), required=False, max_length=500)
    zone = LineField(max_length=32, required=False)

    def validate_pieces(self, pieces: list[dict[str, Any]]) -> dict[str, int]:
        counted: dict[str, int] = {}
        for one in pieces:
            if one["sku"] in counted:
                message = _("“%(code)s” stands here twice: say once how many pieces of it came.")
                raise ValidationError(message % {"code": one["sku"]}, code="twice")
            counted[one["sku"]] = one["quantity"]
        return counted


class ReorderFilter(django_filters.FilterSet):
    """Re-orders by state."""

    state = django_filters.ChoiceFilter(choices=ReorderState, label=_("State"))


class FactoryViewSet(ReadOnlyScopedViewSet):
    """The firm's factories."""

    model = Factory
    serializer_class = FactorySerializer
    permissions = {"list": Needs("view", READ), "retrieve": Needs("view", READ)}

    def base_queryset(self) -> QuerySet[Factory]:
        return with_room(Factory.objects.select_related("tenant")).order_by("pk")


class LaunchViewSet(ReadOnlyScopedViewSet):
    """Styles with their test batch, and how they sell."""

    model = Launch
    serializer_class = LaunchSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add"),
    }
    inputs = {"create": LaunchInput}

    def base_queryset(self) -> QuerySet[Launch]:
        return (
            Launch.objects.select_related("tenant", "product", "factory")
            .prefetch_related("days")
            .order_by("-pk")
        )

    @extend_schema(request=LaunchInput, responses={201: LaunchSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Write down a style's test batch; its sales are counted at once."""
        return self.answer(lambda: services.launch_create(actor=self.actor, **self.read()), 201)


class ReorderViewSet(ReadOnlyScopedViewSet):
    """Re-orders: proposed from sales, confirmed, made, taken in."""

    model = Reorder
    serializer_class = ReorderSerializer
    filterset_class = ReorderFilter
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        **dict.fromkeys(("confirm", "decline", "cancel", "advance", "produce"), Needs("change")),
        "receive": Needs("add", WORK, model=StockMove),
    }
    inputs = {
        "confirm": QuantityInput,
        "decline": Nothing,
        "cancel": Nothing,
        "advance": StepInput,
        "produce": Nothing,
        "receive": ReceiveInput,
    }

    def base_queryset(self) -> QuerySet[Reorder]:
        return (
            Reorder.objects.select_related("launch", "factory")
            .prefetch_related("lines__sku", "work__step")
            .order_by("-pk")
        )

    @extend_schema(request=QuantityInput, responses=ReorderSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, uid: str) -> HttpResponse:
        """Order so many pieces; the factory's earliest days with room are taken for them."""
        return self._step(services.reorder_confirm)

    @extend_schema(request=Nothing, responses=ReorderSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, uid: str) -> HttpResponse:
        """Say no to a proposal."""
        return self._step(services.reorder_decline)

    @extend_schema(request=Nothing, responses=ReorderSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, uid: str) -> HttpResponse:
        """Call off what is confirmed and not made yet."""
        return self._step(services.reorder_cancel)

    @extend_schema(request=StepInput, responses=ReorderSerializer)
    @action(detail=True, methods=["post"])
    def advance(self, request: Request, uid: str) -> HttpResponse:
        """Note that the factory is done with a step, and with those before it."""
        return self._step(services.reorder_advance)

    @extend_schema(request=Nothing, responses=ReorderSerializer)
    @action(detail=True, methods=["post"])
    def produce(self, request: Request, uid: str) -> HttpResponse:
        """Note that it is made."""
        return self._step(services.reorder_produce)

    @extend_schema(request=ReceiveInput, responses=ReorderSerializer)
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, uid: str) -> HttpResponse:
        """Take in what came, as a receipt of the stock ledger."""
        return self._step(services.reorder_receive)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, reorder=self.get_object(), **self.read()))
