"""Imports and the ledger. Order lines belong to their tenants: a park sees those that are shared, else sums."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.doors.admin import ScopedModelAdmin, badge
from core.policy import CHANGE
from supplychain import services
from supplychain.admin.importwords import options_told, read_by, report_told
from supplychain.choices import ImportState
from supplychain.exceeding import mark
from supplychain.models import AttributionSettings, ImportBatch, SalesEvent

TAKEN_BACK = "undone"
TAKES_BACK = "undoes"


def taken_back(batch: ImportBatch) -> tuple[str, str] | None:
    """What stands for the state of an import that was taken back, whose facts are stored still and count no more, and
    of what took it back.
    """
    if TAKES_BACK in batch.report:
        return TAKES_BACK, gettext("takes back %(file)s") % {"file": batch}
    return (TAKEN_BACK, gettext("taken back")) if TAKEN_BACK in batch.report else None


@admin.register(ImportBatch)
class ImportBatchAdmin(ScopedModelAdmin):
    list_display = (
        "__str__",
        "tenant",
        "came_as",
        badge(
            "state",
            _("state"),
            {
                ImportState.STAGED: "info",
                ImportState.IMPORTED: "success",
                ImportState.REFUSED: "danger",
                TAKEN_BACK: "warning",
                TAKES_BACK: "info",
            },
            instead=taken_back,
        ),
        "created_at",
    )
    list_filter = ("created_at", "state", "tenant")
    search_fields = ("file_name", "source", "profile", "tenant__code", "tenant__name_zh")
    fields = (
        "tenant",
        "came_as",
        "file_name",
        "file_hash",
        "read_as",
        "state_now",
        "outcome",
        "created_by",
    )
    readonly_fields = ("came_as", "read_as", "state_now", "outcome")

    @admin.display(description=_("read as"))
    def came_as(self, batch: ImportBatch) -> str:
        return read_by(batch.profile)

    @admin.display(description=_("options"))
    def read_as(self, batch: ImportBatch) -> str:
        return options_told(batch.options)

    @admin.display(description=_("state"))
    def state_now(self, batch: ImportBatch) -> str:
        code, words = taken_back(batch) or (batch.state, batch.get_state_display())
        if code != TAKES_BACK:
            return words
        address = reverse("admin:supplychain_importbatch_change", args=[batch.options[TAKES_BACK]])
        return format_html('<a href="{}">{}</a>', address, words)

    @admin.display(description=_("report"))
    def outcome(self, batch: ImportBatch) -> str:
        return report_told(batch.report)


@admin.register(SalesEvent)
class SalesEventAdmin(ScopedModelAdmin):
    list_display = (
        "occurred_at",
        "seller",
        "kind",
        "order_no",
        "line_no",
        "sku_code",
        "quantity",
        "amount",
        "channel",
    )
    list_filter = ("business_day", "seller", "kind", "channel")
    search_fields = ("order_no", "external_id", "sku_code")
    ordering = ("-id",)
    readonly_fields = ("exceeds_paid",)
    fieldsets = (
        (
            None,
            {"fields": (("seller", "owner"), ("source", "external_id", "version"), ("kind", "line_type"))},
        ),
        (
            _("Order"),
            {"fields": (("order_no", "line_no"), ("ref_order_no", "ref_line"), ("sku_code", "title"))},
        ),
        (
            _("Amount"),
            {
                "fields": (
                    ("quantity", "amount", "exceeds_paid"),
                    ("currency", "amount_foreign"),
                    ("rate", "rate_day"),
                )
            },
        ),
        (
            _("Where and when"),
            {
                "fields": (
                    ("occurred_at", "business_day", "received_at"),
                    ("channel", "session_ref", "host_ref"),
                    ("owner_ref", "destination", "customs_mode"),
                    "import_batch",
                )
            },
        ),
    )

    @admin.display(description=_("more was refunded than paid"), boolean=True)
    def exceeds_paid(self, fact: SalesEvent) -> bool:
        mark([fact])
        return bool(fact.exceeds)  # type: ignore[attr-defined]


@admin.register(AttributionSettings)
class AttributionSettingsAdmin(ScopedModelAdmin):
    """How long after its end a session may still be given lines, firm by firm."""

    writes = frozenset({CHANGE})
    list_display = ("tenant", "window_hours")
    list_filter = ("window_hours", "tenant")
    search_fields = ("tenant__code", "tenant__name_zh", "tenant__name_en")
    fields = ("tenant", "window_hours")
    fixed_fields = ("tenant",)

    def update(self, actor: Actor, row: AttributionSettings, values: dict[str, Any]) -> None:
        services.window_set(actor=actor, tenant=row.tenant, **values)
