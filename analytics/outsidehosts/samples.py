"""Samples that were lent to an outside host: what became of them, and what the host still has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from analytics.periods import Period
from core.actors import Actor
from core.money import to_units
from core.scoping import visible_to
from supplychain.choices import SampleState
from supplychain.models import SampleRequest
from tenants.models import Tenant


@dataclass(frozen=True)
class HostSamples:
    """What was handed out in a period, the latest first, and what came of it so far.

    Each piece is `back` whole, `damaged`, `charged` or still with the host. `out` pieces, worth `worth` units at the
    price that was agreed for a piece that is kept, are with the host today, whenever they went out.
    """

    sent: Sequence[SampleRequest]
    out: int
    worth: int

    @property
    def pieces(self) -> int:
        return sum(each.pieces for each in self.sent)

    @property
    def back(self) -> int:
        return sum(each.whole for each in self.sent)

    @property
    def damaged(self) -> int:
        """Those that nobody has charged."""
        return sum(each.damaged for each in self.sent if each.state != SampleState.CHARGED)

    @property
    def charged(self) -> int:
        return sum(each.kept for each in self.sent if each.state == SampleState.CHARGED)

    @property
    def amount(self) -> int:
        """What was charged, in units."""
        return sum(to_units(each.amount) for each in self.sent if each.amount is not None)


def samples_of_host(actor: Actor, tenant: Tenant, ref: str, period: Period) -> HostSamples:
    """The samples that a firm lent to an account, its own goods and those of others."""
    lent = list(lent_to_outside_hosts(actor, tenant).filter(outside_ref=ref).order_by("-pk"))
    return HostSamples(
        sent=[
            each for each in lent if each.handed_out_on and period.first <= each.handed_out_on < period.end
        ],
        out=sum(each.outstanding for each in lent),
        worth=sum(to_units(each.price) * each.outstanding for each in lent if each.price is not None),
    )


def pieces_by_host(actor: Actor, tenant: Tenant, period: Period) -> Mapping[str, int]:
    """How many pieces were handed out to each account in a period."""
    lent = lent_to_outside_hosts(actor, tenant).filter(
        handed_out_on__gte=period.first, handed_out_on__lt=period.end
    )
    rows = lent.order_by("outside_ref").values_list("outside_ref").annotate(n=Sum("pieces"))
    return Counter(dict(rows))


def lent_to_outside_hosts(actor: Actor, tenant: Tenant) -> QuerySet[SampleRequest]:
    """What went to outside hosts on a firm's word."""
    visible = visible_to(SampleRequest.objects.in_full(), actor)
    return visible.filter(tenant=tenant, handed_out_on__isnull=False).exclude(outside_ref="")
