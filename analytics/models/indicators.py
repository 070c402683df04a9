"""Provincial indicators with vintages and lineage, and index runs stored with everything they were computed from."""

from __future__ import annotations

from decimal import Context, Decimal

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from analytics.choices import Dimension, PeriodKind, ValueSource, Withheld
from analytics.periods import Period
from core import dbrules
from core.clock import local
from core.models import NamedMixin, PublicIdMixin, Scope, ScopeNode, User
from parks.models import Park

# The unit of values that are shares of one; a share of a hundred is published as "%".
SHARE_OF_ONE = "比率"
# Both databases keep so many digits of a decimal exactly, and so many after the point.
SIGNIFICANT_DIGITS, DECIMALS = 15, 8


def kept(value: Decimal | int) -> Decimal:
    """A value as the databases keep it: amounts up to 10 trillion CNY to the cent."""
    return Context(prec=SIGNIFICANT_DIGITS).create_decimal(value)


class Indicator(NamedMixin):
    """A series: one of the study's 12, a control, an official one met in a file, or a park-born one."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    dimension = models.CharField(_("dimension"), max_length=16, choices=Dimension)
    unit_zh = models.CharField(_("unit (Chinese)"), max_length=32, blank=True)
    unit_en = models.CharField(_("unit (English)"), max_length=64, blank=True)
    definition = models.CharField(_("definition"), max_length=300, blank=True)
    direction = models.SmallIntegerField(_("direction"), default=1)
    in_index = models.BooleanField(_("part of the index"), default=False)
    published_weight = models.DecimalField(
        _("published weight (%)"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    scope = Scope(reference="published definitions")

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["order", "code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(direction__in=[-1, 1]), name="analytics_indicator_direction"
            )
        ]

    @property
    def unit(self) -> str:
        """The unit in the language of the reader."""
        return self.unit_en if self.unit_en and (get_language() or "").startswith("en") else self.unit_zh

    @property
    def is_share(self) -> bool:
        """Whether its values are kept as shares of one, which people read in per cent (see `analytics.looks`)."""
        return self.unit_zh == SHARE_OF_ONE

    @property
    def shown_unit(self) -> str:
        """The unit of its values as pages show them."""
        return "%" if self.is_share else self.unit


class Vintage(models.Model):
    """A published value is a fact: a revision is a new vintage (published_on, seq), never an update.

    `is_preliminary` says that the period was not over when the value was counted.
    """

    period_kind = models.CharField(_("period"), max_length=8, choices=PeriodKind, default=PeriodKind.YEAR)
    period = models.DateField(_("first day of the period"))
    published_on = models.DateField(_("published on"))
    seq = models.PositiveIntegerField(_("vintage"), default=1)
    is_preliminary = models.BooleanField(_("preliminary"), default=False)
    withheld = models.CharField(_("withheld"), max_length=16, choices=Withheld, blank=True)

    class Meta:
        abstract = True


class IndicatorValue(Vintage):
    """One value of a place in one vintage: from a statistics file, or counted from the parks of the place.

    What would show a single firm has no value and says why (`withheld`). `lineage` tells the file and line, or of
    a counted value how many parks, firms and lines it has, the hash over its parks' hashes, and what it changed.
    """

    indicator = models.ForeignKey(
        Indicator, models.PROTECT, related_name="values", verbose_name=_("indicator")
    )
    place = models.ForeignKey(
        ScopeNode, models.PROTECT, related_name="indicator_values", verbose_name=_("place")
    )
    value = models.DecimalField(_("value"), max_digits=24, decimal_places=DECIMALS, null=True)
    is_synthetic = models.BooleanField(_("synthetic data"), default=False)
    source = models.CharField(_("source"), max_length=16, choices=ValueSource)
    source_note = models.CharField(_("source note"), max_length=300, blank=True)
    lineage = models.JSONField(_("lineage"), default=dict)

    scope = Scope(reference="published statistics; park-born values are sums over at least three firms")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("indicator value")
        verbose_name_plural = _("indicator values")
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "place", "period_kind", "period", "published_on", "seq"],
                name="analytics_value_once",
            ),
            models.CheckConstraint(
                condition=models.Q(value__isnull=False, withheld="")
                | models.Q(models.Q(value__isnull=True), ~models.Q(withheld="")),
                name="analytics_value_or_reason",
            ),
        ]
        indexes = [models.Index(fields=["indicator", "period"], name="analytics_value_period")]

    def __str__(self) -> str:
        return f"{self.indicator} · {self.place} · {self.period}"

    @property
    def period_name(self) -> str:
        """2025-06, 2025-Q2 or 2025."""
        return Period(PeriodKind(self.period_kind), self.period).name


class ParkValue(Vintage):
    """What a park brought into the values of its places, with the lines it was counted from.

    `withheld` says why a bureau does not see it; the park itself does. `lines_hash` of a month is that of its lines,
    of a quarter or year that of its months.
    """

    indicator = models.ForeignKey(
        Indicator, models.PROTECT, related_name="park_values", verbose_name=_("indicator")
    )
    park = models.ForeignKey(Park, models.PROTECT, related_name="+", verbose_name=_("park"))
    value = models.DecimalField(_("value"), max_digits=24, decimal_places=DECIMALS)
    firms = models.PositiveIntegerField(_("firms"))
    lines = models.BigIntegerField(_("lines"))
    lines_hash = models.CharField(_("hash of the lines"), max_length=64)
    counted_at = models.DateTimeField(_("counted at"))

    scope = Scope(nodes=("park_id",))
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("value of a park")
        verbose_name_plural = _("values of parks")
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "park", "period_kind", "period", "published_on", "seq"],
                name="analytics_park_value_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} · {self.park} · {self.period}"


class IndexRun(PublicIdMixin):
    """One computation of the index: the values it took (`inputs`: ids, in the order of the rows) and their hash,
    parameters, weights and the frozen base; a rerun gives the same."""

    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("made by"))
    first_year = models.PositiveSmallIntegerField(_("first year"))
    last_year = models.PositiveSmallIntegerField(_("last year"))
    parameters = models.JSONField(_("parameters"))
    inputs = models.JSONField(_("inputs"), default=list)
    inputs_hash = models.CharField(_("hash of the inputs"), max_length=64)
    weights = models.JSONField(_("weights"))
    base = models.JSONField(_("frozen base"))
    is_synthetic = models.BooleanField(_("synthetic data"), default=False)
    is_preliminary = models.BooleanField(_("preliminary"), default=False)

    scope = Scope(reference="published index")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("index run")
        verbose_name_plural = _("index runs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.first_year}–{self.last_year} · {local(self.made_at):%Y-%m-%d %H:%M}"


class IndexScore(models.Model):
    """Score, rank and contributions of one place and year in a run."""

    run = models.ForeignKey(IndexRun, models.PROTECT, related_name="scores", verbose_name=_("index run"))
    place = models.ForeignKey(ScopeNode, models.PROTECT, related_name="+", verbose_name=_("place"))
    year = models.PositiveSmallIntegerField(_("year"))
    score = models.FloatField(_("score"))
    rank = models.PositiveSmallIntegerField(_("rank"))
    contributions = models.JSONField(_("contributions"))

    scope = Scope(reference="published index")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("index score")
        verbose_name_plural = _("index scores")
        constraints = [models.UniqueConstraint(fields=["run", "place", "year"], name="analytics_score_once")]
