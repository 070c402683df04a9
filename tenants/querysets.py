"""Chainable reads of who sat where: `Tenancy.objects.on(day)`."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import TruncMonth


class TenancyQuerySet(models.QuerySet[Any]):
    """Seats, by when they were held."""

    def on(self, day: Any) -> TenancyQuerySet:
        """Those held on a day, or on the day of an outer row."""
        return self._after(day).filter(from_day__lte=day)

    def in_month(self, month: Any) -> TenancyQuerySet:
        """Those held on any day of the month that begins on a day."""
        return self._after(month).alias(arrived=TruncMonth("from_day")).filter(arrived__lte=month)

    def of_outer_tenant(self) -> TenancyQuerySet:
        """Those of the tenant of an outer row."""
        return self.filter(tenant=OuterRef("tenant"))

    def _after(self, day: Any) -> TenancyQuerySet:
        return self.filter(Q(to_day__isnull=True) | Q(to_day__gt=day))
