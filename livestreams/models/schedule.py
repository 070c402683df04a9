"""The schedule of a park: what tenants ask for, plans with their proof, and what each request gets of a plan."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.clock import local, today
from core.models import Job, PublicIdMixin, Scope, StampedMixin, User
from livestreams.choices import PlanKind, PlanState
from livestreams.models.booking import Booking
from livestreams.models.host import Host
from livestreams.models.proof import ProvenMixin
from livestreams.models.room import LiveRoom
from parks.models import Park
from tenants.models import Tenant


class SlotRequest(PublicIdMixin, StampedMixin):
    """A tenant asks for `minutes` on the air within one of its windows: the schedule finds room, host and time.

    `windows` are pairs of ISO instants; `earliest` and `latest` span them. With `repeat_until` the same is asked
    every week while a window begins on that day or before; each week is answered on its own. `crews` are whom it needs
    during the session: [{"crew": kind, "people": how many, "minutes": from its beginning, null for all of it}].
    """

    park = models.ForeignKey(Park, models.PROTECT, related_name="slot_requests", verbose_name=_("park"))
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="slot_requests", verbose_name=_("tenant"))
    minutes = models.PositiveIntegerField(_("length (minutes)"))
    windows = models.JSONField(_("windows"))
    earliest = models.DateTimeField(_("from"))
    latest = models.DateTimeField(_("until"))
    repeat_until = models.DateField(_("every week until"), null=True, blank=True)
    room = models.ForeignKey(
        LiveRoom,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="slot_requests",
        verbose_name=_("live room"),
        help_text=_("Any room when it is left empty."),
    )
    scene = models.CharField(_("scene"), max_length=100, blank=True)
    host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="slot_requests", verbose_name=_("host")
    )
    category = models.CharField(
        _("or any host for"), max_length=100, blank=True, help_text=_("A category that hosts have.")
    )
    preferred_host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("preferably")
    )
    value = models.PositiveIntegerField(
        _("worth"), default=100, help_text=_("What the session is worth to the tenant, from 1 to 1000.")
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=1, help_text=_("By the park: how often the worth counts, from 1 to 10.")
    )
    made_up = models.BooleanField(_("made up before"), default=False)
    crews = models.JSONField(_("crews"), default=list, blank=True)
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    scope = Scope(nodes=("tenant_id",), park="park_id", user="host__user_id")

    class Meta:
        verbose_name = _("slot request")
        verbose_name_plural = _("slot requests")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(latest__gt=F("earliest"), minutes__gt=0), name="livestreams_request_order"
            ),
            models.CheckConstraint(
                condition=Q(value__gte=1, value__lte=1000, priority__gte=1, priority__lte=10),
                name="livestreams_request_worth",
            ),
        ]
        indexes = [models.Index(fields=["park", "latest"], name="livestreams_request_when")]

    def __str__(self) -> str:
        words = (str(self.tenant), f"{local(self.earliest):%Y-%m-%d %H:%M}", self.purpose)
        return " · ".join(filter(None, words))

    def preferred_on(self, day: date) -> Host | None:
        """Whom it prefers, while that is a host for its category who works in its park and has not left by a day."""
        liked = self.preferred_host
        if liked is None or self.host_id is not None or self.category not in liked.categories:
            return None
        works_here = liked.tenant.node.parent_id == self.park_id and not liked.is_closed_by(day)
        return liked if works_here else None

    @property
    def preference_counts(self) -> bool:
        """Whether whom it prefers, if anybody, is heeded as things stand."""
        return self.preferred_host_id is None or self.preferred_on(today()) is not None


class SchedulePlan(ProvenMixin, PublicIdMixin, StampedMixin):
    """A schedule of a park for [first_day, last_day], with everything it was made from and what proves it.

    `inputs` is the whole problem as it was solved (livestreams.scheduling.as_json), so that a run can be repeated.
    `changes` say how a what-if or a repair differs from its `base`.
    """

    park = models.ForeignKey(Park, models.PROTECT, related_name="schedule_plans", verbose_name=_("park"))
    kind = models.CharField(_("kind"), max_length=16, choices=PlanKind, default=PlanKind.PLAN)
    base = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="derived", verbose_name=_("made from")
    )
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("created by")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    seconds = models.PositiveSmallIntegerField(_("time allowed (seconds)"), default=60)
    seed = models.PositiveIntegerField(_("seed"), default=0)
    rules = models.JSONField(_("rules"), default=dict)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=PlanState, default=PlanState.RUNNING)
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="+", verbose_name=_("job"))
    inputs = models.TextField(editable=False, default="")
    starts_at = models.DateTimeField(editable=False)
    published_at = models.DateTimeField(_("published at"), null=True)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="livestreams_plan_order"),
            models.CheckConstraint(
                condition=Q(bound__isnull=True) | Q(bound__gte=F("value")), name="livestreams_plan_bound"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.park} {self.first_day:%Y-%m-%d}–{self.last_day:%Y-%m-%d}"


class PlannedSlot(models.Model):
    """What a request gets of a plan in one of its weeks: room, host and time, or the reasons why not.

    Of a what-if it may get a time in a room that only the what-if has; it then has no room here.
    """

    plan = models.ForeignKey(SchedulePlan, models.PROTECT, related_name="slots", verbose_name=_("schedule"))
    request = models.ForeignKey(
        SlotRequest, models.PROTECT, related_name="slots", verbose_name=_("slot request")
    )
    week = models.PositiveSmallIntegerField(_("week"), default=0)
    room = models.ForeignKey(
        LiveRoom, models.PROTECT, null=True, related_name="+", verbose_name=_("live room")
    )
    host = models.ForeignKey(Host, models.PROTECT, null=True, related_name="+", verbose_name=_("host"))
    starts_at = models.DateTimeField(_("starts at"), null=True)
    ends_at = models.DateTimeField(_("ends at"), null=True)
    made_up_at = models.DateTimeField(_("made up at"), null=True)
    reasons = models.JSONField(_("reasons"), default=dict)
    booking = models.ForeignKey(
        Booking, models.PROTECT, null=True, related_name="planned", verbose_name=_("booking")
    )

    scope = Scope(nodes=("request__tenant_id",), park="plan__park_id", user="host__user_id")

    class Meta:
        verbose_name = _("planned slot")
        verbose_name_plural = _("planned slots")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "request", "week"], name="livestreams_slot_once"),
            models.CheckConstraint(
                condition=Q(room__isnull=True, starts_at__isnull=True, ends_at__isnull=True)
                | Q(starts_at__isnull=False, ends_at__gt=F("starts_at")),
                name="livestreams_slot_whole",
            ),
            models.CheckConstraint(
                condition=Q(booking__isnull=True) | Q(room__isnull=False), name="livestreams_slot_booked"
            ),
        ]

    def __str__(self) -> str:
        if self.request.repeat_until is None:
            return str(self.request)
        return f"{self.request} · " + _("week %(number)d") % {"number": self.week + 1}

    @property
    def place(self) -> tuple[LiveRoom, datetime, datetime] | None:
        """Room, start and end; None where the request got nothing."""
        if self.room is None or self.starts_at is None or self.ends_at is None:
            return None
        return self.room, self.starts_at, self.ends_at
