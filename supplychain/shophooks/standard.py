"""Standard Webhooks, for an ERP or a shop of one's own: `webhook-id`, `webhook-timestamp`, `webhook-signature`.

`order.lines` holds order lines as the API takes them, `order.changed` the state of an order (see `state`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

from core.clock import SKEW
from core.strict import StrictError
from core.webhooks.signing import is_signed
from core.words import gettext as _
from core.words import join
from supplychain.choices import ShopFault, ShopRefusal
from supplychain.facts import parse_rows
from supplychain.facts.values import PARSERS
from supplychain.importing import PROFILES
from supplychain.shophooks.incoming import (
    MESSAGE_ID_LENGTH,
    Call,
    Facts,
    Keys,
    Meaning,
    Nothing,
    Shop,
    Told,
    Unclear,
    Untrusted,
    check_time,
    keep,
    opened,
    sent,
    word,
)
from supplychain.shophooks.state import STATE_SHAPE, facts_of_state

LINES, TEST = "order.lines", "webhook.tried"
# All of them hold the whole state of the order: whichever comes last or is lost, the others say as much.
STATES = ("order.changed", "order.created", "order.paid", "order.refunded", "order.cancelled")
SHAPES = {LINES: [dict.fromkeys(PARSERS)], **dict.fromkeys(STATES, STATE_SHAPE)}
# Files of these sources name what was given back in ids of their own, which lines of a tool do not know.
EXPORTED = frozenset(profile.source for profile in PROFILES.values()) - {"file"}
MOST_REASONS = 5
_TIMESTAMP = re.compile(r"[0-9]{10}")


class Standard(Shop):
    """See the module."""

    has_app_key = False
    answer = (204, "", "text/plain")

    def hear(self, call: Call, keys: Keys) -> list[Told]:
        message_id = call.headers.get("webhook-id", "")
        timestamp = call.headers.get("webhook-timestamp", "")
        known = [key.secret for key in keys.secrets]
        if not is_signed(known, call.headers.get("webhook-signature", ""), message_id, timestamp, call.body):
            raise Untrusted(ShopRefusal.SIGNATURE)
        sent_at = sent(timestamp) if _TIMESTAMP.fullmatch(timestamp) else None
        if sent_at is None:
            raise Untrusted(ShopRefusal.STALE)
        check_time(sent_at, keys.now, SKEW)
        if not message_id or len(message_id) > MESSAGE_ID_LENGTH or not message_id.isprintable():
            raise Untrusted(ShopRefusal.SIGNATURE)
        try:
            value = opened(call.body, dict)
        except StrictError as error:
            return [Told(message_id=message_id, sent_at=sent_at, wrong=error.message)]
        event = word(value.get("type"))
        body, dropped = keep(
            value, {"type": None, "timestamp": None, **({"data": SHAPES[event]} if event in SHAPES else {})}
        )
        return [Told(message_id=message_id, event=event, sent_at=sent_at, body=body, dropped=dropped)]

    def read(self, event: str, body: Any, source: str) -> Meaning:
        if event == TEST:
            return Nothing()
        if event not in SHAPES:
            raise Unclear(ShopFault.EVENT, event)
        data = body.get("data")
        if not data:
            raise Unclear(ShopFault.SHAPE, _("The message holds no data."))
        if event in STATES:
            facts = facts_of_state(data, source)
            return Facts(facts, facts[0].order_no, states=True)
        if source in EXPORTED:
            message = _(
                "Files of “%(source)s” are imported too: send order.changed, which agrees with them, so that"
                " nothing counts twice."
            )
            raise Unclear(ShopFault.EVENT, message % {"source": source})
        parsed = parse_rows(data)
        if parsed.problems:
            told = ((_("Row %(row)d") % {"row": problem.row}, problem) for problem in parsed.problems)
            raise Unclear(ShopFault.LINES, reasons(told))
        return Facts([fact for _index, fact in parsed.facts], parsed.facts[0][1].order_no)


def reasons(told: Iterable[tuple[str, Any]]) -> str:
    """What is wrong, in a few lines: each problem behind the name of what has it; what is said twice is told once."""
    lines = dict.fromkeys(
        _("%(what)s, %(field)s: %(message)s")
        % {"what": what, "field": problem.field or "-", "message": problem.message}
        for what, problem in told
    )
    return join("\n", list(islice(lines, MOST_REASONS)))
