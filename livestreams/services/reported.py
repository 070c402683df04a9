"""What becomes known of a session afterwards, from the platform's report: that it took place, its live id; or not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, buckets
from core.actors import Actor
from core.clock import business_day
from core.errors import InvalidInput
from core.locking import advisory_lock, retried
from core.policy import ADD
from core.scoping import require
from livestreams.choices import Delivery, SessionState
from livestreams.errors import BadTime, LiveIdTaken, WrongState
from livestreams.models import LiveSession, SessionTenant
from livestreams.services.locks import check_key_allows, check_not_future, lock_visible
from tenants.models import Tenancy, Tenant

AUDITED = ("state", "delivery", "platform", "platform_live_id", "started_at", "ended_at")


@retried
def session_tell(
    *,
    actor: Actor,
    tenant: Tenant,
    platform: str,
    started_at: datetime,
    ended_at: datetime,
    platform_live_id: str = "",
    title: str = "",
) -> LiveSession:
    """Record a session that took place and that only the platform's report tells of; its way of the picture says so.

    It belongs to the park in which the tenant sat when it began. Raises BadTime, LiveIdTaken, InvalidInput where the
    tenant sat in no park then.
    """
    require(actor, ADD, LiveSession, tenant.pk)
    check_key_allows(actor, None)
    check_not_future(ended_at, "ended_at")
    if ended_at < started_at:
        raise BadTime(_("A session cannot end before it starts."), code="order", field="ended_at")
    with transaction.atomic():
        check_live_id_free(platform, platform_live_id)
        seat = Tenancy.objects.on(business_day(started_at)).filter(tenant=tenant).first()
        if seat is None:
            raise InvalidInput(
                _("The tenant sat in no park on that day."), code="no_park", field="started_at"
            )
        session = LiveSession.objects.create(
            tenant=tenant,
            park_id=seat.park_id,
            title=title,
            platform=platform,
            platform_live_id=platform_live_id,
            delivery=Delivery.REPORT,
            state=SessionState.ENDED,
            started_at=started_at,
            ended_at=ended_at,
        )
        SessionTenant.objects.create(session=session, tenant=tenant)
        buckets.mark(buckets.SESSIONS, [(tenant.pk, session.pk)])
        after = audit.snapshot(session, AUDITED)
        audit.record(actor=actor, verb="session.tell", obj=session, node_id=tenant.pk, after=after)
    return session


@retried
def session_name_live_id(*, actor: Actor, session: LiveSession, platform_live_id: str) -> LiveSession:
    """Add the live id that a session did not have, so that its orders find it. Raises LiveIdTaken."""
    with transaction.atomic():
        held = lock_visible(LiveSession, actor, session.pk)
        if held.platform_live_id == platform_live_id:
            return held
        if held.platform_live_id:
            raise LiveIdTaken(_("The session has another live id."), field="platform_live_id")
        check_live_id_free(held.platform, platform_live_id)
        _change(actor, "session.name", held, platform_live_id=platform_live_id)
    return held


@retried
def session_unname_live_id(*, actor: Actor, session: LiveSession, platform_live_id: str) -> LiveSession:
    """Take a live id that is another's from a session; a session that has another one, or none, stays as it is."""
    with transaction.atomic():
        held = lock_visible(LiveSession, actor, session.pk)
        if platform_live_id and held.platform_live_id == platform_live_id:
            _change(actor, "session.unname", held, platform_live_id="")
    return held


@retried
def session_untell(*, actor: Actor, session: LiveSession) -> LiveSession:
    """A session that only a report told of did not take place: it is void, without times. WrongState for any other."""
    with transaction.atomic():
        held = lock_visible(LiveSession, actor, session.pk)
        if held.delivery != Delivery.REPORT:
            raise WrongState(_("The house knows of this session by itself."), code="not_told")
        _change(actor, "session.untell", held, state=SessionState.VOID, started_at=None, ended_at=None)
    return held


def _change(actor: Actor, verb: str, session: LiveSession, **values: Any) -> None:
    before = audit.snapshot(session, AUDITED)
    for name, value in values.items():
        setattr(session, name, value)
    session.save(update_fields=[*values, "updated_at"])
    buckets.mark(buckets.SESSIONS, [(session.tenant_id, session.pk)])
    after = audit.snapshot(session, AUDITED)
    audit.record(actor=actor, verb=verb, obj=session, node_id=session.tenant_id, before=before, after=after)


def check_live_id_free(platform: str, live_id: str) -> None:
    """Wait for whoever is giving the live id away, and raise LiveIdTaken where a session has it."""
    if not live_id:
        return
    advisory_lock(f"live-id:{platform}:{live_id}")
    if LiveSession.objects.filter(platform=platform, platform_live_id=live_id).exists():
        raise LiveIdTaken(_("Another session already has this live id."), field="platform_live_id")
