"""The sessions of a seller as evidence: when they were on air, by whose accounts, and what they showed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Q, QuerySet

from core.clock import business_day, hour_of, hour_start, now
from livestreams.choices import ShiftRole
from livestreams.models import Host, HostAccount, HostShift, LiveSession
from supplychain.attribution.rule import OWN, OnShift, Shown, Stage
from supplychain.explained import stretches
from supplychain.models import ExplainEvent
from tenants.models import Store, Tenant

Days = tuple[date, date]
"""[from, until): date.min where no beginning is known, date.max where it is not closed."""
ALWAYS: Days = (date.min, date.max)
Held = dict[str, list[Days]]
"""Accounts by name, each with the days on which somebody sells by it."""
Shops = dict[str, Held]
"""By platform."""


@dataclass
class Evidence:
    """What is known around some instants: sessions by the UTC hours in which they may have a line, and our accounts.

    A line is judged by the accounts of its own business day, so what closes leaves the past as it was. An hour
    is of one day only.
    """

    by_hour: dict[int, list[Stage]] = field(default_factory=lambda: defaultdict(list))
    ours: Held = field(default_factory=dict)
    _ours_on: dict[date, frozenset[str]] = field(default_factory=dict, init=False)

    def near(self, at: datetime) -> Sequence[Stage]:
        return self.by_hour.get(hour_of(at), ())

    def ours_at(self, at: datetime) -> frozenset[str]:
        day = business_day(at)
        if day not in self._ours_on:
            self._ours_on[day] = _held_on(day, self.ours)
        return self._ours_on[day]


def _held_on(day: date, accounts: Held) -> frozenset[str]:
    return frozenset(
        name for name, days in accounts.items() if any(first <= day < until for first, until in days)
    )


def sessions_of(seller: Tenant) -> QuerySet[LiveSession]:
    """The sessions that may have sold what a seller sells: its own, and those that show its goods."""
    mine = LiveSession.objects.filter(Q(tenant=seller) | Q(shown_tenants__tenant=seller))
    return mine.filter(started_at__isnull=False).distinct()


def evidence_of(seller: Tenant, since: datetime, until: datetime, window: timedelta) -> Evidence:
    """What may place lines of a seller that were paid within [since, until].

    Of hosts only those count that the seller employs or that worked in its sessions: an account of others is as unknown
    as one that does not exist.
    """
    near = sessions_of(seller).filter(started_at__lte=until)
    near = near.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=since - window))
    sessions = {session: session.started_at for session in near.order_by("pk") if session.started_at}
    accounts = _accounts(_hosts(seller))
    shops = _shops({session.tenant_id for session in sessions} | {seller.pk})
    found = Evidence(ours=_ours(accounts, shops[seller.pk]))
    shifts, shown = _shifts(list(sessions)), _shown(list(sessions))
    for session, start in sessions.items():
        end, own = session.ended_at, shops[session.tenant_id][session.platform]
        last = min(end + window if end is not None else max(until, now()), until)
        hours = range(hour_of(max(start, since)), hour_of(last) + 1)
        for day, of_day in groupby(hours, lambda hour: business_day(hour_start(hour))):
            stage = _stage(session, start, seller, accounts, day, own, shifts[session.pk], shown[session.pk])
            for hour in of_day:
                found.by_hour[hour].append(stage)
    return found


def ours_of(seller: Tenant) -> Held:
    """The accounts by name that are known to be of a seller's hosts and shops."""
    known = _ours(_accounts(_hosts(seller)), _shops([seller.pk])[seller.pk])
    del known[OWN]
    return known


def _hosts(seller: Tenant) -> QuerySet[Host]:
    """Whom the seller employs, and who worked in its sessions."""
    # Joined, a host's shifts would come once for each of its sessions.
    ours = sessions_of(seller)
    worked = HostShift.objects.filter(session__in=ours.values("pk")).values("host")
    return Host.objects.filter(Q(tenant=seller) | Q(pk__in=worked) | Q(pk__in=ours.values("host")))


@dataclass
class Accounts:
    """By host and platform; a host's code in the house counts on every platform."""

    names: dict[tuple[int, str], Held] = field(default_factory=lambda: defaultdict(_none))
    codes: dict[int, str] = field(default_factory=dict)

    def on(self, platform: str, host: int, day: date) -> frozenset[str]:
        return _held_on(day, self.names.get((host, platform), {}))


def _accounts(hosts: QuerySet[Host]) -> Accounts:
    found = Accounts()
    found.codes = dict(hosts.values_list("pk", "code"))
    rows = HostAccount.objects.filter(host__in=found.codes)
    columns = ("host_id", "platform", "account", "opened_on", "closed_on")
    for host, platform, account, opened_on, closed_on in rows.values_list(*columns):
        found.names[host, platform][account].append((opened_on or date.min, closed_on or date.max))
    return found


def _shops(tenants: Iterable[int]) -> dict[int, Shops]:
    """The shops' accounts of tenants by platform; a collective store is its members' shop as well."""
    found: dict[int, Shops] = defaultdict(lambda: defaultdict(_none))
    mine = Store.objects.filter(Q(tenant__in=tenants) | Q(members__in=tenants))
    columns = ("tenant_id", "members", "platform", "account", "closed_on")
    for owner, member, platform, account, closed_on in mine.values_list(*columns):
        for tenant in {owner, member} - {None}:
            found[tenant][platform][account] = [(date.min, closed_on or date.max)]
    return found


def _ours(accounts: Accounts, shops: Shops) -> Held:
    known = _none()
    for name in (OWN, *accounts.codes.values()):
        known[name] = [ALWAYS]
    for held in (*accounts.names.values(), *shops.values()):
        for name, days in held.items():
            # Each platform may have one of this name, and each host one after another.
            known[name].extend(days)
    return known


def _none() -> Held:
    return defaultdict(list)


def _shifts(sessions: Sequence[LiveSession]) -> dict[int, list[HostShift]]:
    found: dict[int, list[HostShift]] = defaultdict(list)
    for shift in HostShift.objects.filter(session__in=sessions, role=ShiftRole.HOST).order_by("pk"):
        found[shift.session_id].append(shift)
    return found


def _shown(sessions: Sequence[LiveSession]) -> dict[int, list[Shown]]:
    """What was explained stays in the session's basket until its end."""
    told: dict[int, list[ExplainEvent]] = defaultdict(list)
    for event in (
        ExplainEvent.objects.filter(session__in=sessions)
        .select_related("product", "sku")
        .order_by("at", "pk")
    ):
        told[event.session_id].append(event)
    return defaultdict(
        list,
        {
            session.pk: [
                Shown(each.product.pk, each.sku.pk if each.sku else None, each.since, session.ended_at)
                for each in stretches(told[session.pk], session.ended_at)
            ]
            for session in sessions
        },
    )


def _stage(
    session: LiveSession,
    start: datetime,
    seller: Tenant,
    accounts: Accounts,
    day: date,
    shops: Held,
    shifts: Sequence[HostShift],
    shown: Sequence[Shown],
) -> Stage:
    hosts = {shift.host_id for shift in shifts} | {session.host_id} - {None}
    own = _held_on(day, shops)
    names = {host: accounts.on(session.platform, host, day) for host in hosts if host is not None}
    on_record = set(own).union(*names.values())
    on_air = on_record | {accounts.codes[host] for host in names}
    if session.tenant_id == seller.pk and own:
        on_air.add(OWN)
    return Stage(
        key=session.pk,
        platform=session.platform,
        start=start,
        end=session.ended_at,
        accounts=frozenset(on_air),
        is_open=not on_record,
        shifts=[
            OnShift(account, shift.starts_at, shift.ends_at)
            for shift in shifts
            for account in sorted({*names[shift.host_id], accounts.codes[shift.host_id]})
        ],
        shown=shown,
    )
