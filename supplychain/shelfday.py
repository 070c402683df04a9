"""The day of who keeps a firm's goods: what comes, what has to leave, which samples go out and come back."""

from __future__ import annotations

from dataclasses import dataclass

from core import clock
from core.actors import Actor
from core.scoping import visible_to
from supplychain.choices import InboundState, SampleState
from supplychain.models import Backorder, InboundNotice, SampleRequest
from supplychain.unshipped import Unshipped, held_lines, unshipped
from tenants.models import Tenant


@dataclass(frozen=True)
class ShelfDay:
    """Counts: inbound notices that are due by today, those of them of earlier days, orders, and sample requests."""

    inbound: int
    late: int
    orders: Unshipped
    to_hand_out: int
    not_back: int

    @property
    def is_free(self) -> bool:
        """Whether nothing waits."""
        waits = (self.inbound, self.orders.orders, self.orders.missing, self.to_hand_out, self.not_back)
        return not any(waits)


def shelf_day(actor: Actor, tenant: Tenant) -> ShelfDay:
    """What waits today at the shelves of a firm, as far as the actor sees it."""
    today = clock.today()
    announced = InboundNotice.objects.filter(owner=tenant, state=InboundState.ANNOUNCED, day__lte=today)
    inbound = visible_to(announced, actor)
    lent = visible_to(SampleRequest.objects.filter(offer__tenant=tenant), actor)
    overdue = visible_to(SampleRequest.objects.overdue().filter(offer__tenant=tenant), actor)
    return ShelfDay(
        inbound=inbound.count(),
        late=inbound.filter(day__lt=today).count(),
        orders=unshipped(
            held_lines(actor).filter(seller=tenant), visible_to(Backorder.objects.filter(owner=tenant), actor)
        ),
        to_hand_out=lent.filter(state=SampleState.AGREED).count(),
        not_back=overdue.count(),
    )
