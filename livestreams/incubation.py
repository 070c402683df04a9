"""Incubation of hosts: where each stands, and what the gate of the next stage still asks for.

Reads without scoping, for services and doors that have already decided what their actor may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from core.clock import now, today
from livestreams.choices import ShiftRole
from livestreams.hostfigures import hours
from livestreams.models import Certificate, Host, HostAccount, HostShift, HostStage, IncubationStage


@dataclass(frozen=True)
class HostRecord:
    """What gates look at: courses of valid certificates, sessions held, hours before the camera, followers."""

    courses: frozenset[int]
    sessions: int
    hours: Decimal
    followers: int


def record_of(host: Host) -> HostRecord:
    """A host's record as it stands now; of the accounts the one with the most followers counts."""
    shifts = HostShift.objects.filter(host=host, role=ShiftRole.HOST)
    rows = shifts.values_list("session", "starts_at", "ends_at")
    lengths = [min(ends_at or now(), now()) - starts_at for _session, starts_at, ends_at in rows]
    accounts = HostAccount.objects.held_on(today()).filter(host=host).with_followers()
    valid = Certificate.objects.valid_on(today()).filter(host=host, course__isnull=False)
    return HostRecord(
        frozenset(valid.values_list("course", flat=True)),
        len({session for session, _starts_at, _ends_at in rows}),
        hours(sum(lengths, timedelta())),
        accounts.aggregate(most=Max("followers"))["most"] or 0,
    )


def missing(stage: IncubationStage, record: HostRecord) -> list[str]:
    """What the gate of a stage still asks for, a sentence each; nothing when it is met."""
    found = []
    if stage.needs_course is not None and stage.needs_course_id not in record.courses:
        found.append(_("A valid certificate of “%(course)s”.") % {"course": stage.needs_course})
    for needed, there, sentence in (
        (
            stage.needs_sessions,
            record.sessions,
            ngettext_lazy(
                "%(needed)s session held; there are %(there)s.",
                "%(needed)s sessions held; there are %(there)s.",
                "needed",
            ),
        ),
        (
            stage.needs_hours,
            record.hours,
            ngettext_lazy(
                "%(needed)s hour worked; there are %(there)s.",
                "%(needed)s hours worked; there are %(there)s.",
                "needed",
            ),
        ),
        (
            stage.needs_followers,
            record.followers,
            ngettext_lazy(
                "%(needed)s follower of one account; there are %(there)s.",
                "%(needed)s followers of one account; there are %(there)s.",
                "needed",
            ),
        ),
    ):
        if there < needed:
            found.append(sentence % {"needed": needed, "there": there})
    return found


@dataclass(frozen=True)
class Standing:
    """The stage a host is in, what it has cost, the next stage and what its gate still asks for."""

    entered: HostStage | None
    cost: Decimal
    next: IncubationStage | None
    missing: tuple[str, ...]


def standing_of(host: Host, park_id: int) -> Standing:
    """Where a host stands in a park's incubation."""
    entries = HostStage.objects.filter(host=host, stage__park=park_id).select_related("stage")
    entered = list(entries.order_by("stage__number"))
    last = entered[-1] if entered else None
    stages = IncubationStage.objects.filter(park=park_id).select_related("needs_course").order_by("number")
    coming = stages.filter(number__gt=last.stage.number).first() if last else stages.first()
    return Standing(
        last,
        sum((entry.cost for entry in entered), Decimal(0)),
        coming,
        tuple(missing(coming, record_of(host))) if coming is not None else (),
    )
