"""A park, what it decided for itself, its accreditations and services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.doors.admin import CLOSE, REOPEN, OpenFilter, RecordAdmin, ScopedModelAdmin, ShownInline
from core.policy import ADD, CHANGE
from parks import services
from parks.models import Accreditation, Building, Park, ParkSettings, ServiceOffer


class BuildingInline(ShownInline):
    model = Building
    fields = ("code", "name_zh", "phase")


class AccreditationInline(ShownInline):
    model = Accreditation
    fields = ("platform", "level", "from_day", "to_day")


@admin.register(Park)
class ParkAdmin(ScopedModelAdmin):
    writes = frozenset({ADD, CHANGE})
    list_display = ("code", "name_zh", "town", "operating_mode", "operator", "opened_on", "is_synthetic")
    list_filter = ("operating_mode", OpenFilter)
    search_fields = ("code", "name_zh", "name_en")
    fieldsets = (
        (None, {"fields": ("code", ("name_zh", "name_en"), "town")}),
        (
            _("How it is run"),
            {
                "fields": (
                    "operating_mode",
                    "operator",
                    "opened_on",
                    "floor_area_m2",
                    "industries",
                    "is_synthetic",
                )
            },
        ),
    )
    fixed_fields = ("code", "town", "is_synthetic")
    autocomplete_fields = ("town",)
    inlines = (BuildingInline, AccreditationInline)

    def create(self, actor: Actor, values: dict[str, Any]) -> Park:
        return services.park_create(actor=actor, **values)

    def update(self, actor: Actor, row: Park, values: dict[str, Any]) -> None:
        services.park_update(actor=actor, park=row, **values)


@admin.register(ParkSettings)
class ParkSettingsAdmin(RecordAdmin):
    writes = frozenset({CHANGE})
    list_display = ("park", "hold_minutes", "checkin_early_minutes", "requires_certificates")
    fields = (
        "park",
        ("hold_minutes", "checkin_early_minutes"),
        ("stream_early_minutes", "stream_late_minutes"),
        "lost_frames_percent",
        "cancel_free_hours",
        ("late_cancel_percent", "no_show_percent"),
        "requires_certificates",
    )
    fixed_fields = ("park",)


@admin.register(Accreditation)
class AccreditationAdmin(RecordAdmin):
    list_display = ("platform", "level", "park", "from_day", "to_day")
    list_filter = ("park", "from_day")
    search_fields = ("platform", "level")
    fields = ("park", ("platform", "level"), ("from_day", "to_day"))
    autocomplete_fields = ("park",)
    fixed_fields = ("park",)


@admin.register(ServiceOffer)
class ServiceOfferAdmin(RecordAdmin):
    list_display = ("name_zh", "park", "kind", "pricing", "price", "share_percent", "provider", "closed_on")
    list_filter = ("park", "kind", "pricing", OpenFilter)
    search_fields = ("name_zh", "name_en", "provider")
    fieldsets = (
        (None, {"fields": ("park", ("name_zh", "name_en"), "kind", "provider")}),
        (_("Price"), {"fields": ("pricing", "price", "share_percent", "quota_per_month")}),
    )
    autocomplete_fields = ("park",)
    fixed_fields = ("park",)
    operations = (CLOSE, REOPEN)
