"""Accounts of hosts on platforms: from which day to which they are whose, and how many follow them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from core import audit, buckets
from core.actors import Actor
from core.clock import today
from core.errors import Conflict, RowError
from core.locking import lock_row, retried
from core.policy import ADD
from core.records import conflict_of
from core.scoping import require
from livestreams.errors import BadTime
from livestreams.models import FollowerReading, Host, HostAccount, SessionTenant
from livestreams.services.locks import lock_visible
from livestreams.services.versions import BatchCounts, versions_of


@retried
def account_create(
    *, actor: Actor, host: Host, platform: str, account: str, opened_on: date | None = None
) -> HostAccount:
    """Add a host's account on a platform, from a day on.

    Without one since the last host of the firm who had it left it, else as long as anybody knows. Conflict when one of
    the firm has it already.
    """
    require(actor, ADD, HostAccount, host.tenant_id)
    with transaction.atomic():
        if opened_on is None:
            before = HostAccount.objects.filter(tenant=host.tenant_id, platform=platform, account=account)
            opened_on = before.aggregate(left=Max("closed_on"))["left"]
        row = HostAccount(host=host, platform=platform, account=account, opened_on=opened_on)
        _save_account(row)
        after = audit.snapshot(row, ("platform", "account", "opened_on"))
        audit.record(actor=actor, verb="host_account.create", obj=row, node_id=host.tenant_id, after=after)
    return row


@retried
def account_begin(*, actor: Actor, account: HostAccount, opened_on: date | None = None) -> HostAccount:
    """Say from which day on an account is the host's; without one it was so as long as anybody knows.

    What was sold by it before that day is looked at again. BadTime for a day after its closing;
    Conflict when it was another host's of the firm by then.
    """
    return _account_change(actor, account, "host_account.begin", opened_on=opened_on)


@retried
def account_close(*, actor: Actor, account: HostAccount, closed_on: date | None = None) -> HostAccount:
    """Close an account from a day on, today without one: the host is nobody there any more, for matching, incubation
    and sales. What was sold by it before stays where it is, and its followers of before are kept. BadTime for a day
    before its beginning.
    """
    return _account_change(actor, account, "host_account.close", closed_on=closed_on or today())


@retried
def account_reopen(*, actor: Actor, account: HostAccount) -> HostAccount:
    """Take back the closing of an account. Conflict when it is another host's of the firm since."""
    return _account_change(actor, account, "host_account.reopen", closed_on=None)


def _account_change(actor: Actor, account: HostAccount, verb: str, **values: date | None) -> HostAccount:
    with transaction.atomic():
        held = lock_visible(HostAccount, actor, account.pk)
        before = audit.snapshot(held, values)
        for name, value in values.items():
            setattr(held, name, value)
        if held.opened_on and held.closed_on and held.closed_on < held.opened_on:
            raise BadTime(_("An account is closed after it begins."), code="order", field=next(iter(values)))
        _save_account(held)
        audit.record(
            actor=actor,
            verb=verb,
            obj=held,
            node_id=held.tenant_id,
            before=before,
            after=audit.snapshot(held, values),
        )
    return held


def _save_account(account: HostAccount) -> None:
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        if "livestreams_account_one_host" not in str(error):
            raise conflict_of(error) from error
        raise Conflict(
            _("A host of the firm has this account on some of these days: close that one's first."),
            code="account_taken",
            field="account",
        ) from error
    _sells_by(account)


def _sells_by(account: HostAccount) -> None:
    """Lines that name the account are looked at again; those for whom the host worked know it as well."""
    host = account.host
    buckets.mark(buckets.SESSIONS, [(host.tenant_id, 0)])
    shown = SessionTenant.objects.filter(Q(session__host=host) | Q(session__shifts__host=host))
    sellers = {host.tenant_id, *shown.values_list("tenant_id", flat=True)}
    buckets.mark(buckets.ACCOUNTS, [(seller, 0) for seller in sellers])


@dataclass(frozen=True)
class Followers:
    """How many followers an account had on a day."""

    day: date
    followers: int


@retried
def followers_record(
    *, actor: Actor, account: HostAccount, readings: Sequence[Followers], source: str = ""
) -> BatchCounts:
    """Append readings. The same number for a known day is a duplicate, another one its next version.

    All or nothing: BadTime names the readings of days that have not come, or on which the account was not the host's.
    """
    require(actor, ADD, FollowerReading, account.host.tenant_id)
    _check_come(readings)
    with transaction.atomic():
        _check_held(lock_row(HostAccount, account.pk), readings)
        days = [read.day for read in readings]
        known = {
            row.day: (row.version, row.followers)
            for row in FollowerReading.objects.filter(account=account, day__in=days).order_by("version")
        }
        fresh, counts = versions_of(((read.day, read.followers) for read in readings), known)
        FollowerReading.objects.bulk_create(
            FollowerReading(account=account, day=day, version=version, followers=followers, source=source)
            for day, version, followers in fresh
        )
        if fresh:
            audit.record(
                actor=actor,
                verb="followers.record",
                obj=account,
                node_id=account.host.tenant_id,
                after={"stored": counts.stored, "corrected": counts.corrected},
            )
    return counts


def _check_come(readings: Sequence[Followers]) -> None:
    message = _("This time has not come yet.")
    ahead = [
        RowError(row, "day", "future", message) for row, read in enumerate(readings, 1) if read.day > today()
    ]
    if ahead:
        raise BadTime(message, code="future", rows=ahead)


def _check_held(held: HostAccount, readings: Sequence[Followers]) -> None:
    message = _("The account was not the host's then.")
    others = [
        RowError(row, "day", "account_closed", message)
        for row, read in enumerate(readings, 1)
        if not held.is_held_on(read.day)
    ]
    if others:
        raise BadTime(message, code="account_closed", rows=others)
