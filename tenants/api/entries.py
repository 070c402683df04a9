"""Entries to events in the API: a firm takes part, and who runs a venue or the event can send it away."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import Nothing, ScopedRelatedField, StrictSerializer
from parks.models import Event
from tenants.models import EventEntry, Tenant
from tenants.services import entry_readmit, entry_send_away, entry_withdraw, event_enter


class EntrySerializer(serializers.ModelSerializer[EventEntry]):
    """A tenant takes part at the venue of the park it sits in; `withdrawn_on` says since when it does not."""

    event = serializers.UUIDField(source="event.uid")
    tenant = serializers.CharField(source="tenant.code")
    park = serializers.CharField(source="park.code")
    withdrawn_on = serializers.DateField(source="closed_on", allow_null=True)

    class Meta:
        model = EventEntry
        fields = ["uid", "event", "tenant", "park", "withdrawn_on", "sent_away"]


class EntryInput(StrictSerializer):
    event = ScopedRelatedField(model=Event, slug_field="uid")
    tenant = ScopedRelatedField(model=Tenant)


class EntryFilter(django_filters.FilterSet):
    event = django_filters.UUIDFilter("event__uid", label=_("Event"))


class EntryViewSet(ReadOnlyScopedViewSet):
    """Who takes part in which event, the newest entry first."""

    model = EventEntry
    serializer_class = EntrySerializer
    filterset_class = EntryFilter
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs("add"),
        **dict.fromkeys(("withdraw", "send_away", "readmit"), Needs("change")),
    }
    inputs = {"create": EntryInput, **dict.fromkeys(("withdraw", "send_away", "readmit"), Nothing)}

    def base_queryset(self) -> QuerySet[EventEntry]:
        return EventEntry.objects.select_related("event", "tenant", "park").order_by("-pk")

    @extend_schema(request=EntryInput, responses={201: EntrySerializer})
    def create(self, request: Request) -> HttpResponse:
        """Take part in an event; who withdrew comes back."""
        return self.answer(lambda: event_enter(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=EntrySerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Take no part any more: none of the tenant's sales count for the event."""
        return self._step(entry_withdraw)

    @extend_schema(request=Nothing, responses=EntrySerializer)
    @action(detail=True, methods=["post"], url_path="send-away")
    def send_away(self, request: Request, uid: str) -> HttpResponse:
        """End a tenant's part, for who runs a venue or the event."""
        return self._step(entry_send_away)

    @extend_schema(request=Nothing, responses=EntrySerializer)
    @action(detail=True, methods=["post"])
    def readmit(self, request: Request, uid: str) -> HttpResponse:
        """Let a tenant that was sent away enter again, if it wants to."""
        return self._step(entry_readmit)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, entry=self.get_object(), **self.read()))
