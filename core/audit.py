"""Audit: one entry per effect, written in its transaction; a sealer chains what has been committed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from structlog.contextvars import get_contextvars

from core import clock
from core.actors import Actor
from core.locking import advisory_lock
from core.models import AuditEntry, AuditSeal
from core.prepared import insert
from core.scoping import scope_of

GENESIS = "0" * 64
SEAL_BATCH = 10_000
# Stands for the value of a private column: the audit is read by more people than the row.
WITHHELD = "…"
_PLAIN, _ENCODER = (str, int, float, type(None)), DjangoJSONEncoder()
MARGIN = timedelta(minutes=1)
"""More than the clocks of two machines differ, and than an entry needs from its time to its number: who stores it with
its effect may have waited for locks meanwhile, ten seconds for each by `lock_timeout`."""


def snapshot(row: models.Model, fields: Iterable[str]) -> dict[str, Any]:
    """The named fields of a row as plain JSON values, relations by key: the before and after of an entry."""
    scope = scope_of(type(row))
    private = scope.private if scope is not None else ()
    values = {
        name: WITHHELD if name in private else getattr(row, row._meta.get_field(name).attname)  # type: ignore[union-attr]
        for name in fields
    }
    return _plain(values)


def _plain(value: Any) -> Any:
    """A value as JSON has it, without the detour over its text: each write passes here several times."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _ENCODER.default(value)


def record(
    *,
    actor: Actor,
    verb: str,
    obj: models.Model | None = None,
    object_type: str = "",
    label: str = "",
    node_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry. Call it inside the transaction of the effect; `node_id` says who may read it."""
    entry = entry_of(
        actor=actor,
        verb=verb,
        obj=obj,
        object_type=object_type,
        label=label,
        node_id=node_id,
        before=before,
        after=after,
    )
    insert(entry)
    return entry


def entry_of(
    *,
    actor: Actor,
    verb: str,
    obj: models.Model | None = None,
    object_type: str = "",
    label: str = "",
    node_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """The entry that `record` appends, for who stores it together with its effect."""
    return AuditEntry(
        at=clock.now(),
        actor=actor.label,
        actor_id=actor.user_id,
        node_id=node_id,
        verb=verb,
        object_type=object_type or (obj._meta.label if obj is not None else ""),
        object_id=obj.pk if obj is not None else None,
        object_label=(label or (str(obj) if obj is not None else ""))[:200],
        before=before,
        after=_plain(after),
        request_id=str(get_contextvars().get("request_id", ""))[:64],
    )


def seal() -> AuditSeal | None:
    """Chain the entries committed since the last seal. Safe to run twice at once; None when there is nothing new.

    An entry may be committed after ones with higher numbers, so the chain ends before the first entry that may
    still get such company: then it leaves nothing out that would break it later.
    """
    with transaction.atomic():
        advisory_lock("audit-seal")
        last = AuditSeal.objects.order_by("-id").first()
        settled = _oldest_writer() - MARGIN
        new = AuditEntry.objects.filter(pk__gt=last.last_entry_id if last else 0).order_by("pk")
        entries = list(takewhile(lambda entry: entry.at < settled, new[:SEAL_BATCH]))
        if not entries:
            return None
        previous = last.hash if last else GENESIS
        return AuditSeal.objects.create(
            first_entry_id=entries[0].pk,
            last_entry_id=entries[-1].pk,
            entries=len(entries),
            previous_hash=previous,
            hash=_chain_hash(previous, entries),
            sealed_at=clock.now(),
        )


def _oldest_writer() -> datetime:
    """When the longest transaction began that may still commit an entry; now, when there is none.

    What was recorded before (by more than clocks differ) has a lower number than whatever that transaction holds.
    The ids of transactions do not tell this: one may take its id, then another one a number and its id, and then
    the first one its number. The database's own housekeeping takes ids too and records nothing. On SQLite this
    transaction is the only one that writes.
    """
    now = clock.now()
    if connection.vendor != "postgresql":
        return now
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid() "
            "AND backend_type <> 'autovacuum worker'"
        )
        began = cursor.fetchone()[0]
    return min(now, began) if began else now


def verify() -> list[str]:
    """Walk the chain and name every break: changed, missing or added entries, a seal out of order."""
    problems: list[str] = []
    previous, reached = GENESIS, 0
    for link in AuditSeal.objects.order_by("id"):
        entries = list(AuditEntry.objects.filter(pk__gt=reached, pk__lte=link.last_entry_id).order_by("pk"))
        if link.previous_hash != previous:
            problems.append(f"seal {link.pk} does not follow the one before it")
        if len(entries) != link.entries:
            problems.append(f"seal {link.pk} covers {link.entries} entries, {len(entries)} are there")
        elif _chain_hash(link.previous_hash, entries) != link.hash:
            problems.append(
                f"entries {link.first_entry_id} to {link.last_entry_id} are not as they were sealed"
            )
        previous, reached = link.hash, link.last_entry_id
    return problems


def _chain_hash(previous: str, entries: list[AuditEntry]) -> str:
    digest = hashlib.sha256(previous.encode())
    for entry in entries:
        values = {field.attname: getattr(entry, field.attname) for field in AuditEntry._meta.concrete_fields}
        digest.update(json.dumps(values, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False).encode())
    return digest.hexdigest()
