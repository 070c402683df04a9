import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import combinations, pairwise
from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Max, Min, OuterRef, Q, Subquery

from core.clock import business_day, today

UNIX_TIME_FIRST = 7
"""The version of a UUID that begins with the milliseconds at which it was made."""


def days_of_known_accounts(apps: Any, schema_editor: Any) -> None:
    """An account is the host's as long as anybody knows, unless several hosts of a firm have it: then each has it
    until the next one came, by when that one's was closed or made, or by that one's first session if it is earlier and
    the host before had none since. What both sold by it at the same time is the later one's, of two that were closed
    on one day the first one's: the other never has it. Accounts by which several sell still are named, for they are
    the firm's rather than one host's (docs/operations.md).
    """
    accounts = apps.get_model("livestreams", "HostAccount").objects
    hosts = apps.get_model("livestreams", "Host").objects.filter(pk=OuterRef("host"))
    accounts.update(tenant=Subquery(hosts.values("tenant")[:1]))
    holders = defaultdict(list)
    for account in accounts.order_by("pk"):
        holders[account.tenant_id, account.platform, account.account].append(account)
    sessions = apps.get_model("livestreams", "LiveSession").objects
    shared = []
    for held in holders.values():
        held.sort(key=lambda account: account.closed_on or date.max)
        open_ones = [account for account in held if account.closed_on is None]
        for left, came in pairwise(held):
            if left.closed_on is None:
                first, _last = _on_air(sessions, came)
                _first, last = _on_air(sessions, left)
                known = [_made(came)]
                if first is not None and (last is None or last < first):
                    known.append(first)
                left.closed_on = max(min(known), left.opened_on or date.min)
                left.save(update_fields=["closed_on"])
            came.opened_on = left.closed_on
            came.save(update_fields=["opened_on"])
        if sharing := _sharing(sessions, open_ones):
            shared.append(sharing)
    _look_again(apps, [account for held in holders.values() if len(held) > 1 for account in held])
    if shared:
        sys.stdout.write("\n    Accounts by which several hosts of a firm sell (docs/operations.md):\n")
        sys.stdout.writelines(f"    {_named(sharing)}\n" for sharing in shared)
    if schema_editor.connection.vendor == "postgresql":
        # The table is altered next, which rows with checks still to come would forbid.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _made(account: Any) -> date:
    stamped = account.uid.version == UNIX_TIME_FIRST
    return business_day(datetime.fromtimestamp((account.uid.int >> 80) / 1000, UTC)) if stamped else today()


def _on_air(sessions: Any, account: Any) -> tuple[date | None, date | None]:
    """The days of the host's first and last session on the platform."""
    theirs = sessions.filter(
        Q(host=account.host_id) | Q(shifts__host=account.host_id), platform=account.platform
    )
    found = theirs.aggregate(first=Min("started_at"), last=Max("started_at"))
    first, last = (None if at is None else business_day(at) for at in (found["first"], found["last"]))
    return first, last


def _sharing(sessions: Any, held: list[Any]) -> list[Any]:
    """Those who have the account that were on air since a later one came, as that one was."""
    last = {account.pk: _on_air(sessions, account)[1] or date.min for account in held}
    found: set[int] = set()
    for pair in combinations(held, 2):
        came_on = pair[1].opened_on
        if all(last[account.pk] >= came_on for account in pair):
            found.update(account.pk for account in pair)
    return [account for account in held if account.pk in found]


def _named(sharing: list[Any]) -> str:
    account = sharing[0]
    hosts = ", ".join(each.host.code for each in sharing)
    return f"{account.tenant.code}, {account.platform} {account.account}: {hosts}"


def _look_again(apps: Any, divided: Iterable[Any]) -> None:
    """Lines that name these accounts, of their firms and of those for whom the hosts worked."""
    shown = apps.get_model("livestreams", "SessionTenant").objects
    firms, hosts = {account.tenant_id for account in divided}, {account.host_id for account in divided}
    theirs = shown.filter(Q(session__host__in=hosts) | Q(session__shifts__host__in=hosts))
    sellers = firms | set(theirs.values_list("tenant_id", flat=True))
    marks = apps.get_model("core", "BucketMark")
    marks.objects.bulk_create(
        marks(family=family, node_id=node, slot=0)
        for family, nodes in (("sessions", firms), ("accounts", sellers))
        for node in sorted(nodes)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0023_loss_is_a_share"),
        ("tenants", "0004_a_charge_is_once_in_its_park"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="hostaccount", name="livestreams_account_once"),
        migrations.AddField(
            model_name="hostaccount",
            name="opened_on",
            field=models.DateField(
                blank=True,
                help_text="Empty: as long as anybody knows.",
                null=True,
                verbose_name="the host's from",
            ),
        ),
        migrations.AddField(
            model_name="hostaccount",
            name="tenant",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
                verbose_name="agency or employer",
            ),
        ),
        migrations.RunPython(days_of_known_accounts, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="hostaccount",
            name="tenant",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
                verbose_name="agency or employer",
            ),
        ),
        migrations.AddConstraint(
            model_name="hostaccount",
            constraint=models.CheckConstraint(
                condition=Q(closed_on__gte=F("opened_on"))
                | Q(closed_on__isnull=True)
                | Q(opened_on__isnull=True),
                name="livestreams_account_order",
            ),
        ),
    ]
