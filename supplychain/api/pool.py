"""The goods pool, runs of show and shortages in the API."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet
from core.doors.fields import (
    CountField,
    FlagField,
    InstantField,
    LineField,
    MoneyField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.scoping import visible_to
from livestreams.models import Booking, Host
from supplychain import services
from supplychain.choices import ShortOf
from supplychain.filters import GoodsOfferFilter, OfferAnswerFilter
from supplychain.models import Agreement, GoodsOffer, OfferAnswer, Product, RunLine, Shortage
from supplychain.showcase import noes_to
from tenants.models import Tenant

READ_GOODS = ("goods:read", "goods:write")
WRITE_GOODS = ("goods:write",)
READ = ("bookings:read", "bookings:write")
WRITE = ("bookings:write",)


class GoodsOfferSerializer(serializers.ModelSerializer[GoodsOffer]):
    """Goods that firms of the park may sell: not below `floor_price`, for `commission_rate` percent of the sales."""

    tenant = serializers.CharField(source="tenant.code")
    park = serializers.CharField(source="park.code")
    product = serializers.CharField(source="product.code")
    name = serializers.CharField(source="product.name")
    category = serializers.CharField(source="product.category")
    floor_price = MoneyField()
    commission_rate = MoneyField()
    withdrawn_at = InstantField(allow_null=True)

    class Meta:
        model = GoodsOffer
        fields = [
            "uid",
            "tenant",
            "park",
            "product",
            "name",
            "category",
            "floor_price",
            "commission_rate",
            "pieces",
            "samples",
            "certificates",
            "withdrawn_at",
        ]


class GoodsOfferInput(StrictSerializer):
    product = ScopedRelatedField(model=Product, slug_field="uid", help_text=_("Uid."))
    floor_price = MoneyField()
    commission_rate = MoneyField()
    pieces = CountField()
    samples = CountField(max_value=1000, required=False)
    certificates = LineField(max_length=300, required=False)


class GoodsOfferViewSet(ReadOnlyScopedViewSet):
    """The goods pool of the park, and one's own offers, withdrawn ones among them; the latest first."""

    model = GoodsOffer
    serializer_class = GoodsOfferSerializer
    filterset_class = GoodsOfferFilter
    permissions = {
        "list": Needs("view", READ_GOODS),
        "retrieve": Needs("view", READ_GOODS),
        "create": Needs("add", WRITE_GOODS),
        "withdraw": Needs("change", WRITE_GOODS),
    }
    inputs = {"create": GoodsOfferInput, "withdraw": Nothing}

    def base_queryset(self) -> QuerySet[GoodsOffer]:
        own = GoodsOffer.objects.filter(tenant__in=visible_to(Tenant.objects.all(), self.actor))
        return (GoodsOffer.objects.standing() | own).in_full().order_by("-pk")

    @extend_schema(request=GoodsOfferInput, responses={201: GoodsOfferSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Offer goods to the park. Terms are never changed: withdraw the offer and make another."""
        return self.answer(lambda: services.goods_offer(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=GoodsOfferSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Withdraw an offer: from now on no run of show shows its goods."""
        return self.answer(
            lambda: services.goods_offer_withdraw(actor=self.actor, offer=self.get_object(), **self.read())
        )


class OfferAnswerSerializer(serializers.ModelSerializer[OfferAnswer]):
    """`tenant`, or its `host`, said of an offer of `owner` whether it sells the goods. The latest answer counts."""

    offer = serializers.UUIDField(source="offer.uid")
    product = serializers.CharField(source="offer.product.code")
    owner = serializers.CharField(source="offer.tenant.code")
    tenant = serializers.CharField(source="tenant.code")
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    at = InstantField()

    class Meta:
        model = OfferAnswer
        fields = ["uid", "offer", "product", "owner", "tenant", "host", "sells", "reason", "at"]


class OfferAnswerInput(StrictSerializer):
    """For the firm itself or for a host of it; a no says why."""

    offer = ScopedRelatedField(model=GoodsOffer, slug_field="uid")
    tenant = ScopedRelatedField(model=Tenant)
    host = ScopedRelatedField(model=Host, required=False)
    sells = FlagField()
    reason = LineField(max_length=200, required=False)


class OfferAnswerViewSet(ReadOnlyScopedViewSet):
    """What was said of one's own goods and what one's own firm said of others', the latest first."""

    model = OfferAnswer
    serializer_class = OfferAnswerSerializer
    filterset_class = OfferAnswerFilter
    permissions = {
        **dict.fromkeys(("list", "retrieve"), Needs("view", READ_GOODS)),
        "create": Needs("add", WRITE_GOODS),
        "agreement": Needs("add", model=Agreement),
    }
    inputs = {"create": OfferAnswerInput, "agreement": Nothing}

    def base_queryset(self) -> QuerySet[OfferAnswer]:
        return OfferAnswer.objects.in_full().order_by("-pk")

    @extend_schema(request=OfferAnswerInput, responses={201: OfferAnswerSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Say whether the firm, or its host, sells the goods. The same answer again is the one that stands."""
        return self.answer(lambda: services.offer_answer(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=OfferAnswerSerializer)
    @action(detail=True, methods=["post"])
    def agreement(self, request: Request, uid: str) -> HttpResponse:
        """Propose the commission as an agreement between owner and firm; it stands among the agreements."""

        def proposed() -> OfferAnswer:
            answer: OfferAnswer = self.get_object()
            services.commission_propose(actor=self.actor, answer=answer, **self.read())
            return answer

        return self.answer(proposed)


class RefusedBySerializer(serializers.Serializer[OfferAnswer]):
    """Whose no it is: a firm's, or that of its host."""

    tenant = serializers.CharField(source="tenant.code")
    host = serializers.CharField(source="host.code", default=None, allow_null=True)


class RunLineSerializer(serializers.ModelSerializer[RunLine]):
    """Goods on the run of show of a booking.

    `refused_by` is who does not sell them in a show that is not over: its firm, or a host of this or another firm who
    came since they were planned.
    """

    booking = serializers.UUIDField(source="booking.uid")
    product = serializers.CharField(source="product.code")
    product_uid = serializers.UUIDField(source="product.uid")
    owner = serializers.CharField(source="product.tenant.code")
    offer = serializers.UUIDField(source="offer.uid", default=None, allow_null=True)
    price = MoneyField()
    dropped_at = InstantField(allow_null=True)
    refused_by = RefusedBySerializer(source="no", allow_null=True, default=None)

    class Meta:
        model = RunLine
        fields = [
            "uid",
            "booking",
            "position",
            "minute",
            "product",
            "product_uid",
            "owner",
            "offer",
            "price",
            "pieces",
            "dropped_at",
            "refused_by",
        ]


class RunLineInput(StrictSerializer):
    """Own goods by `product`, goods of the pool by `offer`."""

    booking = ScopedRelatedField(model=Booking, slug_field="uid")
    product = ScopedRelatedField(model=Product, slug_field="uid", required=False, help_text=_("Uid."))
    offer = ScopedRelatedField(model=GoodsOffer, slug_field="uid", required=False)
    price = MoneyField()
    pieces = CountField()
    minute = CountField(max_value=32767, required=False)


class RunLineMoveInput(StrictSerializer):
    up = FlagField()


class RunLineFilter(django_filters.FilterSet):
    """Lines of one booking."""

    booking = django_filters.UUIDFilter("booking__uid", label=_("Booking id"))


class RunLineViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Runs of show, line by line in their order, without what was taken off."""

    model = RunLine
    serializer_class = RunLineSerializer
    filterset_class = RunLineFilter
    permissions = {
        "list": Needs("view", READ),
        "create": Needs("add", WRITE),
        "move": Needs("change", WRITE),
        "drop": Needs("change", WRITE),
    }
    inputs = {"create": RunLineInput, "move": RunLineMoveInput, "drop": Nothing}

    def base_queryset(self) -> QuerySet[Any]:
        return RunLine.objects.on().in_full()

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        self._ask(page or ())
        return page

    def shown(self, row: Any) -> dict[str, Any]:
        """A line that was just written, with who does not sell it."""
        self._ask([row])
        return super().shown(row)

    def _ask(self, lines: Collection[Any]) -> None:
        noes = noes_to(lines)
        for line in lines:
            line.no = noes.get(line.pk)

    @extend_schema(request=RunLineInput, responses={201: RunLineSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Put goods at the end of the run of show; goods that are on it get the new values."""
        return self.answer(lambda: services.run_line_put(actor=self.actor, **self.read()), 201)

    @extend_schema(request=RunLineMoveInput, responses=RunLineSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, uid: str) -> HttpResponse:
        """Change places with the line before it (`up`) or after it."""
        return self._step(services.run_line_move)

    @extend_schema(request=Nothing, responses=RunLineSerializer)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, uid: str) -> HttpResponse:
        """Take a line off the run of show."""
        return self._step(services.run_line_drop)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, line=self.get_object(), **self.read()))


class ShortageSerializer(serializers.ModelSerializer[Shortage]):
    """A line that was planned with more pieces than there were."""

    line = serializers.UUIDField(source="line.uid")
    booking = serializers.UUIDField(source="line.booking.uid")
    product = serializers.CharField(source="line.product.code")
    at = InstantField()
    short_of = serializers.ChoiceField(choices=ShortOf.choices)

    class Meta:
        model = Shortage
        fields = ["uid", "line", "booking", "product", "at", "short_of", "planned", "there"]


class ShortageFilter(django_filters.FilterSet):
    """Shortages of one booking."""

    booking = django_filters.UUIDFilter("line__booking__uid", label=_("Booking id"))


class ShortageViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Shortages of runs of show as they were found, the latest first."""

    model = Shortage
    serializer_class = ShortageSerializer
    filterset_class = ShortageFilter
    permissions = {"list": Needs("view", READ)}

    def base_queryset(self) -> QuerySet[Shortage]:
        return Shortage.objects.select_related("line__booking", "line__product").order_by("-at", "-pk")
