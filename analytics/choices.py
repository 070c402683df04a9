"""Kinds of figures, sources and indicators."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ValueSource(models.TextChoices):
    OFFICIAL = "official", _("official statistics")
    ROLLUP = "rollup", _("counted from the parks")
    SYNTHETIC = "synthetic", _("synthetic data")


class PeriodKind(models.TextChoices):
    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    YEAR = "year", _("year")


class Dimension(models.TextChoices):
    MARKET = "market", _("market size")
    FACILITIES = "facilities", _("supporting facilities")
    POTENTIAL = "potential", _("growth potential")
    CONTEXT = "context", _("context")
    PARKS = "parks", _("park-born")


class Withheld(models.TextChoices):
    """Why a cell over firms is not shown."""

    FEW_FIRMS = "few_firms", _("withheld: fewer than three firms")
    DOMINANT_FIRM = "dominant_firm", _("withheld: one firm makes more than 80 %")
