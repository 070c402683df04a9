"""Chainable reads that say what they mean: `LiveRoom.objects.open_on(day).free_between(a, b)`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from core.clock import DAY, business_day
from core.days import in_force_on, open_on
from livestreams.choices import (
    BOOKING_AHEAD,
    BOOKING_BLOCKING,
    FAULT_OPEN,
    SESSION_OPEN,
    SESSION_RUNNING,
    BookingState,
    ExchangeState,
)
from livestreams.frames import HEARD_WITHIN
from livestreams.publishing import LOWEST_KBPS, MOST_BEHIND_MS
from parks.models import ParkSettings

SOON = 30 * DAY
"""How long before its end a certificate is to be renewed."""


class BookingQuerySet(models.QuerySet[Any]):
    """Bookings, by what they do to rooms and hosts."""

    def blocking(self) -> BookingQuerySet:
        """Those that hold their room and host."""
        return self.filter(state__in=BOOKING_BLOCKING)

    def ahead(self, at: datetime) -> BookingQuerySet:
        """Those that run at an instant or come after it, and did not end early."""
        return self.filter(state__in=BOOKING_AHEAD, ends_at__gt=at)

    def taking_room(self, since: datetime, until: datetime) -> BookingQuerySet:
        """Those that hold a room at any time of [since, until), set-up included."""
        return self.blocking().filter(blocked_from__lt=until, blocked_until__gt=since)

    def taking_room_at(self, at: datetime) -> BookingQuerySet:
        """Those that hold a room at an instant, set-up included: from its first second on, and not at its end."""
        return self.blocking().filter(blocked_from__lte=at, blocked_until__gt=at)

    def taking_host(self, since: datetime, until: datetime) -> BookingQuerySet:
        """Those in which a host stands before the camera at any time of [since, until)."""
        return self.blocking().filter(starts_at__lt=until, ends_at__gt=since)

    def expired_holds(self, at: datetime) -> BookingQuerySet:
        """Holds that nobody confirmed in time."""
        return self.filter(state=BookingState.HELD, hold_expires_at__lte=at)

    def without_expired_holds(self, at: datetime) -> BookingQuerySet:
        """All but those: they take nothing any more, though nobody has let them go yet."""
        return self.exclude(state=BookingState.HELD, hold_expires_at__lte=at)

    def between(self, since: datetime, until: datetime) -> BookingQuerySet:
        """Those with any part in [since, until)."""
        return self.filter(starts_at__lt=until, ends_at__gt=since)

    def numbered(self) -> BookingQuerySet:
        """Adds `part` and `parts`: which of how many bookings of its series each is, those given back not counted.

        NULL for a booking that was given back or belongs to no series.
        """
        row = apps.get_model("livestreams", "Booking")
        kept = row.objects.filter(series=OuterRef("series")).exclude(state=BookingState.CANCELLED)
        all_of_it = kept.order_by().values("series").annotate(number=Count("pk")).values("number")
        so_far = kept.filter(starts_at__lte=OuterRef("starts_at")).order_by()
        part = so_far.values("series").annotate(number=Count("pk")).values("number")
        given_back = When(state=BookingState.CANCELLED, then=Value(None))
        return self.annotate(
            part=Case(given_back, default=Subquery(part), output_field=models.IntegerField(null=True)),
            parts=Case(given_back, default=Subquery(all_of_it), output_field=models.IntegerField(null=True)),
        )


class PlannedShiftQuerySet(models.QuerySet[Any]):
    """Planned shifts, by what their bookings are at."""

    def ahead(self, at: datetime) -> PlannedShiftQuerySet:
        """Those that run at an instant or come after it: whoever ended early is over."""
        return self.filter(released=False, ends_at__gt=at, booking__state__in=BOOKING_AHEAD)


class PublishQuerySet(models.QuerySet[Any]):
    """Streams, by whether they run."""

    def running(self) -> PublishQuerySet:
        """Those that have not ended, as far as we know."""
        return self.filter(ended_at__isnull=True)

    def weak(self) -> PublishQuerySet:
        """Those whose picture is not what viewers should see, as far as their nodes tell."""
        return self.filter(Q(kbps__lt=LOWEST_KBPS) | Q(behind_ms__gt=MOST_BEHIND_MS))

    def on_air(self) -> PublishQuerySet:
        """Those that run and are no test."""
        return self.running().filter(is_test=False)

    def to_drop(self) -> PublishQuerySet:
        """Those that a node has yet to be told to end."""
        return self.filter(to_drop__isnull=False)


class EncoderSampleQuerySet(models.QuerySet[Any]):
    """Words of encoders, by how much they lost."""

    def fresh(self, at: datetime) -> EncoderSampleQuerySet:
        """Those heard a moment ago of bookings on air or with a test stream.

        All docks of a browser ask its one OBS, whichever of their bookings it sends the picture of.
        """
        sessions = apps.get_model("livestreams.LiveSession").objects.filter(state__in=SESSION_RUNNING)
        pictures = apps.get_model("livestreams.Publish").objects.running()
        mine = {"booking": OuterRef("booking")}
        on_air = Exists(sessions.filter(**mine)) | Exists(pictures.filter(**mine))
        return self.filter(on_air, at__gt=at - HEARD_WITHIN)

    def judged(self) -> EncoderSampleQuerySet:
        """All, with `is_losing`: whether their minute lost more than their park lets pass."""
        limit = Coalesce(
            F("booking__room__park__settings__lost_frames_percent"), Value(ParkSettings().lost_frames_percent)
        )
        over = Case(When(lost_percent__gt=limit, then=True), default=False)
        return self.annotate(is_losing=over)


class LiveRoomQuerySet(models.QuerySet[Any]):
    """Live rooms, by whether they can be had."""

    def open_on(self, day: date) -> LiveRoomQuerySet:
        """Those not given up by that day."""
        return self.filter(open_on(day))

    def for_tenant(self, tenant_id: int) -> LiveRoomQuerySet:
        """Shared rooms and those dedicated to this tenant."""
        return self.filter(Q(dedicated_to__isnull=True) | Q(dedicated_to=tenant_id))

    def scenes(self) -> list[str]:
        """The scenes that there are, each once."""
        return list(self.exclude(scene="").order_by("scene").values_list("scene", flat=True).distinct())

    def free_between(self, since: datetime, until: datetime) -> LiveRoomQuerySet:
        """Those that no booking and no maintenance holds at any time of [since, until)."""
        holding = Q(
            bookings__state__in=BOOKING_BLOCKING,
            bookings__blocked_from__lt=until,
            bookings__blocked_until__gt=since,
        )
        repairing = Q(maintenance__starts_at__lt=until, maintenance__ends_at__gt=since)
        return (
            self.open_on(business_day(since))
            .annotate(
                holder=FilteredRelation("bookings", condition=holding),
                repair=FilteredRelation("maintenance", condition=repairing),
            )
            .filter(holder__isnull=True, repair__isnull=True)
        )


class HostQuerySet(models.QuerySet[Any]):
    """Hosts, by whether they still work."""

    def working_on(self, day: date) -> HostQuerySet:
        """Those not closed by that day, nor their firm."""
        return self.filter(open_on(day), open_on(day, "tenant"))

    def with_stage(self) -> HostQuerySet:
        """With the number of the stage of incubation entered last as `stage_number`, None before the first."""
        entered = apps.get_model("livestreams.HostStage").objects.filter(host=OuterRef("pk")).order_by("-pk")
        return self.annotate(stage_number=Subquery(entered.values("stage__number")[:1]))

    def with_engagement(self, day: date) -> HostQuerySet:
        """With the engagement of that day as the one element or none of `engaged`."""
        engagements = apps.get_model("livestreams.Engagement").objects.filter(in_force_on(day))
        return self.prefetch_related(
            Prefetch("engagements", engagements.select_related("park", "company"), to_attr="engaged")
        )


class HostAccountQuerySet(models.QuerySet[Any]):
    """Accounts, with what is known of their followers."""

    def held_on(self, day: date) -> HostAccountQuerySet:
        """Those that are their host's on the day."""
        return self.filter(open_on(day), Q(opened_on__isnull=True) | Q(opened_on__lte=day))

    def with_followers(self) -> HostAccountQuerySet:
        """With the newest reading: `followers` on `followers_on`, None where there is none."""
        newest = apps.get_model("livestreams.FollowerReading").objects.filter(account=OuterRef("pk"))
        newest = newest.order_by("-day", "-version")
        return self.annotate(
            followers=Subquery(newest.values("followers")[:1]),
            followers_on=Subquery(newest.values("day")[:1]),
        )


class CourseRunQuerySet(models.QuerySet[Any]):
    """Courses as they are held."""

    def open_on(self, day: date) -> CourseRunQuerySet:
        """Those that are not over, of courses that are still given."""
        return self.filter(open_on(day, "course"), last_day__gte=day)


class CertificateQuerySet(models.QuerySet[Any]):
    """Certificates, by whether they hold."""

    def valid_on(self, day: date) -> CertificateQuerySet:
        return self.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=day))

    def expiring_on(self, day: date) -> CertificateQuerySet:
        """Those that hold on the day and no longer thirty days after it."""
        return self.filter(expires_on__gte=day, expires_on__lt=day + SOON)

    def expired_on(self, day: date) -> CertificateQuerySet:
        return self.filter(expires_on__lt=day)


class WaitlistQuerySet(models.QuerySet[Any]):
    """Those who wait, the first come first."""

    def waiting(self, at: datetime) -> WaitlistQuerySet:
        """Those that were offered nothing yet and still could be."""
        return self.filter(booking__isnull=True, withdrawn_at__isnull=True, latest__gt=at)

    def current(self, at: datetime) -> WaitlistQuerySet:
        """Those that wait, and those whose offer waits for an answer."""
        offered = Q(booking__state=BookingState.HELD, booking__hold_expires_at__gt=at)
        waiting = Q(booking__isnull=True, latest__gt=at)
        return self.filter(offered | waiting, withdrawn_at__isnull=True)

    def missed(self, at: datetime) -> WaitlistQuerySet:
        """Those whose offer ran out in the last three days, who do not wait for the same again and still could."""
        again = self.model._base_manager.annotate(wanted=Coalesce("room_id", 0)).filter(
            wanted=Coalesce(OuterRef("room_id"), 0),
            pk__gt=OuterRef("pk"),
            **{name: OuterRef(name) for name in ("tenant", "earliest", "latest", "scene")},
        )
        ran_out = Q(
            booking__hold_expires_at__gt=at - 3 * DAY, booking__updated_at__gte=F("booking__hold_expires_at")
        )
        return self.filter(
            ran_out,
            ~Exists(again),
            booking__state=BookingState.CANCELLED,
            withdrawn_at__isnull=True,
            latest__gt=at,
        )


class ExchangeOfferQuerySet(models.QuerySet[Any]):
    """Offers to other parks, by whether they stand."""

    def standing(self, at: datetime) -> ExchangeOfferQuerySet:
        """Those that were not withdrawn and of which a time lies ahead."""
        return self.filter(withdrawn_at__isnull=True, ends_at__gt=at)

    def in_full(self) -> ExchangeOfferQuerySet:
        """With what is shown of an offer: what is lent, by whom, and where."""
        return self.select_related("room", "host__tenant", "park__town__city", "giver__park", "giver__tenant")


class ExchangeRequestQuerySet(models.QuerySet[Any]):
    """Requests to other parks."""

    def overdue(self, at: datetime) -> ExchangeRequestQuerySet:
        """Those that nobody answered in time."""
        return self.filter(state=ExchangeState.REQUESTED, expires_at__lte=at)

    def in_full(self) -> ExchangeRequestQuerySet:
        """With what is shown of a request on either side."""
        return self.select_related(
            "tenant",
            "park",
            "room",
            "host",
            "booking",
            "offer__room",
            "offer__host",
            "offer__giver__park",
            "offer__giver__tenant",
        )


class LiveSessionQuerySet(models.QuerySet[Any]):
    """Live sessions, by what happens in them."""

    def open(self) -> LiveSessionQuerySet:
        """Those that have not ended."""
        return self.filter(state__in=SESSION_OPEN)

    def between(self, since: datetime, until: datetime) -> LiveSessionQuerySet:
        """Those with any part in [since, until); an open one has no end yet."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=since), started_at__lt=until)


class FaultQuerySet(models.QuerySet[Any]):
    """Faults, by whether somebody still has to see to them."""

    def open(self) -> FaultQuerySet:
        return self.filter(state__in=FAULT_OPEN)


class LoanQuerySet(models.QuerySet[Any]):
    """Loans of equipment."""

    def out(self) -> LoanQuerySet:
        """Those whose item has not come back."""
        return self.filter(back_at__isnull=True)


class VisitQuerySet(models.QuerySet[Any]):
    """Visitors who were announced."""

    def expected(self) -> VisitQuerySet:
        """Those whose announcement stands, whether they have come or not."""
        return self.filter(withdrawn_at__isnull=True)
