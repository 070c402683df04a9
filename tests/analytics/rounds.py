"""What platforms report of a session in the house, and the dropping of such reports."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from analytics.services import reports_confirm, reports_drop
from core import jobs
from core.choices import JobState, UnresolvedKind
from core.clock import HOUR, local
from core.models import Job, Unresolved
from tests.factories import SYSTEM, TenantWorld

START = datetime(2026, 5, 18, 12, tzinfo=UTC)  # 20:00 in Shanghai
# What the row below states.
STATED = (Decimal("58310.5000"), 25310, 192, 120, 1268, 492)


def row(start: datetime = START, hours: float = 2, **changes: str) -> dict[str, str]:
    times = "~".join(f"{local(at):%Y-%m-%d %H-%M-%S}" for at in (start, start + hours * HOUR))
    return {
        "直播间ID": "7391112345678901231",
        "达人ID": "88120031",
        "达人昵称": "小美",
        "直播时间": times,
        "直播间观看人数": "25310",
        "最高在线人数": "1268",
        "人均观看时长": "3分12秒",
        "成交订单数": "492",
        "直播间成交金额": "58310.50",
    } | changes


def body(*rows: dict[str, str], encoding: str = "utf-8-sig") -> bytes:
    out = StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def drop(firm: TenantWorld, *files: bytes, take: bool = True, actor: Any = SYSTEM) -> dict[str, Any]:
    """Drop files, look at them, and take them; returns the job's result."""
    named = [(f"{number}.csv", [content]) for number, content in enumerate(files)]
    job = reports_drop(actor=actor, tenant=firm.tenant, files=named)
    return finished(reports_confirm(actor=actor, job=finished_job(job))) if take else finished(job)


def finished_job(job: Job) -> Job:
    jobs.run_due()
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.message
    return job


def finished(job: Job) -> dict[str, Any]:
    return finished_job(job).result


def question(firm: TenantWorld) -> Unresolved:
    return Unresolved.objects.get(node=firm.tenant.node, kind=UnresolvedKind.REPORT)
