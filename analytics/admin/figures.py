"""The operator's door to figures: counted from the ledger and changed nowhere; months are closed here."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import ExpressionWrapper, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from analytics.closing import came_later, is_reproducible, standings
from analytics.models import DaySales, MonthSales, PeriodClose, SessionFigures, SessionShare
from analytics.result import account_of, may_see_result
from analytics.services.periods import period_close
from core.actors import Actor, system_actor
from core.doors.admin import ScopedModelAdmin, money
from core.doors.admin.display import cny
from core.doors.context import actor_of
from core.models import AuditEntry
from core.money import MoneyField
from core.policy import ADD
from supplychain.choices import SalesKind

SYSTEM = system_actor("admin")
RECOUNT = "recount"
MEASURES = (
    ("gmv_created", "gmv_paid"),
    ("refunds", "cancellations", "adjustments"),
    ("cross_border_paid", "cross_border_refunds"),
    ("orders", "refund_orders", "lines"),
    ("units_paid", "units_refunded"),
)
NOTHING = Value(Decimal(0), output_field=MoneyField())
NET = ExpressionWrapper(F("gmv_paid") - F("refunds"), output_field=MoneyField())
COLUMNS = ("gmv_paid", "refunds", money("net", _("net sales")), "orders", "units_paid")


class SalesAdmin(ScopedModelAdmin):
    """What the figures of every level have in common."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[DaySales]:
        return super().get_queryset(request).annotate(net=NET)


@admin.register(DaySales)
class DaySalesAdmin(SalesAdmin):
    list_display = ("day", "tenant", *COLUMNS)
    list_filter = ("day", "tenant")
    search_fields = ("tenant__code", "tenant__name_zh", "tenant__name_en")
    ordering = ("-day", "tenant")
    fields = (("tenant", "day"), *MEASURES)


@admin.register(MonthSales)
class MonthSalesAdmin(SalesAdmin):
    list_display = ("month", "tenant", *COLUMNS)
    list_filter = ("month", "tenant")
    search_fields = ("tenant__code", "tenant__name_zh", "tenant__name_en")
    ordering = ("-month", "tenant")
    fields = (("tenant", "month"), *MEASURES)


@admin.register(SessionFigures)
class SessionFiguresAdmin(SalesAdmin):
    list_display = ("session", *COLUMNS)
    list_filter = ("session__started_at", "session__tenant")
    search_fields = (
        "session__title",
        "session__platform_live_id",
        "session__tenant__code",
        "session__tenant__name_zh",
    )
    ordering = ("-session",)
    fields = ("session", *MEASURES, "result")
    readonly_fields = ("result",)

    def get_fieldsets(self, request: HttpRequest, obj: SessionFigures | None = None) -> Any:
        """The result stands here for those who may read it: a park's people may not."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or may_see_result(actor_of(request), obj.session.tenant_id):
            return shown
        return [
            (title, {**options, "fields": [name for name in options["fields"] if name != "result"]})
            for title, options in shown
        ]

    @admin.display(description=_("result of the session"))
    def result(self, row: SessionFigures) -> SafeString:
        account = account_of(SYSTEM, row.session)
        amounts = [(line.part.label, cny(line.amount)) for line in account.lines.values()]
        amounts.append((_("left after what is known"), cny(account.left_amount)))
        return format_html_join(mark_safe("<br>"), "{}: {}", amounts)


@admin.register(SessionShare)
class SessionShareAdmin(SalesAdmin):
    list_display = (
        "session",
        "part",
        "who",
        "gmv_paid",
        "refunds",
        money("net", _("net sales")),
        "units_paid",
    )
    list_filter = ("session__started_at", "part", "session__tenant")
    search_fields = (
        "session__title",
        "session__platform_live_id",
        "host__code",
        "host__name_zh",
        "firm__code",
        "firm__name_zh",
    )
    ordering = ("-session", "part", "party")
    list_select_related = ("session", "host", "firm")
    fields = ("session", ("part", "host", "firm"), ("gmv_paid", "refunds"), ("units_paid", "units_refunded"))

    @admin.display(description=_("whose"))
    def who(self, row: SessionShare) -> str:
        return row.who


@admin.register(PeriodClose)
class PeriodCloseAdmin(ScopedModelAdmin):
    """Nobody types an adjustment: it is what later facts make of the month, and the next close carries it."""

    list_display = (
        "month",
        "tenant",
        "closed_net",
        money("live_net", _("as it is now")),
        "change",
        "published_on",
        "closed_by",
    )
    list_filter = ("month", "tenant")
    search_fields = ("tenant__code", "tenant__name_zh", "tenant__name_en")
    ordering = ("-month", "tenant")
    fieldsets = (
        (None, {"fields": (("tenant", "month"), ("published_on", "closed_by"))}),
        (_("Since the close"), {"fields": ("standing", "later")}),
        (_("Proof"), {"fields": (("lines", "lines_hash"), "proof", "figures")}),
    )
    readonly_fields = ("closed_by", "standing", "later", "proof")
    writes = frozenset({ADD})
    add_fieldsets = ((None, {"fields": ("tenant", "month")}),)
    autocomplete_fields = ("tenant",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodClose]:
        live = MonthSales.objects.filter(tenant=OuterRef("tenant"), month=OuterRef("month"))
        entries = AuditEntry.objects.filter(
            object_type=PeriodClose._meta.label, object_id=OuterRef("pk"), verb="period.close"
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                live_net=Coalesce(Subquery(live.annotate(net=NET).values("net")[:1]), NOTHING),
                closer=Subquery(entries.values("actor")[:1]),
            )
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.stands = standings([row.tenant_id])[row.tenant_id, row.month]
            # A month may have a million lines: they are read when somebody asks, not whenever the page is opened.
            row.holds = is_reproducible(row) if RECOUNT in request.GET else None
        return row

    @admin.display(description=_("verified net as closed"))
    def closed_net(self, row: PeriodClose) -> str:
        return cny(row.verified_net)

    @admin.display(description=_("changed since"))
    def change(self, row: Any) -> str:
        return cny(row.live_net - row.verified_net)

    @admin.display(description=_("closed by"))
    def closed_by(self, row: Any) -> str:
        return row.closer or "–"

    @admin.display(description=_("verified net"))
    def standing(self, row: Any) -> SafeString:
        stands = row.stands
        amounts = [
            (_("as closed"), cny(stands.closed)),
            (_("as it is now"), cny(stands.live)),
            (_("carried by later closes"), cny(stands.carried)),
            (_("still open: the next close carries it"), cny(stands.open)),
        ]
        return format_html_join(mark_safe("<br>"), "{}: {}", amounts)

    @admin.display(description=_("what came in later"))
    def later(self, row: PeriodClose) -> SafeString | Promise:
        found = [
            (
                f"{each.day:%Y-%m-%d}",
                SalesKind(each.kind).label,
                ngettext("%(n)s fact", "%(n)s facts", each.facts) % {"n": each.facts},
                cny(each.amount),
                ngettext(
                    "of which %(n)s corrects an earlier one",
                    "of which %(n)s correct earlier ones",
                    each.corrections,
                )
                % {"n": each.corrections}
                if each.corrections
                else "",
            )
            for each in came_later(row)
        ]
        if not found:
            return _("Nothing came in after the close.")
        return format_html_join(mark_safe("<br>"), "{} · {} · {} · {} {}", found)

    @admin.display(description=_("the lines of the close"))
    def proof(self, row: Any) -> SafeString | Promise:
        if row.holds is None:
            return format_html('<a href="?{}=1">{}</a>', RECOUNT, _("Count the lines again from the ledger"))
        if row.holds:
            return _("The ledger still gives the very lines it was counted from.")
        return _("The ledger does not give the lines any more that it was counted from: have it looked into.")

    def create(self, actor: Actor, values: dict[str, Any]) -> PeriodClose:
        return period_close(actor=actor, **values)
