"""Festivals: their phases, their venues, and what else happens near by on the same days."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.actors import Actor
from core.doors.admin import (
    CLOSE,
    REOPEN,
    OpenFilter,
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ServiceForm,
    ShownInline,
    style,
)
from core.policy import ADD, CHANGE
from parks import services
from parks.collisions import in_words
from parks.models import Event, EventVenue
from parks.selectors import event_collisions

PLACE = {"first_day", "last_day", "main_from", "main_until", "industry", "is_announced"}


class VenueInline(ShownInline):
    model = EventVenue
    fields = ("park", "is_main", "closed_on")


class EventAddForm(ServiceForm):
    """A main phase of its own may be left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("main_from", "main_until"):
            self.fields[name].required = False
            self.fields[name].help_text = _("Left out, the whole event is the main phase.")


class VenueForm(OperationForm):
    """Which park takes part."""

    park_code = style(
        forms.CharField,
        _("code of the park"),
        max_length=64,
        help_text=_("As it stands in the address of its wall. Its people see the event from then on."),
    )


@admin.register(Event)
class EventAdmin(ScopedModelAdmin):
    """Only the organiser changes an event; its venues look at it."""

    writes = frozenset({ADD, CHANGE})
    list_display = ("name_zh", "park", "kind", "industry", "first_day", "last_day", "closed_on")
    list_filter = ("park", "kind", "first_day", OpenFilter)
    search_fields = ("name_zh", "name_en", "industry")
    add_form = EventAddForm
    fieldsets = (
        (None, {"fields": ("park", ("name_zh", "name_en"), ("kind", "industry"), "near_by", "figures")}),
        (_("Days"), {"fields": (("first_day", "last_day"), ("main_from", "main_until"), "is_announced")}),
        (_("Joint targets"), {"fields": ("target_gmv_paid", "target_net_sales", "target_orders")}),
    )
    add_fieldsets = (
        (None, {"fields": ("park", ("name_zh", "name_en"), ("kind", "industry"))}),
        *fieldsets[1:],
    )
    autocomplete_fields = ("park",)
    fixed_fields = ("park",)
    readonly_fields = ("near_by", "figures")
    inlines = (VenueInline,)
    operations = (
        Operation(
            "venue",
            _("Add a venue"),
            services.venue_add,
            row="event",
            form=VenueForm,
            icon="add_location",
            when=lambda event: not event.is_closed,
        ),
        CLOSE,
        REOPEN,
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Event:
        return services.event_create(actor=actor, **values)

    def update(self, actor: Actor, row: Event, values: dict[str, Any]) -> None:
        services.event_update(actor=actor, event=row, **values)

    def save_model(self, request: HttpRequest, obj: Any, form: ServiceForm, change: Any) -> None:
        super().save_model(request, obj, form, change)
        if not change or PLACE & set(form.changed_data):
            for collision in event_collisions(obj):
                self.message_user(request, in_words(collision), messages.WARNING)

    @display(description=_("near by on the same days"))
    def near_by(self, event: Event) -> str:
        found = event_collisions(event)
        if not found:
            return gettext("No announced event of this industry in a near town.")
        return format_html_join("", "<div>⚠ {}</div>", ((in_words(collision),) for collision in found))

    @display(description=_("figures"))
    def figures(self, event: Event) -> str:
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
            reverse("festival", args=[event.uid]),
            gettext("Report and leaderboard"),
        )


@admin.register(EventVenue)
class EventVenueAdmin(ScopedModelAdmin):
    """Venues are added at their event."""

    list_display = ("event", "park", "is_main", "closed_on")
    list_filter = ("event", "park", OpenFilter)
    search_fields = ("event__name_zh", "event__name_en", "park__code")
    fields = ("event", "park", "is_main", "closed_on")
    operations = (
        Operation(
            "main",
            _("Make it the main venue"),
            services.venue_make_main,
            row="venue",
            icon="star",
            when=lambda venue: not venue.is_main and venue.closed_on is None,
        ),
        Operation(
            "give_up",
            _("Give the venue up"),
            services.venue_give_up,
            row="venue",
            icon="location_off",
            danger=True,
            question=_("Tenants of this park can no longer enter; those who did stay."),
            when=lambda venue: not venue.is_main and venue.closed_on is None,
        ),
    )
