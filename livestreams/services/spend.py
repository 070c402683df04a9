"""Ad spend by the hour: told as it is known, corrected by further facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import HOUR, latest, local
from core.errors import InvalidInput, RowError
from core.locking import lock_row, retried
from core.policy import ADD
from core.scoping import require_of
from livestreams.models import AdSpend, LiveSession
from livestreams.services.locks import check_key_allows
from livestreams.services.versions import BatchCounts, versions_of


@dataclass(frozen=True)
class SpendHour:
    """What an hour cost; `hour` is when it began."""

    hour: datetime
    amount: Decimal


@retried
def spend_record(*, actor: Actor, session: LiveSession, hours: Sequence[SpendHour]) -> BatchCounts:
    """Append what hours of a session cost, in CNY. The same amount of a known hour is a duplicate, another corrects it.

    All or nothing: InvalidInput names the rows that are no hour of the session, or no amount.
    """
    require_of(actor, ADD, AdSpend, session)
    check_key_allows(actor, session.room)
    with transaction.atomic():
        held = lock_row(LiveSession, session.pk)
        _check(held, hours)
        spent = AdSpend.objects.filter(session=held).order_by("version")
        known = {row.hour: (row.version, row.amount) for row in spent}
        fresh, counts = versions_of(((one.hour, one.amount) for one in hours), known)
        AdSpend.objects.bulk_create(
            AdSpend(session=held, hour=hour, version=version, amount=amount)
            for hour, version, amount in fresh
        )
        if fresh:
            audit.record(
                actor=actor,
                verb="spend.record",
                obj=held,
                node_id=held.tenant_id,
                after={local(hour).isoformat(): str(amount) for hour, _version, amount in fresh},
            )
    return counts


def _check(session: LiveSession, hours: Sequence[SpendHour]) -> None:
    problems = []
    for row, one in enumerate(hours, 1):
        if one.hour.minute or one.hour.second or one.hour.microsecond:
            problems.append(RowError(row, "hour", "whole", _("Name the hour by its beginning.")))
        elif not _is_of(session, one.hour):
            problems.append(RowError(row, "hour", "outside", _("This is no hour of the session.")))
        elif one.amount < 0:
            problems.append(RowError(row, "amount", "negative", _("Ad spend cannot be negative.")))
    if problems:
        raise InvalidInput(problems[0].message, code="spend", field=problems[0].field, rows=problems)


def _is_of(session: LiveSession, hour: datetime) -> bool:
    """Whether the session was on air at any time of an hour that has begun."""
    if session.started_at is None or hour > latest():
        return False
    return session.started_at < hour + HOUR and (session.ended_at is None or hour < session.ended_at)
