"""Where a route may do what the access matrix forbids, with the reason. At most eleven, and a test counts them."""

from __future__ import annotations

# Route -> why people of one tenant may read names of another tenant of their own park there.
NEIGHBOURS_ARE_NAMED: dict[str, str] = {
    "wall": "the wall ranks the park's tenants, each as it chose to be shown",
    "festival": "who enters an event agrees to the leaderboard, by the same choice",
    "festival-table": "the report's tables rank who entered, by the same choice",
    "portal-event": "a tenant in the event sees its leaderboard, by the same choice",
    "api-event-report": "the same report as JSON, by the same choice",
    "portal-pool": "who offers goods to the firms of the park is named beside them",
    "portal-goods-offer-page": "the page of one of those offers",
    "portal-booking-run": "the goods of the pool are a choice of its form",
    "api-goods-offer-list": "the same pool as JSON",
    "api-goods-offer-detail": "one offer of that pool, with its giver",
    "walls": "the list of walls names parks, whose tenants stand on them",
}

# Route -> why it is not called at all.
NOT_CALLED: dict[str, str] = {}

# Taking rows out of the system is written into the audit, although it is read by GET.
AUDITED_READS = "/export/"

# Route -> why reading it may write.
READING_WRITES: dict[str, str] = {}
