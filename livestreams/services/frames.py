"""What encoders' programs say of their own work is kept, with what it means for the minute before."""

from __future__ import annotations

from contextlib import nullcontext
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor, system_actor
from core.clock import DAY, now
from core.errors import Conflict, InvalidInput
from core.locking import advisory_locks, retried
from core.policy import ADD
from core.scoping import require
from livestreams.frames import ALL, APART, COUNTERS, KEPT_DAYS, MOST_SOURCES, PARTS, WINDOW, Frames, loss_of
from livestreams.models import Booking, EncoderSample, LiveSession
from livestreams.services.locks import check_key_allows

SYSTEM = system_actor("encoders")
AT_ONCE = 5_000


@retried
def encoder_sample_record(
    *,
    actor: Actor,
    booking: Booking,
    source: str,
    frames: Frames,
    sent_bytes: int,
    congestion: Decimal,
    reconnecting: bool = False,
) -> EncoderSample:
    """Append what an encoder's program shows now. What the same source told a moment ago is given back instead."""
    require(actor, ADD, EncoderSample, booking.tenant_id)
    check_key_allows(actor, booking.room)
    for part, whole in PARTS.values():
        if getattr(frames, part) > getattr(frames, whole):
            raise InvalidInput(_("More frames were lost than there were."), code="part", field=part)
    at = now()
    heard = EncoderSample.objects.filter(booking=booking, at__gte=at - WINDOW)
    past = list(heard.filter(source=source).order_by("at"))
    if past and past[-1].at > at - APART:
        return past[-1]
    # Newcomers are counted one after the other, until what the one before said is stored.
    with nullcontext() if past else transaction.atomic():
        if not past:
            advisory_locks([f"sources:{booking.pk}"])
            if heard.order_by().values("source").distinct().count() >= MOST_SOURCES:
                raise Conflict(_("Too many encoders tell of this booking at once."), code="sources")
        known = [Frames(**{name: getattr(row, name) for name in COUNTERS}) for row in past]
        loss = ALL if reconnecting else loss_of([*known, frames])
        return EncoderSample.objects.create(
            booking=booking,
            source=source,
            at=at,
            **{name: getattr(frames, name) for name in COUNTERS},
            sent_bytes=sent_bytes,
            reconnecting=reconnecting,
            congestion=congestion,
            lost_percent=loss.percent if loss is not None else None,
            cause=loss.cause if loss is not None and loss.percent else "",
        )


def encoder_samples_forget() -> int:
    """Take away what encoders said KEPT_DAYS ago, but of each session the worst word; returns how many words.

    A few thousand in a transaction: encoders go on telling meanwhile.
    """
    at, word, lost = now(), OuterRef(OuterRef("pk")), OuterRef(OuterRef("lost_percent"))
    until = Coalesce(OuterRef("ended_at"), Value(at))
    during = EncoderSample.objects.filter(
        booking=OuterRef("booking"), at__gte=OuterRef("started_at"), at__lte=until
    )
    worse = during.filter(Q(lost_percent__gt=lost) | Q(lost_percent=lost, pk__lt=word))
    of_session = LiveSession.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=OuterRef("at")),
        booking=OuterRef("booking"),
        started_at__lte=OuterRef("at"),
    )
    known = Q(lost_percent__isnull=True) | ~Exists(of_session.filter(~Exists(worse)))
    old = EncoderSample.objects.filter(known, at__lt=at - (KEPT_DAYS + 1) * DAY).order_by("at")
    forgotten = 0
    while pks := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            EncoderSample.objects.filter(pk__in=pks).delete()
            audit.record(
                actor=SYSTEM,
                verb="encoder_sample.forget",
                object_type=EncoderSample._meta.label,
                after={"samples": len(pks)},
            )
        forgotten += len(pks)
    return forgotten
