"""What tenants bring to festivals, in the API."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import CountField, MoneyField, Nothing, ScopedRelatedField, StrictSerializer
from supplychain.models import EventItem, Product
from supplychain.services import item_enter, item_withdraw
from tenants.models import EventEntry


class EventItemSerializer(serializers.ModelSerializer[EventItem]):
    """A product at an event, at a price for it; `withdrawn_on` says since when it is taken back."""

    event = serializers.UUIDField(source="entry.event.uid")
    entry = serializers.UUIDField(source="entry.uid")
    tenant = serializers.CharField(source="entry.tenant.code")
    product = serializers.CharField(source="product.code")
    price = MoneyField()
    withdrawn_on = serializers.DateField(source="closed_on", allow_null=True)

    class Meta:
        model = EventItem
        fields = ["uid", "event", "entry", "tenant", "product", "price", "quantity", "withdrawn_on"]


class EventItemInput(StrictSerializer):
    entry = ScopedRelatedField(model=EventEntry, slug_field="uid")
    product = ScopedRelatedField(model=Product, slug_field="uid", help_text=_("Uid."))
    price = MoneyField()
    quantity = CountField(required=False, allow_null=True)


class EventItemFilter(django_filters.FilterSet):
    event = django_filters.UUIDFilter("entry__event__uid", label=_("Event"))


class EventItemViewSet(ReadOnlyScopedViewSet):
    """What is brought to events, the newest item first."""

    model = EventItem
    serializer_class = EventItemSerializer
    filterset_class = EventItemFilter
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs("add"),
        "withdraw": Needs("change"),
    }
    inputs = {"create": EventItemInput, "withdraw": Nothing}

    def base_queryset(self) -> QuerySet[EventItem]:
        return EventItem.objects.select_related("entry__event", "entry__tenant", "product").order_by("-pk")

    @extend_schema(request=EventItemInput, responses={201: EventItemSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Bring a product to an event, or change price and pieces of one that is there."""
        return self.answer(lambda: item_enter(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=EventItemSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Take a product back from an event."""
        return self.answer(lambda: item_withdraw(actor=self.actor, item=self.get_object(), **self.read()))
