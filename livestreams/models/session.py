"""Live sessions, who stood in front of the camera when, and the audience as it was sampled."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.clock import local
from core.models import PublicIdMixin, Scope, StampedMixin
from core.overlap import no_overlap
from livestreams.choices import SESSION_OPEN, UNSEEN, Delivery, SessionState, ShiftRole
from livestreams.models.booking import Booking
from livestreams.models.host import Host
from livestreams.models.room import LiveRoom
from livestreams.querysets import LiveSessionQuerySet
from parks.models import Park
from tenants.choices import Platform
from tenants.models import Tenant


class LiveSession(PublicIdMixin, StampedMixin):
    """A live session (场次). Times are half-open: an order at `ended_at` belongs to the next one."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="sessions", verbose_name=_("tenant"))
    park = models.ForeignKey(Park, models.PROTECT, related_name="sessions", verbose_name=_("park"))
    room = models.ForeignKey(
        LiveRoom, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("live room")
    )
    booking = models.ForeignKey(
        Booking, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("booking")
    )
    host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("first host")
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    platform = models.CharField(_("platform"), max_length=16, choices=Platform)
    platform_live_id = models.CharField(_("platform's live id"), max_length=64, blank=True)
    delivery = models.CharField(
        _("way of the picture"), max_length=8, choices=Delivery, default=Delivery.DIRECT
    )
    market = models.CharField(_("target market"), max_length=8, default="CN")
    state = models.CharField(_("state"), max_length=16, choices=SessionState, default=SessionState.SCHEDULED)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = LiveSessionQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id",), park="park_id", user="host__user_id")

    class Meta:
        verbose_name = _("live session")
        verbose_name_plural = _("live sessions")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(started_at__isnull=False, ended_at__gte=F("started_at")),
                name="livestreams_session_order",
            ),
            models.UniqueConstraint(
                fields=["platform", "platform_live_id"],
                condition=~Q(platform_live_id=""),
                name="livestreams_session_live_id",
            ),
            models.UniqueConstraint(
                fields=["room"], condition=Q(state="live"), name="livestreams_one_live_per_room"
            ),
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(state__in=SESSION_OPEN),
                name="livestreams_one_open_per_booking",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "started_at"], name="livestreams_session_when")]

    def __str__(self) -> str:
        name = self.title or str(self.get_platform_display())
        return f"{name} · {local(self.started_at):%Y-%m-%d %H:%M}" if self.started_at else name

    @property
    def needs_report(self) -> bool:
        """Whether no media node saw the picture, so that only the platform's report can say what went out."""
        return self.delivery in UNSEEN

    @property
    def is_unbooked(self) -> bool:
        """Whether it is in a room without a booking, so that no check-in bears it out."""
        return self.room_id is not None and self.booking_id is None


class SessionTenant(models.Model):
    """A tenant whose goods the session may show; the seller itself is always one of them."""

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="shown_tenants", verbose_name=_("live session")
    )
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="shown_in", verbose_name=_("tenant"))

    scope = Scope(nodes=("tenant_id", "session__tenant_id"), park="session__park_id")

    class Meta:
        verbose_name = _("tenant shown in a session")
        verbose_name_plural = _("tenants shown in sessions")
        constraints = [models.UniqueConstraint(fields=["session", "tenant"], name="livestreams_shown_once")]


class HostShift(PublicIdMixin):
    """A host or controller within a session for [starts_at, ends_at); a boundary second belongs to one shift only.

    Nobody is in two places: neither as host nor as controller.
    """

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="shifts", verbose_name=_("live session")
    )
    host = models.ForeignKey(Host, models.PROTECT, related_name="shifts", verbose_name=_("host"))
    role = models.CharField(_("role"), max_length=16, choices=ShiftRole, default=ShiftRole.HOST)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    scope = Scope(
        nodes=("session__tenant_id",),
        seen_from=("host__tenant_id",),
        park="session__park_id",
        user="host__user_id",
    )
    database_rules = (
        no_overlap(
            "livestreams_hostshift",
            "host_id",
            "starts_at",
            "ends_at",
            kind="timestamptz",
            name="livestreams_hostshift_person",
        ),
    )

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="livestreams_shift_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host} · {local(self.starts_at):%Y-%m-%d %H:%M}"


class AudienceSample(models.Model):
    """What one source said of the audience at one instant: counters as it gives them, resets included."""

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="samples", verbose_name=_("live session")
    )
    source = models.CharField(_("source"), max_length=32)
    at = models.DateTimeField(_("at"))
    version = models.PositiveIntegerField(_("version"), default=1)
    concurrent = models.PositiveBigIntegerField(_("concurrent viewers"), null=True)
    entered = models.PositiveBigIntegerField(_("entries"), null=True)
    likes = models.PositiveBigIntegerField(_("likes"), null=True)
    comments = models.PositiveBigIntegerField(_("comments"), null=True)
    follows = models.PositiveBigIntegerField(_("new followers"), null=True)
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)

    scope = Scope(nodes=("session__tenant_id",), park="session__park_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("audience sample")
        verbose_name_plural = _("audience samples")
        constraints = [
            models.UniqueConstraint(
                fields=["session", "source", "at", "version"], name="livestreams_sample_once"
            )
        ]
