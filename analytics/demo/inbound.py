"""The demo's inbound notices: one that came short, and one that is still to come."""

from __future__ import annotations

from analytics.demo.built import BuiltPark
from core.actors import Actor
from core.clock import DAY, day_start, today
from core.days import open_on
from supplychain.models import InboundNotice, Sku
from supplychain.services import inbound_announce, inbound_receive

PIECES = 40
SHORT = 2
NOTE, REASON = "顺丰，2 箱（演示）", "外箱破损，少 2 件（演示）"


def build_inbound(built: BuiltPark, *, actor: Actor) -> None:
    """Two notices of the park's first firm, made once."""
    warehouse = built.park.warehouses.filter(open_on(today())).order_by("pk").first()
    sku = Sku.objects.filter(open_on(today()), tenant=built.tenants[0]).order_by("pk").first()
    if warehouse is None or sku is None or InboundNotice.objects.filter(owner=sku.tenant_id).exists():
        return
    for day in (today(), today() + 2 * DAY):
        notice = inbound_announce(
            actor=actor, warehouse=warehouse, sku=sku, pieces=PIECES, day=day, note=NOTE
        )
        if day == today():
            inbound_receive(
                actor=actor, notice=notice, received=PIECES - SHORT, difference=REASON, at=day_start(day)
            )
