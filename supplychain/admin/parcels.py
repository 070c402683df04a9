"""Waves, parcels, what they hold, and what came back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.doors.admin import (
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ShownInline,
    badge,
    choice_field,
    count_of,
    style,
)
from core.doors.context import actor_of
from core.doors.formfields import WholeNumberField
from core.policy import ADD, CHANGE
from core.scoping import get_visible
from supplychain import services
from supplychain.admin.zones import zone_field
from supplychain.choices import (
    RESERVATION_OPEN,
    GoodsCondition,
    ParcelState,
    ReservationState,
    WaveState,
)
from supplychain.givenback import with_source
from supplychain.models import Parcel, Reservation, ReturnedGoods, Wave

PARCEL_COLOURS = {
    ParcelState.WAITING: "warning",
    ParcelState.PACKED: "info",
    ParcelState.DISPATCHED: "success",
}
LINE_COLOURS = {
    ReservationState.RESERVED: "warning",
    ReservationState.IN_WAVE: "info",
    ReservationState.DISPATCHED: "success",
}


class ParcelInline(ShownInline):
    model = Parcel
    fields = ("order_no", "seller", "source", "state", "carrier", "tracking_no")


@admin.register(Wave)
class WaveAdmin(ScopedModelAdmin):
    list_display = (
        "number",
        "warehouse",
        badge("state", _("state"), {WaveState.PICKING: "warning", WaveState.PICKED: "success"}),
        count_of("held", _("parcels")),
        count_of("left", _("dispatched")),
        "created_at",
    )
    list_filter = ("warehouse", "state", "created_at")
    fields = ("warehouse", ("number", "state"), "created_at", "pick_list")
    readonly_fields = ("pick_list",)
    inlines = (ParcelInline,)
    operations = (
        Operation(
            "picked",
            _("All is fetched"),
            services.wave_picked,
            row="wave",
            icon="done_all",
            when=lambda wave: wave.state == WaveState.PICKING,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wave]:
        return super().get_queryset(request).counted()  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.pick_list_view)
        return [path("<int:wave_id>/pick-list/", view, name="wave_pick_list"), *super().get_urls()]

    def pick_list_view(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """What to fetch, to print or to carry along on a phone."""
        wave = get_visible(Wave, actor_of(request), pk=wave_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(wave),
            "wave": wave,
            "picks": services.pick_list(wave),
        }
        return TemplateResponse(request, "admin/livepark/pick_list.html", context)

    @display(description=_("pick list"))
    def pick_list(self, wave: Wave) -> str:
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
            reverse("admin:wave_pick_list", args=[wave.pk]),
            _("Open and print"),
        )


class LineInline(ShownInline):
    model = Reservation
    fields = ("sku", "owner", "quantity", "packed", "state")


@admin.register(Parcel)
class ParcelAdmin(ScopedModelAdmin):
    list_display = (
        "order_no",
        "seller",
        "source",
        "warehouse",
        badge("state", _("state"), PARCEL_COLOURS),
        "carrier",
        "tracking_no",
        "dispatched_at",
    )
    list_filter = ("dispatched_at", "state", "carrier", "warehouse", "seller")
    search_fields = ("order_no", "tracking_no", "seller__code", "seller__name_zh")
    fields = (
        ("order_no", "seller", "source"),
        ("warehouse", "wave"),
        "state",
        ("carrier", "tracking_no"),
        "dispatched_at",
    )
    inlines = (LineInline,)
    operations = (
        Operation(
            "empty",
            _("Take everything out again"),
            services.parcel_empty,
            row="parcel",
            icon="unarchive",
            when=lambda parcel: parcel.state in (ParcelState.WAITING, ParcelState.PACKED),
        ),
    )


class ReturnForm(OperationForm):
    quantity = style(WholeNumberField, _("quantity"), min_value=1, initial=1)
    condition = choice_field(GoodsCondition.choices, _("condition"))
    zone = zone_field(help_text=_("Where it is put. Empty: the main place."))
    note = style(forms.CharField, _("note"), max_length=200, required=False)


@admin.register(Reservation)
class ReservationAdmin(ScopedModelAdmin):
    list_display = (
        "order_no",
        "source",
        "sku",
        "owner",
        "warehouse",
        "quantity",
        badge("state", _("state"), LINE_COLOURS),
        "paid_at",
    )
    list_filter = ("paid_at", "state", "warehouse", "owner", "seller")
    search_fields = ("order_no", "sku__code", "owner__code", "owner__name_zh")
    ordering = ("-paid_at", "-id")
    fields = (
        ("order_no", "seller", "source"),
        ("sku", "owner"),
        "warehouse",
        ("quantity", "packed"),
        ("state", "paid_at"),
        "parcel",
    )
    readonly_fields = ("source",)
    operations = (
        Operation(
            "missing",
            _("It is not on its shelf"),
            services.line_missing,
            row="reservation",
            icon="search_off",
            question=_("The line leaves its parcel and is owed to the buyer. Count the shelf afterwards."),
            verb=CHANGE,
            makes=Wave,
            danger=True,
            when=lambda row: row.state in RESERVATION_OPEN,
        ),
        Operation(
            "return",
            _("Take in the return"),
            services.goods_return,
            row="reservation",
            form=ReturnForm,
            icon="assignment_return",
            verb=ADD,
            makes=ReturnedGoods,
            when=lambda row: row.state == ReservationState.DISPATCHED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        return with_source(super().get_queryset(request))

    @display(description=_("source"))
    def source(self, row: Any) -> str:
        return str(row.source)


@admin.register(ReturnedGoods)
class ReturnedGoodsAdmin(ScopedModelAdmin):
    list_display = (
        "inspected_at",
        "reservation",
        "quantity",
        badge(
            "condition", _("condition"), {GoodsCondition.GOOD: "success", GoodsCondition.DAMAGED: "danger"}
        ),
        "note",
        "inspected_by",
    )
    list_select_related = ("reservation__sku",)
    list_filter = ("inspected_at", "condition", "reservation__warehouse", "reservation__owner")
    search_fields = ("reservation__order_no", "reservation__sku__code", "note")
    fields = ("reservation", ("quantity", "condition"), "note", ("inspected_by", "inspected_at"))
