"""Judges the sessions whose facts have changed; a verdict becomes a new version when anything it rests on is other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from django.db import transaction

from analytics.models import TrustVerdict
from analytics.trust.gathering import Gathered, gather
from analytics.trust.verdict import fingerprint, judge
from analytics.trust.witnesses import as_row
from core.buckets import TRUST
from core.draining import Bucket, drain_family
from core.locking import try_advisory_locks
from core.models import BucketFailure, BucketMark
from livestreams.choices import SESSION_OPEN
from livestreams.models import LiveSession

# Their samples are read at once.
SESSIONS_PER_TRANSACTION = 200


def drain(*, seconds: float = math.inf, tenant_id: int | None = None) -> int:
    """Judge every marked session once; returns how many. Safe to run twice, at once, and to kill at any point."""
    return drain_family(
        TRUST, judge_together, most=SESSIONS_PER_TRANSACTION, seconds=seconds, tenant_id=tenant_id
    )


def judge_together(marked: Sequence[Bucket]) -> int:
    """Judge some (tenant, session) and delete the marks that were seen. What another judges just now is left to it."""
    with transaction.atomic():
        tenants = sorted({tenant for tenant, _session in marked})
        free = try_advisory_locks([f"trust:{tenant}" for tenant in tenants])
        mine = {tenant for tenant, is_free in zip(tenants, free, strict=True) if is_free}
        taken = [session for tenant, session in marked if tenant in mine]
        # Marks are read after the lock and before the facts: what is judged holds at least their facts.
        seen = list(BucketMark.objects.filter(family=TRUST, slot__in=taken).values_list("pk", flat=True))
        over = LiveSession.objects.filter(pk__in=taken).exclude(state__in=SESSION_OPEN)
        _keep(gather(list(over.select_related("booking").order_by("pk"))))
        BucketMark.objects.filter(pk__in=seen).delete()
        BucketFailure.objects.filter(family=TRUST, slot__in=taken).delete()
    return len(taken)


def _keep(gathered: Iterable[Gathered]) -> None:
    """Add a version where the inputs are not those of the newest one."""
    found = {each.session.pk: each for each in gathered}
    newest = TrustVerdict.objects.filter(session__in=found).current()
    known = {row.session_id: row for row in newest}
    TrustVerdict.objects.bulk_create(
        _version(each, known.get(key), inputs_hash)
        for key, each in found.items()
        if (inputs_hash := fingerprint(each.evidence)) != (known[key].inputs_hash if key in known else "")
    )


def _version(each: Gathered, before: TrustVerdict | None, inputs_hash: str) -> TrustVerdict:
    found = judge(each.evidence)
    return TrustVerdict(
        session=each.session,
        version=before.version + 1 if before else 1,
        claim=each.claim,
        verdict=found.verdict.value,
        reasons=" ".join(found.reasons),
        witnesses=[as_row(finding) for finding in found.findings],
        inputs_hash=inputs_hash,
    )
