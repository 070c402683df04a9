"""Hosts: who they are, whose they are, when they can be booked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, InternalError, transaction
from django.utils.translation import gettext as _

from core import audit, buckets
from core.actors import Actor
from core.clock import DAY, now, today
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD, CHANGE
from core.records import conflict_of
from core.scoping import require
from livestreams.choices import EngagementKind
from livestreams.errors import BadTime, WrongState
from livestreams.hosthours import read_hours
from livestreams.models import Engagement, Host, HostAbsence
from livestreams.services.locks import lock_visible
from parks.models import Park
from tenants.models import Company, Tenant

LONGEST_ABSENCE = 366 * DAY
MOST_HOURS = 28


@retried
@transaction.atomic
def host_create(*, actor: Actor, tenant: Tenant, code: str, name_zh: str, **values: Any) -> Host:
    """Add a host of an agency or employer. Conflict when the code is taken, InvalidInput for unreadable hours."""
    require(actor, ADD, Host, tenant.pk)
    host = Host(tenant=tenant, code=code, name_zh=name_zh, **values)
    _check_hours(host)
    try:
        with transaction.atomic():
            host.save()
            # Lines may have named the code before anybody said whose it is.
            buckets.mark(buckets.ACCOUNTS, [(tenant.pk, 0)])
    except IntegrityError as error:
        raise Conflict(
            _("The code %(code)s is already in use.") % {"code": code}, code="code_taken", field="code"
        ) from error
    audit.record(
        actor=actor, verb="host.create", obj=host, node_id=tenant.pk, after=audit.snapshot(host, values)
    )
    return host


@retried
@transaction.atomic
def host_update(*, actor: Actor, host: Host, **values: Any) -> Host:
    """Change a host; code and employer stay. Bookings that lie outside of new hours stay as they are."""
    held = lock_visible(Host, actor, host.pk)
    before = audit.snapshot(held, values)
    for name, value in values.items():
        setattr(held, name, value)
    _check_hours(held)
    held.save()
    audit.record(
        actor=actor,
        verb="host.update",
        obj=held,
        node_id=held.tenant_id,
        before=before,
        after=audit.snapshot(held, values),
    )
    return held


def _check_hours(host: Host) -> None:
    if len(host.weekly_hours) > MOST_HOURS:
        raise InvalidInput(
            _("There are at most %(most)d hours of the week.") % {"most": MOST_HOURS}, field="weekly_hours"
        )
    for text in host.weekly_hours:
        try:
            read_hours(text)
        except ValueError:
            raise InvalidInput(
                _("“%(text)s” cannot be read: write 1-5 09:00-18:00 for Monday to Friday.") % {"text": text},
                code="hours",
                field="weekly_hours",
            ) from None


@retried
def engagement_begin(
    *,
    actor: Actor,
    host: Host,
    kind: str,
    from_day: date,
    to_day: date | None = None,
    park: Park | None = None,
    company: Company | None = None,
    monthly_sessions: int | None = None,
) -> Engagement:
    """Say whose host somebody is from a day on. Only a park calls a host its own, and it names itself.

    Conflict when another engagement of the host covers one of the days; BadTime for an end before the beginning.
    """
    require(actor, ADD, Engagement, host.tenant_id)
    if (kind == EngagementKind.PARK) != (park is not None):
        raise InvalidInput(
            _("The park is named for its own hosts, and for no others."), code="park", field="park"
        )
    if park is not None:
        require(actor, ADD, Engagement, park.pk)
    if to_day is not None and to_day <= from_day:
        raise BadTime(_("An engagement ends after it begins."), code="order", field="to_day")
    with transaction.atomic():
        engagement = Engagement(
            host=host,
            kind=kind,
            park=park,
            company=company,
            from_day=from_day,
            to_day=to_day,
            monthly_sessions=monthly_sessions,
        )
        _save_engagement(engagement)
        _record(actor, "engagement.begin", engagement, host, ("kind", "park", "from_day", "to_day"))
    return engagement


@retried
def engagement_end(*, actor: Actor, engagement: Engagement, to_day: date | None = None) -> Engagement:
    """End an engagement: `to_day` (today without one) is the first day on which it no longer holds.

    BadTime for a day that is not after its beginning, or later than its end was to be.
    """
    with transaction.atomic():
        held = lock_visible(Engagement, actor, engagement.pk)
        if held.park_id is not None:
            require(actor, CHANGE, Engagement, held.park_id)
        to_day = to_day or today()
        if to_day <= held.from_day or (held.to_day is not None and to_day > held.to_day):
            raise BadTime(_("It can only end earlier, and after it begins."), code="order", field="to_day")
        held.to_day = to_day
        _save_engagement(held)
        _record(actor, "engagement.end", held, held.host, ("to_day",))
    return held


def _save_engagement(engagement: Engagement) -> None:
    try:
        with transaction.atomic():
            engagement.save()
    except (IntegrityError, InternalError) as error:
        if "livestreams_engagement_no_overlap" in str(error):
            raise Conflict(
                _("The host is engaged on some of these days already: end that first."),
                code="engaged",
                field="from_day",
            ) from error
        raise conflict_of(error) if isinstance(error, IntegrityError) else error from error


@retried
def absence_create(
    *, actor: Actor, host: Host, kind: str, starts_at: datetime, ends_at: datetime
) -> HostAbsence:
    """Say that a host is away. What is booked already stays: who planned it moves it, or the schedule repairs it."""
    require(actor, ADD, HostAbsence, host.tenant_id)
    if ends_at <= starts_at:
        raise BadTime(_("An absence ends after it begins."), code="order", field="ends_at")
    if ends_at - starts_at > LONGEST_ABSENCE:
        raise BadTime(
            _("An absence lasts at most %(days)d days.") % {"days": LONGEST_ABSENCE.days}, field="ends_at"
        )
    with transaction.atomic():
        # A booking of this host that is being made has the same lock.
        lock_row(Host, host.pk)
        absence = HostAbsence.objects.create(host=host, kind=kind, starts_at=starts_at, ends_at=ends_at)
        _record(actor, "absence.create", absence, host, ("starts_at", "ends_at"))
    return absence


@retried
def absence_withdraw(*, actor: Actor, absence: HostAbsence) -> HostAbsence:
    """The host is there after all. WrongState when that was said before."""
    with transaction.atomic():
        held = lock_visible(HostAbsence, actor, absence.pk)
        if held.withdrawn_at is not None:
            raise WrongState(_("This absence is withdrawn already."), code="closed")
        held.withdrawn_at = now()
        held.save(update_fields=["withdrawn_at", "updated_at"])
        _record(actor, "absence.withdraw", held, held.host, ("withdrawn_at",))
    return held


def _record(actor: Actor, verb: str, row: Any, host: Host, columns: Sequence[str]) -> None:
    audit.record(actor=actor, verb=verb, obj=row, node_id=host.tenant_id, after=audit.snapshot(row, columns))
