"""Leases, what is charged, and the verified figures that rent rules may read."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.models import PublicIdMixin, Scope, StampedMixin
from core.money import MoneyField
from core.overlap import no_overlap
from parks.models import Park, Unit
from tenants.choices import ChargeKind, LeaseState
from tenants.models.tenant import Tenant, seat_of_month


class Lease(PublicIdMixin, StampedMixin):
    """A contract of a tenant over units, [from_day, to_day)."""

    number = models.CharField(_("number"), max_length=64, unique=True)
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="leases", verbose_name=_("tenant"))
    park = models.ForeignKey(Park, models.PROTECT, related_name="leases", verbose_name=_("park"))
    state = models.CharField(_("state"), max_length=8, choices=LeaseState, default=LeaseState.ACTIVE)
    from_day = models.DateField(_("from"))
    to_day = models.DateField(_("until"))
    free_until = models.DateField(_("free of rent until"), null=True, blank=True)
    deposit = MoneyField(_("deposit (CNY)"), default=0)
    rent_per_month = MoneyField(_("rent per month (CNY)"), default=0)
    service_fee_per_month = MoneyField(_("service fee per month (CNY)"), default=0)
    turnover_rate_percent = models.DecimalField(
        _("turnover rent (%)"), max_digits=6, decimal_places=3, default=0
    )
    turnover_threshold = MoneyField(_("turnover rent from (CNY per month)"), default=0)

    scope = Scope(nodes=("tenant_id",), park="park_id")

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")
        constraints = [
            models.CheckConstraint(condition=Q(to_day__gt=F("from_day")), name="tenants_lease_order"),
            models.CheckConstraint(
                condition=Q(
                    deposit__gte=0,
                    rent_per_month__gte=0,
                    service_fee_per_month__gte=0,
                    turnover_threshold__gte=0,
                ),
                name="tenants_lease_amounts",
            ),
            models.CheckConstraint(
                condition=Q(turnover_rate_percent__gte=0, turnover_rate_percent__lte=100),
                name="tenants_lease_rate",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class LeaseUnit(models.Model):
    """A unit under a lease. Range and state are repeated here, so that the database can refuse a second lease."""

    lease = models.ForeignKey(Lease, models.PROTECT, related_name="lease_units", verbose_name=_("lease"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="lease_units", verbose_name=_("unit"))
    area_m2 = models.DecimalField(_("area (m²)"), max_digits=10, decimal_places=2)
    from_day = models.DateField(_("from"))
    to_day = models.DateField(_("until"))
    is_active = models.BooleanField(_("active"), default=True)

    scope = Scope(nodes=("lease__tenant_id",), park="lease__park_id")
    database_rules = (
        no_overlap(
            "tenants_leaseunit", "unit_id", "from_day", "to_day", kind="date", where="{row}.is_active"
        ),
    )

    class Meta:
        verbose_name = _("leased unit")
        verbose_name_plural = _("leased units")
        constraints = [
            models.CheckConstraint(condition=Q(to_day__gt=F("from_day")), name="tenants_leaseunit_order"),
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="tenants_leaseunit_area"),
        ]

    def __str__(self) -> str:
        return f"{self.lease} · {self.unit}"


class Charge(PublicIdMixin):
    """An amount a tenant owes a park for a period, once per (source, source id, period) of that park."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="charges", verbose_name=_("tenant"))
    park = models.ForeignKey(Park, models.PROTECT, related_name="charges", verbose_name=_("park"))
    kind = models.CharField(_("kind"), max_length=16, choices=ChargeKind)
    source = models.CharField(_("source"), max_length=32)
    source_id = models.CharField(_("source id"), max_length=64)
    period = models.DateField(_("period"))
    amount = MoneyField(_("amount (CNY)"))
    explanation = models.JSONField(_("how it was computed"), default=dict)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    scope = Scope(nodes=("tenant_id",), park="park_id")

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints = [
            models.UniqueConstraint(
                fields=["park", "source", "source_id", "period"], name="tenants_charge_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant} · {self.get_kind_display()} · {self.period:%Y-%m}"


class VerifiedFigure(models.Model):
    """A figure that analytics pushed at month close: the only figures that rent and subsidy rules read."""

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="verified_figures", verbose_name=_("tenant")
    )
    metric = models.CharField(_("metric"), max_length=64)
    period = models.DateField(_("period"))
    version = models.PositiveIntegerField(_("version"))
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=4)
    source_hash = models.CharField(_("hash of the lines"), max_length=64)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    scope = Scope(nodes=("tenant_id",), park=seat_of_month("period"))
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("verified figure")
        verbose_name_plural = _("verified figures")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "metric", "period", "version"], name="tenants_figure_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant} · {self.metric} · {self.period:%Y-%m}"
