"""What a wall shows: a park, or the parks of a place. Its address is the park's code, or `place/` and a node's code."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse

from analytics.figures import PLACES, may_see_place
from core.actors import Actor
from core.choices import NodeKind
from core.clock import today
from core.days import open_on
from core.models import ScopeNode
from core.scoping import visible_to
from parks.models import Park
from parks.selectors import parks_of

Shown = Park | ScopeNode
PLACE = "place/"


def find(address: str) -> Shown | None:
    """What stands at an address: an open park, or a place; whoever asks."""
    if not address.isprintable():
        return None  # PostgreSQL refuses to look for a NUL
    if address.startswith(PLACE):
        return ScopeNode.objects.filter(code=address.removeprefix(PLACE), kind__in=PLACES).first()
    return Park.objects.filter(open_on(today()), code=address).first()


def may_see(actor: Actor, shown: Shown) -> bool:
    """Whether somebody sees a wall by the roles they hold."""
    if isinstance(shown, Park):
        return parks_of(actor).filter(pk=shown.pk).exists()
    return may_see_place(actor, shown)


def node_id_of(shown: Shown) -> int:
    return shown.node_id if isinstance(shown, Park) else shown.pk


def parks_in(place: ScopeNode) -> QuerySet[Park]:
    """The open parks of a place."""
    return Park.objects.filter(open_on(today()), node__path__startswith=place.path)


def places_of(actor: Actor) -> list[ScopeNode]:
    """The places with parks whose wall somebody sees: those of the own roles, and what lies below them."""
    places = visible_to(ScopeNode.objects.filter(kind__in=PLACES), actor).order_by("path")
    paths = list(Park.objects.filter(open_on(today())).values_list("node__path", flat=True))
    return [
        place
        for place in places
        if any(path.startswith(place.path) for path in paths) and may_see_place(actor, place)
    ]


def address_of(node: ScopeNode) -> str:
    """The address of a node's wall."""
    return node.park.code if node.kind == NodeKind.PARK else f"{PLACE}{node.code}"


def page_of(node: ScopeNode) -> str:
    """Where the page of a node's wall is."""
    if node.kind == NodeKind.PARK:
        return reverse("wall", args=[node.park.code])
    return reverse("wall-place", args=[node.code])
