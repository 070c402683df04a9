"""What a host sold, on pages of apps that know nothing of figures."""

from __future__ import annotations

from django import template

from analytics.shares.shown import HostMonth, host_month
from core import clock
from core.actors import Actor
from livestreams.models import Host

register = template.Library()


@register.simple_tag
def sold_this_month(actor: Actor, host: Host) -> HostMonth | None:
    """A host's shares of the sessions of this month, as far as the reader may see them."""
    return host_month(actor, host, clock.today())
