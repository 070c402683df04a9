"""Buildings, units and what each unit was used for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.actors import Actor
from core.clock import today
from core.doors.admin import (
    CLOSE,
    REOPEN,
    OpenFilter,
    Operation,
    OperationForm,
    RecordAdmin,
    ScopedModelAdmin,
    ServiceForm,
    ShownInline,
    choice_field,
    style,
)
from core.doors.formfields import AmountField
from parks import services
from parks.choices import UnitUseKind
from parks.models import Building, Unit, UnitUse
from parks.selectors import with_use_on


@admin.register(Building)
class BuildingAdmin(RecordAdmin):
    list_display = ("code", "name_zh", "park", "phase")
    list_filter = ("park",)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("park", "code", ("name_zh", "name_en"), "phase")
    autocomplete_fields = ("park",)
    fixed_fields = ("park",)

    def create(self, actor: Actor, values: dict[str, Any]) -> Building:
        return services.building_create(actor=actor, **values)


class UnitUseInline(ShownInline):
    model = UnitUse
    fields = ("use", "area_m2", "from_day", "to_day", "conversion_cost")
    ordering = ("-from_day",)
    verbose_name_plural = _("history of uses")


class UnitAddForm(ServiceForm):
    """A unit with its first use."""

    use = choice_field(UnitUseKind.choices, _("use"))
    area_m2 = style(AmountField, _("area (m²)"), max_digits=10, decimal_places=2)
    from_day = style(forms.DateField, _("used so since"), initial=today)


class ConversionForm(OperationForm):
    """What the unit becomes, from when on, and what it costs."""

    use = choice_field(UnitUseKind.choices, _("new use"))
    from_day = style(forms.DateField, _("present use ends on"), initial=today)
    fit_out_until = style(forms.DateField, _("fit-out until"), required=False)
    area_m2 = style(
        AmountField,
        _("new area (m²)"),
        max_digits=10,
        decimal_places=2,
        required=False,
        help_text=_("Empty: the area stays."),
    )
    conversion_cost = style(
        AmountField, _("conversion cost (CNY)"), max_digits=17, decimal_places=4, initial=0
    )


@admin.register(Unit)
class UnitAdmin(RecordAdmin):
    list_display = ("code", "park", "building", "floor", "use_now", "area_now", "is_lettable", "closed_on")
    list_filter = ("park", "building", "is_lettable", OpenFilter)
    search_fields = ("code", "building__code", "building__name_zh")
    fields = ("code", "park", "building", "floor", "is_lettable")
    add_form = UnitAddForm
    add_fieldsets = (
        (None, {"fields": ("building", "code", "floor", "is_lettable")}),
        (_("First use"), {"fields": ("use", "area_m2", "from_day")}),
    )
    fixed_fields = ("code", "park", "building")
    autocomplete_fields = ("building",)
    inlines = (UnitUseInline,)
    operations = (
        Operation(
            "convert",
            _("Convert"),
            services.unit_convert,
            row="unit",
            form=ConversionForm,
            icon="construction",
            question=_("The present use ends and the next begins; the history keeps both."),
            done=_("The conversion is recorded."),
            when=lambda unit: not unit.is_closed,
        ),
        CLOSE,
        REOPEN,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unit]:
        return with_use_on(super().get_queryset(request), today())

    @display(description=_("use"), ordering="use_now")
    def use_now(self, unit: Unit) -> str:
        use = unit.use_now  # type: ignore[attr-defined]
        return str(UnitUseKind(use).label) if use else "-"

    @display(description=_("area (m²)"), ordering="area_now")
    def area_now(self, unit: Unit) -> Any:
        return unit.area_now  # type: ignore[attr-defined]

    def create(self, actor: Actor, values: dict[str, Any]) -> Unit:
        return services.unit_create(actor=actor, **values)


@admin.register(UnitUse)
class UnitUseAdmin(ScopedModelAdmin):
    list_display = ("unit", "use", "area_m2", "from_day", "to_day", "conversion_cost")
    list_filter = ("unit__park", "use", "from_day")
    search_fields = ("unit__code",)
    fields = ("unit", "use", "area_m2", "from_day", "to_day", "conversion_cost")
    list_select_related = ("unit",)
