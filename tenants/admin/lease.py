"""Leases, what is charged, and the figures that rent rules read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.clock import today
from core.doors.admin import (
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ServiceForm,
    ShownInline,
    badge,
    related_field,
    style,
)
from core.errors import InvalidInput
from core.policy import ADD
from parks.models import Unit
from parks.selectors import units_on
from tenants import services
from tenants.choices import LeaseState
from tenants.models import Charge, Lease, LeaseUnit, VerifiedFigure

BY_HAND = "admin"
STATE_COLOURS = {LeaseState.DRAFT: "info", LeaseState.ACTIVE: "success", LeaseState.ENDED: "default"}


class LeaseUnitInline(ShownInline):
    model = LeaseUnit
    fields = ("unit", "area_m2", "from_day", "to_day", "is_active")


class LeaseAddForm(ServiceForm):
    """Which units, each with the whole area it has on the first day."""

    units = related_field(LeaseUnit, "unit", many=True, label=_("units"))

    def values(self) -> dict[str, Any]:
        values = super().values()
        chosen: list[Unit] = list(values["units"])
        on_first_day = units_on(values["park"], values["from_day"]).in_bulk([unit.pk for unit in chosen])
        missing = [unit.code for unit in chosen if unit.pk not in on_first_day]
        if missing:
            raise InvalidInput(
                _("Not a unit of this park on that day: %(units)s.") % {"units": ", ".join(missing)},
                field="units",
            )
        values["units"] = [(unit, unit.area_now) for unit in on_first_day.values()]
        return values


class LeaseEndForm(OperationForm):
    day = style(forms.DateField, _("ends on"), initial=today)


@admin.register(Lease)
class LeaseAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "number",
        "tenant",
        "park",
        badge("state", _("state"), STATE_COLOURS),
        "from_day",
        "to_day",
        "rent_per_month",
    )
    list_filter = ("park", "tenant", "state", "to_day")
    search_fields = ("number", "tenant__code", "tenant__name_zh", "tenant__name_en")
    fieldsets = (
        (None, {"fields": ("number", "tenant", "park", "state", ("from_day", "to_day"), "free_until")}),
        (_("Rent and fees"), {"fields": ("rent_per_month", "service_fee_per_month", "deposit")}),
        (_("Turnover rent"), {"fields": ("turnover_rate_percent", "turnover_threshold")}),
    )
    add_form = LeaseAddForm
    add_fieldsets = (
        (None, {"fields": ("number", "tenant", "park", "units", ("from_day", "to_day"), "free_until")}),
        *fieldsets[1:],
    )
    autocomplete_fields = ("tenant", "park")
    inlines = (LeaseUnitInline,)
    operations = (
        Operation(
            "end",
            _("End the lease"),
            services.lease_end,
            row="lease",
            form=LeaseEndForm,
            icon="event_busy",
            question=_("The units are free from that day on."),
            danger=True,
            when=lambda lease: lease.state == LeaseState.ACTIVE,
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Lease:
        return services.lease_create(actor=actor, **values)


@admin.register(LeaseUnit)
class LeaseUnitAdmin(ScopedModelAdmin):
    list_display = ("unit", "lease", "area_m2", "from_day", "to_day", "is_active")
    list_filter = ("lease", "unit", "is_active")
    search_fields = ("unit__code", "lease__number")
    fields = ("lease", "unit", "area_m2", "from_day", "to_day", "is_active")


class ChargeAddForm(ServiceForm):
    """A single charge by hand; it says in words what it is for."""

    reason = style(forms.CharField, _("what it is for"), max_length=200)

    def values(self) -> dict[str, Any]:
        values = super().values()
        values["explanation"] = {"reason": values.pop("reason")}
        values["source"] = BY_HAND
        return values


@admin.register(Charge)
class ChargeAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("tenant", "park", "kind", "period", "amount", "created_at")
    export_columns = ("source",)
    list_filter = ("park", "tenant", "kind", "period")
    search_fields = ("tenant__code", "tenant__name_zh", "source_id")
    fields = (
        "tenant",
        "park",
        "kind",
        "period",
        "amount",
        "explanation",
        ("source", "source_id"),
        "created_at",
    )
    add_form = ChargeAddForm
    add_fieldsets = (
        (None, {"fields": ("tenant", "park", "kind", "period", "amount", "source_id", "reason")}),
    )
    autocomplete_fields = ("tenant", "park")
    readonly_fields = ("created_at",)

    def create(self, actor: Actor, values: dict[str, Any]) -> Charge:
        return services.charge_record(actor=actor, **values)


@admin.register(VerifiedFigure)
class VerifiedFigureAdmin(ScopedModelAdmin):
    list_display = ("tenant", "metric", "period", "version", "value", "created_at")
    list_filter = ("tenant", "period")
    search_fields = ("tenant__code", "tenant__name_zh", "metric")
    fields = ("tenant", "metric", "period", "version", "value", "source_hash", "created_at")
