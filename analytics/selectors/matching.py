"""Hosts for goods as somebody may see them: ranked with reasons, those who cannot be had, and amounts only for some."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from analytics.matching.facts import Wanted
from analytics.matching.fitting import fit_once
from analytics.matching.gathering import candidates, observations, park_hosts
from analytics.matching.ranking import Ranked, rank
from analytics.matching.words import QUARTERS, cny, sentences
from analytics.models import SessionFigures
from core.actors import Actor
from core.clock import DAY, now
from core.errors import InvalidInput
from core.policy import ADD, VIEW
from core.scoping import may, require, visible_to
from livestreams.conflicts import Span
from livestreams.models import Booking, Course, Host
from parks.models import Park
from tenants.models import Tenant

LONGEST_WINDOW, FURTHEST = 31 * DAY, 400 * DAY
MOST_HOURS = 200


@dataclass(frozen=True)
class HostMatch:
    """A host for the goods. Amounts are CNY for all hours asked for, None for who may not read them.

    `sales` after refunds with their interval; `cost` by the day rate; `after_cost` what is left. `quarter` is 1 to 4
    among the hosts of the park.
    """

    host: Host
    rank: int
    quarter: int
    cost: Decimal
    reasons: list[str]
    sales: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    after_cost: Decimal | None = None

    @property
    def standing(self) -> Any:
        return QUARTERS[self.quarter]


@dataclass(frozen=True)
class HostExcluded:
    """A host that cannot be had, and why."""

    host: Host
    reasons: list[str]


@dataclass(frozen=True)
class HostMatches:
    """The answer to a request; `sessions` is how many the estimates draw on, None for who may not read amounts."""

    matches: list[HostMatch]
    excluded: list[HostExcluded]
    with_amounts: bool
    sessions: int | None


def host_matches(
    *,
    actor: Actor,
    of: Tenant | Park,
    wanted: Wanted,
    window: Span,
    course: Course | None = None,
) -> HostMatches:
    """The hosts that a tenant may book, or of a park, for goods within a window that has not passed.

    The model learns from every session of the park; a tenant gets the rank, the quarter and reasons of its own hosts.
    Amounts are for those who may read the figures of every session of the park. InvalidInput for a window or
    hours out of range, Refused for who may not book.
    """
    require(actor, ADD, Booking, of.pk)
    _check(wanted, window)
    if isinstance(of, Tenant):
        park_id = of.node.parent_id or 0
        shown = Host.objects.filter(tenant=of)
        wanted = replace(wanted, seller=of.code)
    else:
        park_id, shown = of.pk, Host.objects.filter(tenant__node__parent=of.pk)
    here = list(park_hosts(park_id).select_related("tenant"))
    hosts = {host.code: host for host in here}
    mine = set(visible_to(shown, actor).values_list("code", flat=True))
    found, _free = candidates(here, window, platform=wanted.platform, course=course)
    fitted = fit_once(observations(park_id))
    ranking = rank(fitted, wanted, found, shown=mine)
    with_amounts = may(actor, VIEW, SessionFigures, park_id)
    return HostMatches(
        [_match(hosts[one.host], one, with_amounts) for one in ranking.ranked],
        [
            HostExcluded(hosts[one.host], sentences(one.reasons, with_rates=with_amounts))
            for one in ranking.excluded
        ],
        with_amounts,
        fitted.sessions if with_amounts else None,
    )


def _match(host: Host, one: Ranked, with_amounts: bool) -> HostMatch:
    match = HostMatch(
        host=host,
        rank=one.rank,
        quarter=one.quarter,
        cost=cny(one.cost),
        reasons=sentences(one.reasons, with_rates=with_amounts),
    )
    if not with_amounts:
        return match
    return replace(
        match, sales=cny(one.sales), low=cny(one.low), high=cny(one.high), after_cost=cny(one.after_cost)
    )


def _check(wanted: Wanted, window: Span) -> None:
    if not wanted.category:
        raise InvalidInput(_("Name the category."), code="required", field="category")
    if not 0 < wanted.hours <= MOST_HOURS:
        message = _("The hours must lie between 0 and %(most)d.") % {"most": MOST_HOURS}
        raise InvalidInput(message, code="range", field="hours")
    if window.length > LONGEST_WINDOW:
        message = _("Ask for at most %(days)d days.") % {"days": LONGEST_WINDOW.days}
        raise InvalidInput(message, code="range", field="until")
    if window.end <= now() or window.start > now() + FURTHEST:
        message = _("The window lies in the past or too far ahead.")
        raise InvalidInput(message, code="past", field="since")
