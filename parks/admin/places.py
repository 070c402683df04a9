"""Places are reference data: everybody with a role looks them up; a superuser adds the town of a new park and says
where it lies."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.actors import Actor
from core.doors.admin import ScopedModelAdmin
from core.policy import ADD, CHANGE
from core.records import record_update
from parks.industries import industries
from parks.models import City, IndustrialCluster, Province, Town
from parks.selectors import towns_near
from parks.services import town_create


@admin.register(Province)
class ProvinceAdmin(ScopedModelAdmin):
    list_display = ("code", "name_zh", "name_en", "region")
    list_filter = ("region",)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("code", "name_zh", "name_en", "region")


@admin.register(City)
class CityAdmin(ScopedModelAdmin):
    list_display = ("code", "name_zh", "name_en", "province")
    list_filter = ("province",)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("code", "name_zh", "name_en", "province")


@admin.register(Town)
class TownAdmin(ScopedModelAdmin):
    writes = frozenset({ADD, CHANGE})
    list_display = ("code", "name_zh", "name_en", "city", "latitude", "longitude")
    list_filter = ("city",)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("city", "code", ("name_zh", "name_en"), ("latitude", "longitude"), "near")
    add_fieldsets = ((None, {"fields": fields[:-1]}),)
    fixed_fields = ("city", "code", "name_zh", "name_en")
    readonly_fields = ("near",)
    autocomplete_fields = ("city",)

    @display(description=_("towns near by"))
    def near(self, town: Town) -> str:
        """Where an event would collide with one here."""
        told = (
            (other.name, gettext("of the same city") if km is None else f"{km:.1f} km")
            for other, km in towns_near(town)
        )
        return format_html_join("", "<div>{} · {}</div>", told) or "–"

    def create(self, actor: Actor, values: dict[str, Any]) -> Town:
        return town_create(actor=actor, **values)

    def update(self, actor: Actor, row: Town, values: dict[str, Any]) -> None:
        record_update(actor=actor, row=row, **values)


@admin.register(IndustrialCluster)
class IndustrialClusterAdmin(ScopedModelAdmin):
    list_display = ("number", "name_zh", "place", "industry_group", "province", "note")
    list_filter = ("province",)
    search_fields = ("name_zh", "name_en", "place", "industry")
    fields = ("province", "number", ("name_zh", "name_en"), ("place", "industry"), "note")

    @display(description=_("industry"), ordering="industry")
    def industry_group(self, cluster: IndustrialCluster) -> str:
        group = industries().get(cluster.industry)
        if group is None:
            return cluster.industry
        return group.name_en if (get_language() or "").startswith("en") else group.name_zh
