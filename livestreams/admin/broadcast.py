"""The ways of pictures to their platforms. No column here holds a platform's key."""

from __future__ import annotations

from django.contrib import admin

from core.doors.admin import ScopedModelAdmin
from livestreams.models import Broadcast


@admin.register(Broadcast)
class BroadcastAdmin(ScopedModelAdmin):
    list_display = ("booking", "route", "platform", "server", "key_set_at", "handed_at", "hand_overs")
    list_select_related = ("booking__room",)
    list_filter = ("route", "platform", "booking__room", "booking__tenant")
    search_fields = ("booking__tenant__code", "booking__room__code", "server")
    fields = ("booking", ("route", "platform"), ("server", "key_set_at"), ("handed_at", "hand_overs"))
