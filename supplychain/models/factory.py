"""Factories that make a tenant's goods: their steps, and how much of each day is taken."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import ClosableMixin, PublicIdMixin, Scope, StampedMixin
from supplychain.choices import WorkStep
from tenants.models import Tenant


class Factory(PublicIdMixin, StampedMixin, ClosableMixin):
    """A factory as a tenant knows it: whom one calls, and on which terms it works."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="factories", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=100)
    contact = models.CharField(_("contact"), max_length=100, blank=True)
    terms = models.CharField(_("terms"), max_length=300, blank=True)

    scope = Scope(nodes=("tenant_id",))

    class Meta:
        verbose_name = _("factory")
        verbose_name_plural = _("factories")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="supplychain_factory_once")]

    def __str__(self) -> str:
        return self.name


class FactoryStep(models.Model):
    """A step that a factory does: pieces a day, and days of preparation before the first piece."""

    factory = models.ForeignKey(Factory, models.PROTECT, related_name="steps", verbose_name=_("factory"))
    kind = models.CharField(_("step"), max_length=16, choices=WorkStep)
    place = models.PositiveSmallIntegerField(_("place in the work"))
    pieces_per_day = models.PositiveIntegerField(_("pieces a day"))
    lead_days = models.PositiveSmallIntegerField(_("days of preparation"), default=0)

    scope = Scope(nodes=("factory__tenant_id",))

    class Meta:
        verbose_name = _("step of a factory")
        verbose_name_plural = _("steps of factories")
        ordering = ["factory", "place"]
        constraints = [
            models.UniqueConstraint(fields=["factory", "kind"], name="supplychain_step_once"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class FactoryDay(models.Model):
    """How many pieces of a step are taken on a day. The database holds them within what the step can do."""

    step = models.ForeignKey(FactoryStep, models.PROTECT, related_name="days", verbose_name=_("step"))
    day = models.DateField(_("day"))
    capacity = models.PositiveIntegerField(_("pieces a day"))
    taken = models.PositiveIntegerField(_("taken"), default=0)

    scope = Scope(nodes=("step__factory__tenant_id",))

    class Meta:
        verbose_name = _("day of a step")
        verbose_name_plural = _("days of steps")
        ordering = ["day", "step"]
        constraints = [
            models.UniqueConstraint(fields=["step", "day"], name="supplychain_factory_day_once"),
            models.CheckConstraint(
                condition=Q(taken__gte=0, taken__lte=F("capacity")), name="supplychain_factory_day_fits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.day}: {self.taken}"
