"""Shared warehouses: what lies where, every move, and what is owed to buyers."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from core.actors import Actor
from core.doors.admin import (
    CLOSE,
    REOPEN,
    OpenFilter,
    Operation,
    OperationForm,
    RecordAdmin,
    ScopedModelAdmin,
    ServiceForm,
    badge,
    choice_field,
    count_of,
    related_field,
    style,
)
from core.doors.admin.display import EMPTY
from core.doors.formfields import WholeNumberField
from core.models import new_uid
from core.policy import ADD
from core.templatetags.portal import count as as_count
from supplychain import services
from supplychain.admin.packing import day_view, packing_view
from supplychain.admin.shelves import shelves_view
from supplychain.admin.zones import MAIN_PLACE, zone_field
from supplychain.choices import MOVES_BY_HAND, BackorderState
from supplychain.models import Backorder, StockLevel, StockMove, Warehouse, Wave
from supplychain.services.waves import MOST_ORDERS, USUAL_ORDERS


class WaveForm(OperationForm):
    orders = style(
        WholeNumberField, _("orders at most"), min_value=1, max_value=MOST_ORDERS, initial=USUAL_ORDERS
    )


@admin.register(Warehouse)
class WarehouseAdmin(RecordAdmin):
    list_display = ("code", "name_zh", "park", "closed_on")
    list_filter = ("park", OpenFilter)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("park", "code", ("name_zh", "name_en"), ("packs_orders", "ship_within_hours"))
    autocomplete_fields = ("park",)
    fixed_fields = ("park", "code")
    operations = (
        Operation(
            "wave",
            _("Make a wave"),
            services.wave_make,
            row="warehouse",
            form=WaveForm,
            icon="conveyor_belt",
            question=_(
                "The orders that have waited longest are gathered for one walk through the warehouse."
            ),
            verb=ADD,
            makes=Wave,
            when=lambda warehouse: warehouse.packs_orders,
        ),
        CLOSE,
        REOPEN,
    )

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"{name}/",
                partial(self.admin_site.admin_view(view), site=self.admin_site),
                name=f"warehouse_{name}",
            )
            for name, view in (("day", day_view), ("packing", packing_view), ("shelves", shelves_view))
        ]
        return [*pages, *super().get_urls()]


def stock_count(*, actor: Actor, level: StockLevel, **values: Any) -> StockMove | None:
    return services.stock_count(actor=actor, warehouse=level.warehouse, sku=level.sku, **values)


def stock_transfer(
    *, actor: Actor, level: StockLevel, target: Warehouse | None = None, **values: Any
) -> StockMove:
    return services.stock_transfer(
        actor=actor, origin=level.warehouse, target=target or level.warehouse, sku=level.sku, **values
    )


def _note(**kwargs: Any) -> forms.Field:
    return style(forms.CharField, _("note"), max_length=200, required=False, **kwargs)


def _once() -> forms.Field:
    """A key that the page carries along: sent twice, the move is made once."""
    return forms.CharField(widget=forms.HiddenInput, initial=new_uid, max_length=64)


class CountForm(OperationForm):
    counted = style(WholeNumberField, _("counted"), min_value=0)
    zone = zone_field(help_text=_("Where it was counted. Empty: in all of the warehouse."))
    note = _note()


class ShiftForm(OperationForm):
    quantity = style(WholeNumberField, _("quantity"), min_value=1)
    from_zone = zone_field(_("from the zone"), help_text=MAIN_PLACE)
    to_zone = zone_field(_("to the zone"), help_text=MAIN_PLACE)
    note = _note()
    source_key = _once()


class TransferForm(ShiftForm):
    target = related_field(StockLevel, "warehouse", label=_("to the warehouse"))
    from_zone = zone_field(
        _("from the zone"), help_text=_("Empty: the main place, and what it has not from the others.")
    )
    field_order = ("target",)


class PlaceForm(OperationForm):
    zone = zone_field(
        help_text=_(
            "Pick lists are in the order of these texts, such as A-03-2. What lay in the main place before lies"
            " there from now on."
        )
    )


@admin.register(StockLevel)
class StockLevelAdmin(ScopedModelAdmin):
    list_display = (
        "sku",
        "owner",
        "warehouse",
        "lies_in",
        "on_hand",
        "reserved",
        count_of("free", _("available")),
    )
    list_filter = ("warehouse", "owner")
    search_fields = ("sku__code", "owner__code", "owner__name_zh", "zone", "others__zone")
    fields = ("warehouse", "owner", "sku", "lies_in", ("on_hand", "reserved"))
    readonly_fields = ("lies_in",)
    operations = (
        Operation(
            "count",
            _("Enter a count"),
            stock_count,
            row="level",
            form=CountForm,
            icon="checklist",
            question=_("The difference to what is on record becomes a move."),
            verb=ADD,
            makes=StockMove,
        ),
        Operation(
            "shift",
            _("Bring to another zone"),
            stock_transfer,
            row="level",
            form=ShiftForm,
            icon="move_down",
            verb=ADD,
            makes=StockMove,
        ),
        Operation(
            "transfer",
            _("Bring to another warehouse"),
            stock_transfer,
            row="level",
            form=TransferForm,
            icon="local_shipping",
            verb=ADD,
            makes=StockMove,
        ),
        Operation(
            "place",
            _("Name its main place"),
            services.stock_place,
            row="level",
            form=PlaceForm,
            icon="shelves",
            verb=ADD,
            makes=StockMove,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        rows = super().get_queryset(request).annotate(free=F("on_hand") - F("reserved"))
        return rows.prefetch_related("others")

    @display(description=_("zone and shelf"), ordering="zone")
    def lies_in(self, level: StockLevel) -> str:
        if not level.elsewhere:
            return level.zone or EMPTY
        return " · ".join(f"{zone or EMPTY} {as_count(pieces)}" for zone, pieces in level.shelves if pieces)


class MoveAddForm(ServiceForm):
    """A move by hand: goods that come in or back, a correction, a sample that goes out."""

    kind = choice_field(((kind, kind.label) for kind in MOVES_BY_HAND), _("kind"))
    quantity = style(
        WholeNumberField, _("quantity"), help_text=_("Of corrections and samples: less than zero takes away.")
    )
    zone = zone_field(help_text=MAIN_PLACE)
    source_key = _once()


@admin.register(StockMove)
class StockMoveAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("occurred_at", "kind", "sku", "owner", "warehouse", "zone", "quantity", "note")
    export_columns = ("source",)
    list_filter = ("occurred_at", "kind", "warehouse", "owner", "sku")
    search_fields = ("sku__code", "owner__code", "owner__name_zh", "zone", "note")
    ordering = ("-occurred_at", "-id")
    fields = (
        "warehouse",
        "owner",
        "sku",
        ("kind", "quantity", "zone"),
        "occurred_at",
        ("source", "source_key"),
        "note",
    )
    add_form = MoveAddForm
    add_fieldsets = (
        (None, {"fields": ("warehouse", "sku", "kind", "quantity", "zone", "note", "source_key")}),
    )
    autocomplete_fields = ("warehouse", "sku")

    def create(self, actor: Actor, values: dict[str, Any]) -> StockMove:
        return services.stock_move(actor=actor, **values)


class FillForm(OperationForm):
    warehouse = related_field(StockLevel, "warehouse", label=_("from the warehouse"))


class OversoldFilter(DropdownFilter):
    title = _("beyond the pre-sale limit")
    parameter_name = "oversold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("oversold"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        return queryset.filter(presold__lt=F("quantity")) if self.value() == "yes" else queryset


@admin.register(Backorder)
class BackorderAdmin(ScopedModelAdmin):
    list_display = (
        "occurred_at",
        "order_no",
        "sku",
        "owner",
        "quantity",
        "presold",
        badge("state", _("state"), {BackorderState.OPEN: "warning", BackorderState.FILLED: "success"}),
    )
    list_filter = ("occurred_at", OversoldFilter, "state", "owner", "sku")
    search_fields = ("order_no", "sku__code", "owner__code", "owner__name_zh")
    ordering = ("-occurred_at",)
    fields = ("owner", "sku", "order_no", ("quantity", "presold"), "state", "occurred_at")
    operations = (
        Operation(
            "fill",
            _("Give the goods"),
            services.backorder_fill,
            row="backorder",
            form=FillForm,
            icon="inventory",
            verb=ADD,
            makes=StockMove,
            when=lambda backorder: backorder.state == BackorderState.OPEN,
        ),
    )
