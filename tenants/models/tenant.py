"""Companies, tenants, where a tenant sat when, and its stores on platforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope, ScopeNode, StampedMixin
from core.overlap import no_overlap
from parks.models import IndustrialCluster, Park
from tenants.choices import TenantKind, WallVisibility
from tenants.querysets import TenancyQuerySet

# From a scope node to its tenant's choice: the `shared` of what a tenant's order lines are.
SHARES_ORDERS = "tenant__shares_orders_with_park"


class Company(NamedMixin, StampedMixin):
    """A legal person by its unified social credit code (统一社会信用代码)."""

    credit_code = models.CharField(_("credit code"), max_length=18, unique=True)

    scope = Scope(nodes=("tenants__node_id",), many=True)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")


class Tenant(NamedMixin, PublicIdMixin, StampedMixin, ClosableMixin):
    """A firm in a park (入驻企业). Its id is its scope node; the node hangs under the park it is in now."""

    node = models.OneToOneField(ScopeNode, models.PROTECT, primary_key=True, related_name="tenant")
    company = models.ForeignKey(Company, models.PROTECT, related_name="tenants", verbose_name=_("company"))
    code = models.SlugField(_("code"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=TenantKind)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    cluster = models.ForeignKey(
        IndustrialCluster,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tenants",
        verbose_name=_("industrial cluster"),
    )
    headcount = models.PositiveIntegerField(_("headcount"), null=True, blank=True)
    has_own_brand = models.BooleanField(_("own brand"), default=False)
    website = models.URLField(_("website"), blank=True)
    wall_visibility = models.CharField(
        _("on the wall"), max_length=8, choices=WallVisibility, default=WallVisibility.RANK
    )
    shares_orders_with_park = models.BooleanField(_("shows its order lines to the park"), default=False)
    is_synthetic = models.BooleanField(_("synthetic data"), default=False)

    scope = Scope(nodes=("node_id",))

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["code"]


class Tenancy(models.Model):
    """In which park a tenant sat, by whole business days, [from_day, to_day). Sales join parks through it."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="tenancies", verbose_name=_("tenant"))
    park = models.ForeignKey(Park, models.PROTECT, related_name="tenancies", verbose_name=_("park"))
    from_day = models.DateField(_("from"))
    to_day = models.DateField(_("until"), null=True, blank=True)

    scope = Scope(nodes=("tenant_id",), park="park_id")
    database_rules = (no_overlap("tenants_tenancy", "tenant_id", "from_day", "to_day", kind="date"),)

    objects = TenancyQuerySet.as_manager()

    class Meta:
        verbose_name = _("tenancy")
        verbose_name_plural = _("tenancies")
        ordering = ["tenant", "from_day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_day__isnull=True) | Q(to_day__gt=F("from_day")), name="tenants_tenancy_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} · {self.park} · {self.from_day}"


def seat_of_day(day: str) -> Callable[[Any], Q]:
    """The `park` of what a tenant did on a day: where it sat on it."""

    def rows(parks: Any) -> Q:
        return Q(Exists(Tenancy.objects.on(OuterRef(day)).of_outer_tenant().filter(park__in=parks)))

    return rows


def seat_of_month(month: str) -> Callable[[Any], Q]:
    """The `park` of what a tenant did in a month: where it sat in it, and none where it moved within it or left."""

    def rows(parks: Any) -> Q:
        seats = Tenancy.objects.in_month(OuterRef(month)).of_outer_tenant()
        in_none = Tenancy.objects.beside_none_in_month(OuterRef(month)).of_outer_tenant()
        elsewhere = Q(Exists(seats.exclude(park__in=parks))) | Q(Exists(in_none))
        return Q(Exists(seats.filter(park__in=parks))) & ~elsewhere

    return rows


class Store(NamedMixin, PublicIdMixin, ClosableMixin):
    """A shop on a platform; a collective store sells for member tenants."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="stores", verbose_name=_("tenant"))
    platform = models.CharField(_("platform"), max_length=32)
    account = models.CharField(_("account"), max_length=100)
    members = models.ManyToManyField(
        Tenant, related_name="collective_stores", blank=True, verbose_name=_("members")
    )

    scope = Scope(nodes=("tenant_id",))

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        constraints = [models.UniqueConstraint(fields=["platform", "account"], name="tenants_store_once")]

    @property
    def member_codes(self) -> list[str]:
        """The codes of the firms whose goods it sells."""
        return list(self.members.order_by("code").values_list("code", flat=True))
