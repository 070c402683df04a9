"""Factories, launches and re-orders: the firm's own affair, for whoever works for it or helps it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.doors.admin import (
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ShownInline,
    badge,
    choice_field,
    style,
)
from core.doors.formfields import WholeNumberField
from supplychain import services
from supplychain.choices import ReorderState, WorkStep
from supplychain.models import Factory, FactoryStep, Launch, LaunchDay, Reorder, ReorderLine, ReorderWork

COLOURS = {
    ReorderState.PROPOSED: "warning",
    ReorderState.CONFIRMED: "info",
    ReorderState.PRODUCED: "info",
    ReorderState.RECEIVED: "success",
}


class StepInline(ShownInline):
    model = FactoryStep
    fields = ("kind", "pieces_per_day", "lead_days")
    ordering = ("place",)


@admin.register(Factory)
class FactoryAdmin(ScopedModelAdmin):
    list_display = ("name", "tenant", "contact", "closed_on")
    search_fields = ("name", "tenant__code")
    fields = ("tenant", "name", "contact", "terms", "closed_on")
    inlines = (StepInline,)


class LaunchDayInline(ShownInline):
    model = LaunchDay
    fields = ("day", "sold")
    ordering = ("day",)


@admin.register(Launch)
class LaunchAdmin(ScopedModelAdmin):
    writes = frozenset({"add", "change"})
    list_display = ("product", "tenant", "day", "test_batch", "sold", "low", "high")
    list_filter = ("tenant", "day")
    list_select_related = ("product", "tenant")
    search_fields = ("product__code", "product__name_zh")
    autocomplete_fields = ("tenant", "product", "factory")
    fixed_fields = ("tenant", "product", "day")
    readonly_fields = ("sold", "low", "expected", "high", "counted_at")
    fields = (
        ("tenant", "product", "factory"),
        ("day", "season_end"),
        ("test_batch", "returned_percent"),
        ("price", "cost", "leftover_value"),
        ("sold", "low", "expected", "high", "counted_at"),
    )
    add_fieldsets = ((None, {"fields": fields[:4]}),)
    inlines = (LaunchDayInline,)

    def create(self, actor: Actor, values: dict[str, Any]) -> Launch:
        return services.launch_create(actor=actor, **values)

    def update(self, actor: Actor, row: Launch, values: dict[str, Any]) -> None:
        services.launch_update(actor=actor, launch=row, **values)


class QuantityForm(OperationForm):
    quantity = style(WholeNumberField, _("pieces"), min_value=1)


class ReorderLineInline(ShownInline):
    model = ReorderLine
    fields = ("sku", "quantity", "received")
    ordering = ("pk",)


class ReorderWorkInline(ShownInline):
    model = ReorderWork
    fields = ("step", "day", "pieces", "done_on")
    ordering = ("day", "pk")


class StepForm(OperationForm):
    step = choice_field(WorkStep.choices, _("step"))


def _is(*states: str) -> Any:
    return lambda row: row.state in states


@admin.register(Reorder)
class ReorderAdmin(ScopedModelAdmin):
    list_display = ("launch", "factory", "quantity", badge("state", _("state"), COLOURS), "due_on")
    list_filter = ("state", "due_on")
    list_select_related = ("launch__product", "factory")
    search_fields = ("launch__product__code", "launch__tenant__code")
    fields = (
        ("launch", "factory", "state"),
        ("quantity", "proposed", "price", "gain"),
        ("day_then", "sold_then", "stock_then", "lead_days"),
        ("low", "expected", "high"),
        ("signalled_at", "confirmed_at", "confirmed_by"),
        ("due_on", "produced_on", "received_on", "ended_on"),
    )
    inlines = (ReorderLineInline, ReorderWorkInline)
    operations = (
        Operation(
            "confirm",
            _("Confirm"),
            services.reorder_confirm,
            row="reorder",
            form=QuantityForm,
            icon="task_alt",
            when=_is(ReorderState.PROPOSED),
        ),
        Operation(
            "decline",
            _("Decline"),
            services.reorder_decline,
            row="reorder",
            icon="cancel",
            danger=True,
            when=_is(ReorderState.PROPOSED),
        ),
        Operation(
            "advance",
            _("A step is done"),
            services.reorder_advance,
            row="reorder",
            form=StepForm,
            icon="checklist",
            when=_is(ReorderState.CONFIRMED),
        ),
        Operation(
            "produce",
            _("It is produced"),
            services.reorder_produce,
            row="reorder",
            icon="inventory",
            when=_is(ReorderState.CONFIRMED),
        ),
        Operation(
            "cancel",
            _("Cancel the re-order"),
            services.reorder_cancel,
            row="reorder",
            icon="event_busy",
            danger=True,
            when=_is(ReorderState.CONFIRMED),
        ),
    )
