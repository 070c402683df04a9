"""Places: provinces, cities, towns, and the industrial clusters of a province."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import NamedMixin, Scope, ScopeNode
from parks.choices import Region
from parks.provinces import province_by_code


class Province(NamedMixin):
    """One of the 34 province-level places; `code` is the two digits of GB/T 2260."""

    node = models.OneToOneField(ScopeNode, models.PROTECT, primary_key=True, related_name="province")
    code = models.CharField(_("GB/T 2260 code"), max_length=2, unique=True)
    region = models.CharField(_("region"), max_length=8, choices=Region, blank=True)

    scope = Scope(reference="public geography")

    class Meta:
        verbose_name = _("province")
        verbose_name_plural = _("provinces")
        ordering = ["code"]

    @property
    def short_name(self) -> str:
        """The name as maps and tables have room for it: 内蒙古, Inner Mongolia."""
        known = province_by_code(self.code)
        return known.short_zh if known and self.name == self.name_zh else self.name


class City(NamedMixin):
    """A prefecture-level city of a province; `code` is the four digits of GB/T 2260."""

    node = models.OneToOneField(ScopeNode, models.PROTECT, primary_key=True, related_name="city")
    province = models.ForeignKey(Province, models.PROTECT, related_name="cities", verbose_name=_("province"))
    code = models.CharField(_("GB/T 2260 code"), max_length=4, unique=True)

    scope = Scope(reference="public geography")

    class Meta:
        verbose_name = _("city")
        verbose_name_plural = _("cities")
        ordering = ["code"]


class Town(NamedMixin):
    """A town or district of a city, where a park stands. Its middle says which towns are near."""

    node = models.OneToOneField(ScopeNode, models.PROTECT, primary_key=True, related_name="town")
    city = models.ForeignKey(City, models.PROTECT, related_name="towns", verbose_name=_("city"))
    code = models.CharField(_("code"), max_length=32, unique=True)
    latitude = models.FloatField(_("latitude (°)"), null=True, blank=True)
    longitude = models.FloatField(_("longitude (°)"), null=True, blank=True)

    scope = Scope(reference="public geography")

    class Meta:
        verbose_name = _("town")
        verbose_name_plural = _("towns")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__gte=-90,
                    latitude__lte=90,
                    longitude__gte=-180,
                    longitude__lte=180,
                ),
                name="parks_town_place",
            )
        ]


class IndustrialCluster(NamedMixin):
    """An industrial cluster (产业集群) of a province, as listed; `note` flags what the list got wrong.

    `place` is where its name says it is, `industry` the code of its group (parks.industries).
    """

    province = models.ForeignKey(
        Province, models.PROTECT, related_name="clusters", verbose_name=_("province")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    place = models.CharField(_("place"), max_length=50, blank=True)
    industry = models.CharField(_("industry"), max_length=32, blank=True, db_index=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    scope = Scope(reference="published list")

    class Meta:
        verbose_name = _("industrial cluster")
        verbose_name_plural = _("industrial clusters")
        ordering = ["province", "number"]
        constraints = [models.UniqueConstraint(fields=["province", "number"], name="parks_cluster_once")]
