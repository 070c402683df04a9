"""How many hours of its live rooms a park gives a firm at most, by its schedules and by hand."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import PublicIdMixin, Scope, StampedMixin
from parks.models import Park
from tenants.models import Tenant

MOST_HOURS = 10_000


class SlotQuota(PublicIdMixin, StampedMixin):
    """Hours a firm has in all rooms of a park together, booked ones included; without a firm, of each that has none.

    A limit that is empty is the park's; one that is empty there as well is none.
    """

    park = models.ForeignKey(Park, models.PROTECT, related_name="slot_quotas", verbose_name=_("park"))
    tenant = models.ForeignKey(
        Tenant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="slot_quotas",
        verbose_name=_("tenant"),
        help_text=_("Empty: for every firm that has no limit of its own."),
    )
    day_hours = models.PositiveSmallIntegerField(
        _("hours per day at most"), null=True, blank=True, validators=[MaxValueValidator(MOST_HOURS)]
    )
    week_hours = models.PositiveSmallIntegerField(
        _("hours per week at most"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_HOURS)],
        help_text=_("From Monday to Sunday, in all rooms together."),
    )

    scope = Scope(nodes=("park_id", "tenant_id"), park="park_id")

    class Meta:
        verbose_name = _("quota of hours")
        verbose_name_plural = _("quotas of hours")
        ordering = ["park", "tenant"]
        constraints = [
            models.UniqueConstraint(fields=["park", "tenant"], name="livestreams_quota_once"),
            models.UniqueConstraint(
                fields=["park"],
                condition=Q(tenant__isnull=True),
                name="livestreams_quota_default",
                violation_error_message=_("This park has limits for its firms already: change those."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.tenant or self.park)

    def clean(self) -> None:
        if self.tenant is not None and self.tenant.node.parent_id != self.park_id:
            raise ValidationError({"tenant": _("The tenant is not in this park.")}, code="other_park")
