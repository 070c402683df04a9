"""Places are reference data: everybody with a role looks them up, nobody edits them here."""

from __future__ import annotations

from django.contrib import admin

from core.doors.admin import ScopedModelAdmin
from parks.models import City, IndustrialCluster, Province, Town


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
    list_display = ("code", "name_zh", "name_en", "city")
    list_filter = ("city",)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("code", "name_zh", "name_en", "city")


@admin.register(IndustrialCluster)
class IndustrialClusterAdmin(ScopedModelAdmin):
    list_display = ("number", "name_zh", "name_en", "province", "note")
    list_filter = ("province",)
    search_fields = ("name_zh", "name_en")
    fields = ("province", "number", "name_zh", "name_en", "note")
