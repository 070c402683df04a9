"""The studio's records: equipment with its loans, cleaning and checklists, visitors at the gate."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
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
    ShownInline,
    choice_field,
    related_field,
    style,
)
from core.policy import ADD
from livestreams import services
from livestreams.choices import Condition
from livestreams.models import Cleaning, Equipment, EquipmentLoan, Fault, RoomCheck, Visit


class LoanInline(ShownInline):
    model = EquipmentLoan
    fields = ("tenant", "out_at", "due_at", "back_at", "condition", "note")


class FaultInline(ShownInline):
    model = Fault
    fk_name = "item"
    fields = ("created_at", "kind", "text", "state")


class LendForm(OperationForm):
    tenant = related_field(EquipmentLoan, "tenant", required=False)
    booking = related_field(
        EquipmentLoan,
        "booking",
        required=False,
        help_text=_("Then it is due at the end of the booking, unless another time is given."),
    )
    due_at = style(forms.SplitDateTimeField, _("due back"), required=False)
    note = style(forms.CharField, _("note"), required=False, max_length=200)


class ReturnForm(OperationForm):
    condition = choice_field(Condition.choices, _("condition on return"))
    note = style(forms.CharField, _("note"), required=False, max_length=200)


@admin.register(Equipment)
class EquipmentAdmin(RecordAdmin):
    list_display = ("code", "name_zh", "kind", "room", "park", "serial", "closed_on")
    list_filter = ("park", "kind", "room", OpenFilter)
    search_fields = ("code", "name_zh", "name_en", "serial")
    fields = ("park", "code", ("name_zh", "name_en"), ("kind", "serial"), "room")
    autocomplete_fields = ("park", "room")
    fixed_fields = ("park", "code")
    inlines = (LoanInline, FaultInline)
    operations = (
        Operation(
            "lend",
            _("Hand it out"),
            services.loan_begin,
            row="item",
            form=LendForm,
            icon="output",
            verb=ADD,
            makes=EquipmentLoan,
            when=lambda item: not item.is_closed,
        ),
        CLOSE,
        REOPEN,
    )


@admin.register(EquipmentLoan)
class EquipmentLoanAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("item", "tenant", "out_at", "due_at", "overdue", "back_at", "condition")
    list_filter = ("due_at", "condition", "item", "tenant", "item__park")
    search_fields = ("item__code", "item__name_zh", "tenant__code", "tenant__name_zh", "note")
    fields = ("item", "tenant", "booking", ("out_at", "due_at"), ("back_at", "condition"), "note")
    add_fieldsets = ((None, {"fields": ("item", "tenant", "booking", "due_at", "note")}),)
    autocomplete_fields = ("item", "tenant", "booking")
    operations = (
        Operation(
            "return",
            _("It is back"),
            services.loan_return,
            row="loan",
            form=ReturnForm,
            icon="assignment_return",
            when=lambda loan: loan.back_at is None,
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> EquipmentLoan:
        return services.loan_begin(actor=actor, **values)

    @display(description=_("overdue"), boolean=True)
    def overdue(self, loan: EquipmentLoan) -> bool:
        return loan.is_overdue


@admin.register(Cleaning)
class CleaningAdmin(ScopedModelAdmin):
    list_display = ("at", "booking", "by")
    list_filter = ("at",)
    list_select_related = ("booking__room",)
    search_fields = ("booking__room__code", "booking__room__name_zh")
    fields = ("booking", "at", "by")


@admin.register(RoomCheck)
class RoomCheckAdmin(ScopedModelAdmin):
    list_display = ("at", "room", "booking", "point", "done", "by")
    list_filter = ("at", "room", "point")
    list_select_related = ("booking__room",)
    search_fields = ("room__code", "room__name_zh")
    fields = ("booking", "room", "point", "done", "at", "by")


@admin.register(Visit)
class VisitAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("day", "tenant", "name", "people", "company", "plate", "arrived_at", "left_at")
    list_filter = ("day", "tenant", "park")
    search_fields = ("tenant__code", "tenant__name_zh", "company")
    fields = (
        "tenant",
        ("day", "booking"),
        ("name", "people"),
        ("company", "plate"),
        ("arrived_at", "left_at"),
        "withdrawn_at",
    )
    add_fieldsets = (
        (None, {"fields": ("tenant", ("day", "booking"), ("name", "people"), ("company", "plate"))}),
    )
    autocomplete_fields = ("tenant", "booking")
    operations = (
        Operation(
            "arrive",
            _("They have arrived"),
            services.visit_arrive,
            row="visit",
            icon="login",
            when=lambda visit: visit.arrived_at is None and visit.withdrawn_at is None,
        ),
        Operation(
            "leave",
            _("They have left"),
            services.visit_leave,
            row="visit",
            icon="logout",
            when=lambda visit: visit.arrived_at is not None and visit.left_at is None,
        ),
        Operation(
            "withdraw",
            _("Withdraw the announcement"),
            services.visit_withdraw,
            row="visit",
            icon="cancel",
            danger=True,
            when=lambda visit: visit.arrived_at is None and visit.withdrawn_at is None,
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Visit:
        return services.visit_announce(actor=actor, **values)
