"""Hosts: of an agency or employed by a tenant."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope, StampedMixin, User
from core.money import MoneyField
from tenants.models import Tenant


class Host(NamedMixin, PublicIdMixin, StampedMixin, ClosableMixin):
    """A host (主播) of an agency tenant or an employee of a seller."""

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="hosts", verbose_name=_("agency or employer")
    )
    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="host", verbose_name=_("log-in")
    )
    code = models.SlugField(_("code"), max_length=64, unique=True)
    level = models.CharField(_("level"), max_length=16, blank=True)
    languages = models.JSONField(_("languages"), default=list, blank=True)
    categories = models.JSONField(_("categories"), default=list, blank=True)
    day_rate = MoneyField(_("day rate (CNY)"), default=0)
    is_employee = models.BooleanField(_("employee"), default=False)

    scope = Scope(nodes=("tenant_id",), user="user_id")

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(day_rate__gte=0), name="livestreams_host_rate")]
