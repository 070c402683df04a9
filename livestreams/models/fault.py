"""What is broken in a room or of its equipment: who said so, and what was done about it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.clock import local
from core.dbrules import AppendOnly
from core.models import PublicIdMixin, Scope, StampedMixin, User
from livestreams.choices import FAULT_OPEN, FaultKind, FaultState
from livestreams.models.booking import Booking
from livestreams.models.room import LiveRoom, Maintenance
from livestreams.models.studio import Equipment
from livestreams.querysets import FaultQuerySet
from parks.models import Park
from tenants.models import Tenant


class Fault(PublicIdMixin, StampedMixin):
    """A fault of a room or an item. One that `blocks` takes its room out of use by a window of maintenance.

    `tenant` is the firm that reported it; nobody of the firms but its own people sees it. The window of a fault that is
    still open is kept from running out; repair or closing ends it.
    """

    park = models.ForeignKey(Park, models.PROTECT, related_name="faults", verbose_name=_("park"))
    room = models.ForeignKey(
        LiveRoom, models.PROTECT, null=True, blank=True, related_name="faults", verbose_name=_("live room")
    )
    item = models.ForeignKey(
        Equipment, models.PROTECT, null=True, blank=True, related_name="faults", verbose_name=_("item")
    )
    booking = models.ForeignKey(
        Booking, models.PROTECT, null=True, blank=True, related_name="faults", verbose_name=_("booking")
    )
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, null=True, blank=True, related_name="faults", verbose_name=_("reported by")
    )
    reported_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=FaultKind)
    text = models.CharField(_("what is wrong"), max_length=500, blank=True)
    blocks = models.BooleanField(_("the room cannot be used"), default=False)
    state = models.CharField(_("state"), max_length=16, choices=FaultState, default=FaultState.OPEN)
    window = models.OneToOneField(
        Maintenance,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="fault",
        verbose_name=_("out of use"),
    )

    objects = FaultQuerySet.as_manager()

    scope = Scope(nodes=("park_id", "tenant_id"), park="park_id", user="reported_by_id")

    class Meta:
        verbose_name = _("fault")
        verbose_name_plural = _("faults")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(room__isnull=False) | Q(item__isnull=False, blocks=False),
                name="livestreams_fault_where",
            )
        ]

    def __str__(self) -> str:
        return f"{self.room or self.item} · {self.get_kind_display()} · {local(self.created_at):%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.state in FAULT_OPEN


class FaultStep(models.Model):
    """A step of a fault: the state it came to, when, by whom, and what they said. Append-only."""

    fault = models.ForeignKey(Fault, models.PROTECT, related_name="steps", verbose_name=_("fault"))
    state = models.CharField(_("state"), max_length=16, choices=FaultState)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("person"))
    note = models.CharField(_("note"), max_length=500, blank=True)

    scope = Scope(
        nodes=("fault__park_id", "fault__tenant_id"), park="fault__park_id", user="fault__reported_by_id"
    )
    database_rules = (AppendOnly(),)

    class Meta:
        verbose_name = _("step of a fault")
        verbose_name_plural = _("steps of faults")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_state_display()} · {local(self.at):%m-%d %H:%M}"
