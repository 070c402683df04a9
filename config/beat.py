"""The whole beat table: task name -> seconds between runs. Messages may be lost, so every entry repairs by itself."""

from __future__ import annotations

BEAT: dict[str, float] = {
    "analytics.tasks.drain": 15.0,
    "analytics.tasks.share": 60.0,
    "core.tasks.run_jobs": 10.0,
    "livestreams.tasks.drop_streams": 10.0,
    "livestreams.tasks.watch_streams": 10.0,
    "analytics.tasks.publish_indicators": 600.0,
    "analytics.tasks.judge_events": 3600.0,
    "analytics.tasks.judge_parcels": 3600.0,
    "livestreams.tasks.release_expired": 30.0,
    "livestreams.tasks.offer_waitlist": 60.0,
    "livestreams.tasks.expire_exchange": 60.0,
    "livestreams.tasks.studio_upkeep": 600.0,
    "livestreams.tasks.forget_encoder_samples": 21600.0,
    "supplychain.tasks.resolve_pending": 60.0,
    "supplychain.tasks.drain_launches": 20.0,
    "supplychain.tasks.sweep_launches": 3600.0,
    "supplychain.tasks.count_statements": 21600.0,
    "supplychain.tasks.release_refunded": 60.0,
    "supplychain.tasks.charge_fees": 21600.0,
    "supplychain.tasks.read_shop_messages": 10.0,
    "core.tasks.seal_audit": 60.0,
    "core.tasks.forget_old_answers": 3600.0,
    "core.tasks.forget_old_deliveries": 3600.0,
    "core.tasks.forget_old_sessions": 3600.0,
    "core.tasks.send_webhooks": 10.0,
}
# A commit may ring for each of these.
ON_RING = frozenset(
    {
        "analytics.tasks.drain",
        "core.tasks.run_jobs",
        "core.tasks.send_webhooks",
        "livestreams.tasks.drop_streams",
        "livestreams.tasks.offer_waitlist",
        "supplychain.tasks.read_shop_messages",
    }
)
