"""What receivers of webhooks are told of live sessions."""

from __future__ import annotations

from typing import Any

from core.choices import WebhookEvent
from core.clock import local
from core.webhooks.outbox import tell
from livestreams.models import LiveSession


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
