"""Figures counted from the ledger: hour, day and month. Each row can be thrown away and counted again."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.models import Scope
from core.money import MoneyField
from livestreams.models import LiveSession
from supplychain.choices import Channel
from tenants.models import Tenant, seat_of_day, seat_of_month


class SalesMeasures(models.Model):
    """What is counted at every level. Distinct counts (orders) are recounted from facts, never added up."""

    gmv_created = MoneyField(_("ordered amount"), default=0)
    gmv_paid = MoneyField(_("paid GMV"), default=0)
    refunds = MoneyField(_("refunds"), default=0)
    cancellations = MoneyField(_("of which cancelled after payment"), default=0)
    adjustments = MoneyField(_("adjustments"), default=0)
    cross_border_paid = MoneyField(_("of which paid across the border"), default=0)
    cross_border_refunds = MoneyField(_("cross-border refunds"), default=0)
    units_paid = models.BigIntegerField(_("units paid"), default=0)
    units_refunded = models.BigIntegerField(_("units refunded"), default=0)
    lines = models.BigIntegerField(_("lines"), default=0)
    orders = models.BigIntegerField(_("paid orders"), default=0)
    refund_orders = models.BigIntegerField(_("orders with a linked refund"), default=0)

    class Meta:
        abstract = True


def _counted_tenant() -> models.ForeignKey[Tenant, Tenant]:
    """The tenant of a counted row: its facts hold the constraint, checking it again for each row is dear."""
    return models.ForeignKey(
        Tenant,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("tenant"),
    )


class HourSales(SalesMeasures):
    """A tenant's sales of one UTC hour by channel and session (0: none). `day` is the business day of the hour."""

    tenant = _counted_tenant()
    slot = models.BigIntegerField(_("hour"))
    day = models.DateField(_("day"))
    channel = models.CharField(_("channel"), max_length=16, choices=Channel)
    session_key = models.BigIntegerField(_("session or 0"), default=0)

    scope = Scope(nodes=("tenant_id",), park=seat_of_day("day"))

    class Meta:
        verbose_name = _("hour figures")
        verbose_name_plural = _("hour figures")
        constraints = [
            # The day follows from the hour; it stands here so that one index finds hours and days.
            models.UniqueConstraint(
                fields=["tenant", "day", "slot", "channel", "session_key"], name="analytics_hour_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["session_key"], condition=models.Q(session_key__gt=0), name="analytics_hour_session"
            ),
        ]


class SpreadOrder(models.Model):
    """A row of HourSales that shares an order with another row; `what` is PAID or REFUNDED.

    Orders cannot be added up: one paid in two hours is one order of the day. Most lie in a single row, so only
    the others are kept, and the distinct orders of any range are the sum of its rows less what these say twice.
    """

    PAID, REFUNDED = "paid", "refunded"

    tenant = _counted_tenant()
    what = models.CharField(max_length=8)
    source = models.CharField(max_length=32)
    order_no = models.CharField(max_length=64)
    slot = models.BigIntegerField()
    day = models.DateField()
    channel = models.CharField(max_length=16)
    session_key = models.BigIntegerField()

    scope = Scope(system="bookkeeping of the roll-up")

    class Meta:
        verbose_name = _("spread order")
        verbose_name_plural = _("spread orders")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "order_no", "what", "slot", "channel", "session_key"],
                name="analytics_spread_once",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "day", "slot"], name="analytics_spread_slot"),
            models.Index(
                fields=["session_key"], condition=models.Q(session_key__gt=0), name="analytics_spread_session"
            ),
        ]


class DaySales(SalesMeasures):
    """A tenant's sales of one business day (Asia/Shanghai)."""

    tenant = _counted_tenant()
    day = models.DateField(_("day"))

    scope = Scope(nodes=("tenant_id",), park=seat_of_day("day"))

    class Meta:
        verbose_name = _("day figures")
        verbose_name_plural = _("day figures")
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="analytics_day_once")]
        indexes = [models.Index(fields=["day"], name="analytics_day_day")]

    def __str__(self) -> str:
        return f"{self.tenant} · {self.day}"


class MonthSales(SalesMeasures):
    """A tenant's sales of one month; `month` is its first day."""

    tenant = _counted_tenant()
    month = models.DateField(_("month"))

    scope = Scope(nodes=("tenant_id",), park=seat_of_month("month"))

    class Meta:
        verbose_name = _("month figures")
        verbose_name_plural = _("month figures")
        constraints = [models.UniqueConstraint(fields=["tenant", "month"], name="analytics_month_once")]

    def __str__(self) -> str:
        return f"{self.tenant} · {self.month:%Y-%m}"


class SessionFigures(SalesMeasures):
    """A live session's sales, counted from the facts attributed to it, whatever the hour."""

    session = models.OneToOneField(
        LiveSession, models.PROTECT, primary_key=True, related_name="figures", verbose_name=_("live session")
    )

    scope = Scope(nodes=("session__tenant_id",), park="session__park_id", user="session__host__user_id")

    class Meta:
        verbose_name = _("session figures")
        verbose_name_plural = _("session figures")

    def __str__(self) -> str:
        return str(self.session)


class PeriodClose(models.Model):
    """A closed month of a tenant: its figures as they stood, and the hash of the lines they were counted from.

    The live month goes on restating; the adjustment (live minus closed) appears in the open period.
    """

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="+", verbose_name=_("tenant"))
    month = models.DateField(_("month"))
    seq = models.PositiveIntegerField(_("vintage"))
    published_on = models.DateField(_("published on"))
    figures = models.JSONField(_("figures"))
    lines = models.BigIntegerField(_("lines"))
    lines_hash = models.CharField(_("hash of the lines"), max_length=64)

    scope = Scope(nodes=("tenant_id",), park=seat_of_month("month"))
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("closed month")
        verbose_name_plural = _("closed months")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "month", "seq"], name="analytics_close_once")
        ]

    def __str__(self) -> str:
        return f"{self.tenant} · {self.month:%Y-%m}"

    @property
    def verified_net(self) -> Decimal:
        """As it was closed."""
        return Decimal(self.figures["values"]["verified_net"])
