"""Chainable reads of who sat where: `Tenancy.objects.on(day)`."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import OuterRef
from django.db.models.functions import TruncMonth

from core.days import in_force_on, not_over


class TenancyQuerySet(models.QuerySet[Any]):
    """Seats, by when they were held."""

    def on(self, day: Any) -> TenancyQuerySet:
        """Those held on a day, or on the day of an outer row."""
        return self.filter(in_force_on(day))

    def in_month(self, month: Any) -> TenancyQuerySet:
        """Those held on any day of the month that begins on a day."""
        return self.filter(not_over(month)).alias(arrived=TruncMonth("from_day")).filter(arrived__lte=month)

    def of_outer_tenant(self) -> TenancyQuerySet:
        """Those of the tenant of an outer row."""
        return self.filter(tenant=OuterRef("tenant"))
