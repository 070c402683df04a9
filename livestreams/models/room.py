"""Live rooms, shared or one firm's own, and their maintenance."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from core.clock import local, today
from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope
from core.money import MoneyField
from livestreams.querysets import LiveRoomQuerySet
from parks.models import Park, Unit
from tenants.models import Tenant


class LiveRoom(NamedMixin, PublicIdMixin, ClosableMixin):
    """A live room (直播间) of a park, shared or dedicated to one tenant."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="live_rooms", verbose_name=_("park"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="live_rooms", verbose_name=_("unit")
    )
    code = models.SlugField(_("code"), max_length=64, unique=True)
    scene = models.CharField(_("scene"), max_length=100, blank=True)
    equipment = models.JSONField(_("equipment"), default=list, blank=True)
    industries = models.JSONField(_("industries"), default=list, blank=True)
    hourly_rate = MoneyField(_("hourly rate (CNY)"), default=0)
    opens_at = models.TimeField(_("opens at"), default="00:00")
    closes_at = models.TimeField(
        _("closes at"), default="00:00", help_text=_("The same as the opening time means around the clock.")
    )
    setup_minutes = models.PositiveSmallIntegerField(_("set-up minutes"), default=15)
    dedicated_to = models.ForeignKey(
        Tenant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="dedicated_rooms",
        verbose_name=_("dedicated to"),
    )
    media_node = models.ForeignKey(
        "livestreams.MediaNode",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rooms",
        verbose_name=_("media node"),
        help_text=_("Where its encoders publish; empty: any node of the park."),
    )

    opened_on = models.DateField(_("in use from"), default=today)
    revision = models.PositiveIntegerField(
        _("revision"),
        default=0,
        db_default=0,
        editable=False,
        help_text=_("Counts what was decided about its bookings: its own values, repairs, firms that leave."),
    )

    objects = LiveRoomQuerySet.as_manager()

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("live room")
        verbose_name_plural = _("live rooms")
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(hourly_rate__gte=0), name="livestreams_room_rate")]


# The reason of a window that a fault opened. It is stored as this and put into words for who reads it.
OUT_OF_USE = gettext_noop("Out of use by a fault")


class Maintenance(PublicIdMixin):
    """A window in which a room is not available."""

    room = models.ForeignKey(
        LiveRoom, models.PROTECT, related_name="maintenance", verbose_name=_("live room")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    scope = Scope(nodes=("room__park_id",))

    class Meta:
        verbose_name = _("maintenance")
        verbose_name_plural = _("maintenance")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="livestreams_maintenance_order"
            )
        ]

    @property
    def why(self) -> str:
        """The reason in the language of who reads it; what people wrote stands as they wrote it."""
        return gettext(self.reason) if self.reason == OUT_OF_USE else self.reason

    def __str__(self) -> str:
        return f"{self.room} · {local(self.starts_at):%Y-%m-%d %H:%M}"
