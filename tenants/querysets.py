"""Chainable reads of who sat where: `Tenancy.objects.on(day)`."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
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

    def beside_none_in_month(self, month: Any) -> TenancyQuerySet:
        """Those before or after which, on days of the month that begins on a day, the tenant sat in no park.

        Of days before it came to any nothing is said: it has no earlier seat.
        """
        seats = self.model.objects.filter(tenant=OuterRef("tenant"))
        follows = Exists(seats.filter(from_day=OuterRef("to_day")))
        meets = Exists(seats.filter(to_day=OuterRef("from_day")))
        came_back = Exists(seats.filter(to_day__lt=OuterRef("from_day"))) & ~meets
        return self.alias(arrived=TruncMonth("from_day"), left=TruncMonth("to_day")).filter(
            (Q(left=month, to_day__gt=month) & ~follows) | (Q(arrived=month, from_day__gt=month) & came_back)
        )

    def of_outer_tenant(self) -> TenancyQuerySet:
        """Those of the tenant of an outer row."""
        return self.filter(tenant=OuterRef("tenant"))
