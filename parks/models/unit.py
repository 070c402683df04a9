"""Buildings, units, and what each unit was used for: a conversion closes one use and opens the next."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope
from core.money import MoneyField
from core.overlap import no_overlap
from parks.choices import UnitUseKind
from parks.models.park import Park


class Building(NamedMixin):
    """A building of a park, in one of its phases."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="buildings", verbose_name=_("park"))
    code = models.CharField(_("code"), max_length=32)
    phase = models.PositiveSmallIntegerField(_("phase"), default=1)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("building")
        verbose_name_plural = _("buildings")
        constraints = [models.UniqueConstraint(fields=["park", "code"], name="parks_building_code")]


class Unit(PublicIdMixin, ClosableMixin):
    """A lettable or common unit. Its use and area on a day are that day's row of its history."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="units", verbose_name=_("park"))
    building = models.ForeignKey(Building, models.PROTECT, related_name="units", verbose_name=_("building"))
    code = models.CharField(_("code"), max_length=64, unique=True)
    floor = models.SmallIntegerField(_("floor"), default=1)
    is_lettable = models.BooleanField(_("may be let"), default=True)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class UnitUse(models.Model):
    """What a unit was used for in [from_day, to_day), its area then and the cost of the change."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="uses", verbose_name=_("unit"))
    use = models.CharField(_("use"), max_length=16, choices=UnitUseKind)
    area_m2 = models.DecimalField(_("area (m²)"), max_digits=10, decimal_places=2)
    from_day = models.DateField(_("from"))
    to_day = models.DateField(_("until"), null=True, blank=True)
    conversion_cost = MoneyField(_("conversion cost (CNY)"), default=0)

    scope = Scope(nodes=("unit__park_id",))
    database_rules = (no_overlap("parks_unituse", "unit_id", "from_day", "to_day", kind="date"),)

    class Meta:
        verbose_name = _("use of a unit")
        verbose_name_plural = _("uses of units")
        ordering = ["unit", "from_day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_day__isnull=True) | Q(to_day__gt=F("from_day")), name="parks_use_order"
            ),
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="parks_use_area"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_use_display()} · {self.from_day}"
