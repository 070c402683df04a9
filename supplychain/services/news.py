"""What receivers of webhooks are told of stock and statements."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from core.choices import WebhookEvent
from core.models import new_uid
from core.money import to_cents
from core.webhooks import outbox
from supplychain.models import OfferAnswer, Reorder, Statement, StockLevel


def stock_fell(falls: Sequence[tuple[StockLevel, int]]) -> None:
    """Tell owners and parks of levels that fell to what they call low; with each, what was available before.

    In the transaction of the moves. A level that is low already is not told again before it was above.
    """
    if not falls:
        return
    nodes = {node for level, _before in falls for node in _nodes(level)}
    endpoints = outbox.listening(WebhookEvent.STOCK_LOW, nodes)
    low = [
        (endpoint, level)
        for level, before in falls
        for endpoint in endpoints
        if endpoint.node_id in _nodes(level) and level.available <= endpoint.low_stock < before
    ]
    if not low:
        return
    named = StockLevel.objects.select_related("owner", "sku").in_bulk({level.pk for _endpoint, level in low})
    # The moves are posted once, so each fall is a fact of its own.
    outbox.put(
        WebhookEvent.STOCK_LOW,
        [(endpoint, new_uid(), _shown(level, named[level.pk])) for endpoint, level in low],
    )


def _nodes(level: StockLevel) -> tuple[int, int]:
    return level.owner_id, level.warehouse.park_id


def _shown(level: StockLevel, named: StockLevel) -> dict[str, Any]:
    return {
        "warehouse": level.warehouse.code,
        "owner": named.owner.code,
        "sku": named.sku.code,
        "available": level.available,
        "reserved": level.reserved,
    }


def statement_ready(statement: Statement) -> None:
    """Tell both parties of a statement that has new lines to look at, in the transaction that counted them."""
    agreement = statement.agreement

    def data() -> dict[str, Any]:
        return {
            "statement": str(statement.uid),
            "agreement": str(agreement.uid),
            "seller": agreement.seller.code,
            "month": f"{statement.month:%Y-%m}",
            "version": statement.version,
            "total": _exact(statement.total),
            "withheld": _exact(statement.withheld),
            "to_pay": _exact(statement.to_pay),
        }

    outbox.tell(
        WebhookEvent.STATEMENT_READY,
        (agreement.seller_id, agreement.partner_id),
        key=f"statement:{statement.uid}:{statement.version}",
        data=data,
    )


def offer_answered(answer: OfferAnswer) -> None:
    """Tell the owner of goods, and the firm, of a yes or no to an offer, in the transaction that stores it."""
    offer = answer.offer

    def data() -> dict[str, Any]:
        return {
            "answer": str(answer.uid),
            "offer": str(offer.uid),
            "product": offer.product.code,
            "owner": offer.tenant.code,
            "tenant": answer.tenant.code,
            "host": answer.host.code if answer.host is not None else None,
            "sells": answer.sells,
            "reason": answer.reason,
        }

    outbox.tell(
        WebhookEvent.OFFER_ANSWERED,
        (offer.tenant_id, answer.tenant_id),
        key=f"answer:{answer.uid}",
        data=data,
    )


def reorder_proposed(reorder: Reorder) -> None:
    """Tell a firm that more of a style is proposed, in the transaction of the proposal; not that it changes."""
    launch = reorder.launch

    def data() -> dict[str, Any]:
        return {
            "reorder": str(reorder.uid),
            "launch": str(launch.uid),
            "tenant": launch.tenant.code,
            "product": launch.product.code,
            "factory": str(reorder.factory.uid),
            "quantity": reorder.quantity,
            "low": reorder.low,
            "expected": reorder.expected,
            "high": reorder.high,
            "sold": reorder.sold_then,
            "stock": reorder.stock_then,
            "lead_days": reorder.lead_days,
        }

    outbox.tell(WebhookEvent.REORDER_PROPOSED, (launch.tenant_id,), key=f"reorder:{reorder.uid}", data=data)


def _exact(amount: Decimal) -> str:
    """To the cent, and finer only where it is."""
    cents = to_cents(amount)
    return f"{cents if cents == amount else amount:f}"
