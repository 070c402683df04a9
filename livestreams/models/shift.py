"""Who is meant to stand before the camera, or beside it, within a booking."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.clock import local
from core.models import PublicIdMixin, Scope, StampedMixin
from core.overlap import no_overlap
from livestreams.choices import ShiftRole
from livestreams.models.booking import Booking
from livestreams.models.host import Host
from livestreams.querysets import PlannedShiftQuerySet


class PlannedShift(PublicIdMixin, StampedMixin):
    """A host or controller (场控) for [starts_at, ends_at) of a booking; what was worked stands in `HostShift`.

    `released` repeats that the booking is given up, because a constraint cannot look at another table.
    """

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="shifts", verbose_name=_("booking"))
    host = models.ForeignKey(Host, models.PROTECT, related_name="planned_shifts", verbose_name=_("host"))
    role = models.CharField(_("role"), max_length=16, choices=ShiftRole, default=ShiftRole.HOST)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    released = models.BooleanField(_("given up"), default=False, editable=False)

    objects = PlannedShiftQuerySet.as_manager()
    scope = Scope(
        nodes=("booking__tenant_id",),
        seen_from=("host__tenant_id",),
        park="booking__room__park_id",
        user="host__user_id",
    )
    database_rules = (
        no_overlap(
            "livestreams_plannedshift",
            "host_id",
            "starts_at",
            "ends_at",
            kind="timestamptz",
            name="livestreams_plannedshift_person",
            where="NOT {row}.released",
        ),
    )

    class Meta:
        verbose_name = _("planned shift")
        verbose_name_plural = _("planned shifts")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="livestreams_plannedshift_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.host} · {local(self.starts_at):%Y-%m-%d %H:%M}"
