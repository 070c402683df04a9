"""What receivers of webhooks are told of live sessions."""

from __future__ import annotations

from typing import Any

from core.choices import WebhookEvent
from core.clock import local
from core.webhooks.outbox import tell
from livestreams.models import LiveSession, WaitlistEntry


def session_ended(session: LiveSession) -> None:
    """Tell its seller and the park it was in, in the transaction of its end."""

    def data() -> dict[str, Any]:
        return {
            "session": str(session.uid),
            "tenant": session.tenant.code,
            "park": session.park.code,
            "room": session.room.code if session.room else None,
            "host": session.host.code if session.host else None,
            "platform": session.platform,
            "platform_live_id": session.platform_live_id,
            "started_at": local(session.started_at).isoformat() if session.started_at else None,
            "ended_at": local(session.ended_at).isoformat() if session.ended_at else None,
        }

    tell(
        WebhookEvent.SESSION_ENDED,
        (session.tenant_id, session.park_id),
        key=f"session:{session.uid}",
        data=data,
    )


def booking_offered(entry: WaitlistEntry) -> None:
    """Tell the firm that waited what is held for it, in the transaction of the offer."""
    booking = entry.booking
    if booking is None:
        return

    def data() -> dict[str, Any]:
        expires = booking.hold_expires_at
        return {
            "entry": str(entry.uid),
            "booking": str(booking.uid),
            "tenant": entry.tenant.code,
            "park": entry.park.code,
            "room": booking.room.code,
            "host": booking.host.code if booking.host else None,
            "starts_at": local(booking.starts_at).isoformat(),
            "ends_at": local(booking.ends_at).isoformat(),
            "confirm_until": local(expires).isoformat() if expires else None,
        }

    tell(WebhookEvent.BOOKING_OFFERED, (entry.tenant_id,), key=f"offer:{booking.uid}", data=data)
