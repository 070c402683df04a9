"""The parks and firms that a firm knows: those it may agree something with by their names."""

from __future__ import annotations

from django.db.models import Q

from core.actors import Actor
from core.clock import today
from core.days import open_on
from core.models import ScopeNode
from core.scoping import visible_to
from supplychain.models import Agreement, GoodsOffer, OfferAnswer, SampleRequest
from tenants.models import Tenant


def partners_of(actor: Actor, tenant: Tenant) -> list[ScopeNode]:
    """The park of a firm, and who agreed something with it, offers goods in its pool, or answered its own offers;
    firms that are closed are left out.

    As far as the actor sees these rows: names of other firms are told by nothing else.
    """
    offers = visible_to(GoodsOffer.objects.standing().filter(park=tenant.node.parent_id), actor)
    mine = {"offer__tenant": tenant}
    answers = visible_to(OfferAnswer.objects.filter(**mine), actor)
    samples = visible_to(SampleRequest.objects.filter(**mine), actor)
    agreed = visible_to(Agreement.objects.filter(Q(seller=tenant) | Q(partner=tenant.pk)), actor)
    firms = Q(pk__in=tenant.node.path.strip("/").split("/"), park__isnull=False)
    for rows, column in (
        (offers, "tenant"),
        (answers, "tenant"),
        (samples, "tenant"),
        (agreed, "seller"),
        (agreed.exclude(partner=None), "partner"),
    ):
        firms |= Q(pk__in=rows.order_by().values(column))
    found = ScopeNode.objects.filter(firms, open_on(today(), "tenant")).exclude(pk=tenant.pk)
    return list(found.select_related("park", "tenant").order_by("kind", "code"))


def called(node: ScopeNode) -> str:
    """A park or firm by its name in the reader's language, and by its code, of which there is one."""
    return f"{getattr(node, node.kind)} ({node.code})"


def names_of(node: ScopeNode) -> set[str]:
    """What a park or firm may be called by who types it, in lower case: as it is offered, its code, its names."""
    of = getattr(node, node.kind)
    return {name.casefold() for name in (called(node), node.code, of.name_zh, of.name_en) if name}
