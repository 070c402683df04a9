"""Which sessions the rows of a drop are about, as the house knows them now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from analytics.choices import ReadBy
from analytics.models import SessionReading
from analytics.reports.matching import Known, Match, match, plain
from analytics.services.reports.files import ReadFile, Stated
from core.clock import DAY, business_day
from core.errors import RowError
from core.words import gettext as _
from livestreams.models import HostAccount, LiveSession
from tenants.models import Store, Tenancy, Tenant

Entered = defaultdict[tuple[str, int | None], list[tuple[str, HostAccount]]]
"""Accounts of hosts by platform and host, as they are compared, each with the days on which it is the host's."""


@dataclass(frozen=True)
class Placed:
    """A row and what it is about."""

    stated: Stated
    match: Match


def place(tenant: Tenant, files: Iterable[ReadFile]) -> list[Placed]:
    """Place the rows of all files that are not refused, all at once: what one row takes, another cannot mean.

    A row whose live id is another's, or whose session could not be opened, refuses its file, as the problem of the
    row.
    """
    files = list(files)
    _refuse_foreign(tenant, files)
    placed = _placed(tenant, files)
    while _refuse_seatless(tenant, files, placed):
        placed = _placed(tenant, files)
    return placed


def _placed(tenant: Tenant, files: Sequence[ReadFile]) -> list[Placed]:
    return place_rows(tenant, [each for file in files if not file.refused for each in file.stated])


def place_rows(tenant: Tenant, stated: Sequence[Stated]) -> list[Placed]:
    """Place rows that nothing is wrong with."""
    if not stated:
        return []
    rows = [each.row for each in stated]
    read, denied = _former(tenant, {row.key for row in rows})
    stores = Counter(Store.objects.filter(tenant=tenant).values_list("platform", flat=True))
    entered = _entered(tenant)
    named = {(platform, name) for (platform, _host), held in entered.items() for name, _account in held}
    hosts = Counter(platform for platform, _name in named)
    readings = SessionReading.objects.standing().filter(session__tenant=tenant).exclude(account="")
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for platform, account in readings.order_by().values_list("session__platform", "account").distinct():
        seen[platform].add(account)
    matches = match(
        rows,
        _known(tenant, stated, read.values(), entered),
        read,
        accounts=seen,
        several=[platform for platform, count in (stores | hosts).items() if count > 1],
        denied=denied,
    )
    return [Placed(each, found) for each, found in zip(stated, matches, strict=True)]


def _former(
    tenant: Tenant, keys: Set[str]
) -> tuple[dict[tuple[str, str], int], defaultdict[tuple[str, str], set[int]]]:
    """By platform and key: the session that a row was read for, and those from which it was taken back."""
    read: dict[tuple[str, str], int] = {}
    denied: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    former = SessionReading.objects.filter(session__tenant=tenant, key__in=keys).order_by("pk")
    for platform, key, session, taken_back in former.values_list(
        "session__platform", "key", "session_id", "withdrawal"
    ):
        if taken_back:
            denied[platform, key].add(session)
        else:
            read[platform, key] = session
    return read, denied


def _refuse_foreign(tenant: Tenant, files: Sequence[ReadFile]) -> None:
    """Of the tenant's own sessions one that has not begun cannot be what a row is about either."""
    ids = {each.row.live_id for file in files for each in file.stated if each.row.live_id}
    foreign = set(
        LiveSession.objects.filter(platform_live_id__in=ids)
        .exclude(tenant=tenant, started_at__isnull=False)
        .values_list("platform", "platform_live_id")
    )
    message = _("Another session already has this live id.")
    for file in files:
        file.problems += [
            RowError(each.line_no, "live_id", "live_id_taken", message)
            for each in file.stated
            if (each.row.platform, each.row.live_id) in foreign
        ]


def _refuse_seatless(tenant: Tenant, files: Sequence[ReadFile], placed: Sequence[Placed]) -> bool:
    """Refuse files that would open a session on a day on which the tenant sat in no park; whether there were any."""
    new = [one.stated for one in placed if one.match.how == ReadBy.OPENED]
    days = {business_day(each.row.occurred_at) for each in new}
    seatless = {day for day in days if not Tenancy.objects.on(day).filter(tenant=tenant).exists()}
    message = _("The tenant sat in no park on that day.")
    for each in new:
        if business_day(each.row.occurred_at) in seatless:
            files[each.file].problems.append(RowError(each.line_no, "started_at", "no_park", message))
    return bool(seatless)


def _entered(tenant: Tenant) -> Entered:
    """The accounts that the house has entered for its hosts."""
    found: Entered = defaultdict(list)
    for row in HostAccount.objects.filter(tenant=tenant).order_by():
        found[row.platform, row.host_id].append((plain(row.account), row))
    return found


def _known(
    tenant: Tenant,
    stated: Sequence[Stated],
    read: Iterable[int],
    entered: Entered,
) -> list[Known]:
    """The tenant's sessions that the rows could be about, with the accounts that their hosts were on air with."""
    rows = [each.row for each in stated]
    first, last = min(row.occurred_at for row in rows), max(row.ended_at or row.occurred_at for row in rows)
    near = Q(started_at__gte=first - DAY, started_at__lte=last + DAY)
    named = Q(platform_live_id__in={row.live_id for row in rows if row.live_id})
    sessions = LiveSession.objects.filter(
        near | named | Q(pk__in=set(read)), tenant=tenant, platform__in={row.platform for row in rows}
    )
    own, of_host = _accounts(
        SessionReading.objects.standing().filter(session__tenant=tenant).exclude(account="")
    )
    found = []
    for session in sessions.select_related("host"):
        if session.started_at is None:
            continue
        known, day = entered[session.platform, session.host_id], business_day(session.started_at)
        held = {name for name, account in known if account.is_held_on(day)}
        gone = {name for name, _account in known} - held
        accounts = own[session.pk] or of_host[session.platform, session.host_id] - gone
        found.append(
            Known(
                id=session.pk,
                platform=session.platform,
                started_at=session.started_at,
                ended_at=session.ended_at,
                live_id=session.platform_live_id,
                title=session.title,
                host=session.host_id,
                accounts=frozenset(accounts),
                names=frozenset(
                    {plain(name) for name in (session.host.name_zh, session.host.name_en) if name}
                    if session.host
                    else ()
                )
                | held,
            )
        )
    return found


def _accounts(
    readings: QuerySet[SessionReading],
) -> tuple[defaultdict[int, set[str]], defaultdict[tuple[str, int | None], set[str]]]:
    """The accounts on air in each session, and with each host on each platform."""
    own: defaultdict[int, set[str]] = defaultdict(set)
    of_host: defaultdict[tuple[str, int | None], set[str]] = defaultdict(set)
    rows = readings.order_by().values_list("session_id", "session__platform", "session__host_id", "account")
    for session_id, platform, host_id, account in rows.distinct():
        own[session_id].add(plain(account))
        if host_id is not None:
            of_host[platform, host_id].add(plain(account))
    return own, of_host
