"""The commands `figures` and `rollup`, and the job that counts everything anew."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from analytics.services import figures_rebuild
from core import jobs
from core.choices import JobState
from core.errors import Refused
from core.models import Job
from tenants.models import Tenant
from tests.analytics.ledger import tell
from tests.analytics.months import JULY, sell, total
from tests.analytics.reference import Fact
from tests.factories import make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_figures_command_prints_exact_rows_and_a_total(tenant: Tenant) -> None:
    sell(tenant, "10.1234")
    sell(tenant, "0.1", JULY)
    sell(tenant, "4", JULY, kind="refunded", order="r", ref_order_no="x")
    span = ("figures", "--tenant", "seller", "--since", "2025-06-01", "--until", "2025-07-31")
    answer = json.loads(run(*span, "--by", "month", "--format", "json"))
    assert [(row["period"], row["gmv_paid"], row["net_sales"], row["orders"]) for row in answer["rows"]] == [
        ("2025-06", "10.1234", "10.1234", 1),
        ("2025-07", "0.10", "-3.90", 1),
    ]
    assert (answer["total"]["net_sales"], answer["total"]["refund_rate_amount"]) == ("6.2234", "0.391259")
    table = run(*span).splitlines()
    assert {"gmv_paid", "net_sales", "verified_net"} <= set(table[0].split())
    assert [line.split()[0] for line in table[1:3]] == ["2025-06-01", "2025-07-01"]
    assert "6.2234" in table[3]
    assert len(set(map(len, table[1:3]))) == 1


@pytest.mark.parametrize(
    "changed",
    [{"--tenant": "nobody"}, {"--since": "2025-02-30"}, {"--until": "20250601"}, {"--until": "2025-05-31"}],
)
def test_the_figures_command_says_what_is_wrong(tenant: Tenant, changed: dict[str, str]) -> None:
    given = {"--tenant": "seller", "--since": "2025-06-01", "--until": "2025-06-30", **changed}
    with pytest.raises(CommandError) as error:
        run("figures", *[part for pair in given.items() for part in pair])
    assert str(error.value)


def test_the_rollup_command_drains_and_rebuilds(tenant: Tenant) -> None:
    fact = Fact(
        tenant=tenant.pk, external_id="one", version=1, kind="paid", amount=Decimal(5), order_no="o1",
        at=dt.datetime(2025, 6, 2, tzinfo=dt.UTC),
    )  # fmt: skip
    tell(tenant, [fact])
    assert "1" in run("rollup")
    assert total(tenant)["gmv_paid"] == 5
    assert "1" in run("rollup", "--rebuild")
    assert total(tenant)["gmv_paid"] == 5


def test_a_rebuild_is_a_job_of_the_operator(tenant: Tenant) -> None:
    sell(tenant, "5")
    with pytest.raises(Refused):
        figures_rebuild(actor=make_world("alpha").manager)
    printed = run("rollup", "--rebuild", "--as-job")
    job = Job.objects.get(kind="analytics.rebuild")
    assert str(job.uid) in printed
    jobs.run_due()
    job.refresh_from_db()
    assert (job.state, job.done, job.result) == (JobState.DONE, 1, {"lines": 1})
