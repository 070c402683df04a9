from collections import defaultdict
from datetime import UTC, date, datetime
from itertools import pairwise
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
    the host before had none since. What both sold by it at the same time is the later one's.
    """
    accounts = apps.get_model("livestreams", "HostAccount").objects
    hosts = apps.get_model("livestreams", "Host").objects.filter(pk=OuterRef("host"))
    accounts.update(tenant=Subquery(hosts.values("tenant")[:1]))
    holders = defaultdict(list)
    for account in accounts.order_by("pk"):
        holders[account.tenant_id, account.platform, account.account].append(account)
    sessions = apps.get_model("livestreams", "LiveSession").objects
    for held in holders.values():
        held.sort(key=lambda account: account.closed_on or date.max)
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
