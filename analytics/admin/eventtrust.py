"""What was stated of the sales of events, and the verdicts on it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from analytics import services
from analytics.admin.trust import VERDICT_COLOURS, TellsWhy
from analytics.choices import Verdict
from analytics.models import EventClaim, EventVerdict
from core.actors import Actor
from core.doors.admin import ScopedModelAdmin, ServiceForm, ShownInline
from core.policy import ADD


class EventClaimForm(ServiceForm):
    """Without days it is about all of the event's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_day", "last_day"):
            self.fields[name].required = False
            self.fields[name].help_text = _("Left out, the days of the event.")


class EventVerdictInline(TellsWhy, ShownInline):
    """Every verdict there was, as the facts stood."""

    model = EventVerdict
    fields = ("version", "verdict", "why", "who_said_what", "judged_at")
    readonly_fields = ("why", "who_said_what")
    ordering = ("-version",)


@admin.register(EventClaim)
class EventClaimAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("event", "said_by", "reach", "rooms", "sales", "standing", "made_at")
    list_select_related = ("event",)
    list_filter = ("reach", "event__park", "made_at")
    search_fields = ("said_by", "event__name_zh", "event__name_en")
    fields = (
        ("event", "said_by"),
        ("reach", "rooms"),
        ("first_day", "last_day"),
        "sales",
        ("made_by", "made_at"),
    )
    add_fieldsets = (
        (None, {"fields": (("event", "said_by"), ("reach", "rooms"), ("first_day", "last_day"), "sales")}),
    )
    add_form = EventClaimForm
    autocomplete_fields = ("event",)
    inlines = (EventVerdictInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EventClaim]:
        standing = EventVerdict.objects.filter(claim=OuterRef("pk")).order_by("-version")
        return super().get_queryset(request).annotate(verdict=Subquery(standing.values("verdict")[:1]))

    @display(
        description=_("verdict"),
        label={str(Verdict(code).label): colour for code, colour in VERDICT_COLOURS.items()},
    )
    def standing(self, claim: Any) -> str:
        return str(Verdict(claim.verdict).label)

    def create(self, actor: Actor, values: dict[str, Any]) -> EventClaim:
        return services.event_claim(actor=actor, **values)
