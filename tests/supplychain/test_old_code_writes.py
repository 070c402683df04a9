"""Between a migration and the restart processes of the old code write rows that know nothing of the new columns."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models

from core.clock import today
from core.models import new_uid
from supplychain.services import agreement_propose, agreement_sign, goods_offer, sample_ask, statement_count
from tests.factories import SYSTEM, World

pytestmark = pytest.mark.both_databases
MAY = dt.date(2025, 5, 1)


def written_again(row: models.Model, new: dict[str, Any], **other: Any) -> Any:
    """The row once more, as code writes it that does not know the columns `new`; with some other values."""
    values = {"uid": new_uid(), **other}
    meta = row._meta
    columns = [field for field in meta.concrete_fields if not field.primary_key and field.attname not in new]
    names = ", ".join(connection.ops.quote_name(field.column) for field in columns)
    chosen = ", ".join(
        "%s" if field.attname in values else connection.ops.quote_name(field.column) for field in columns
    )
    given = [
        field.get_db_prep_save(values[field.attname], connection)
        for field in columns
        if field.attname in values
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {meta.db_table} ({names}) SELECT {chosen} FROM {meta.db_table} WHERE id = %s",  # noqa: S608
            [*given, row.pk],
        )
    written = type(row)._default_manager.get(uid=values["uid"])
    return {name: getattr(written, name) for name in new}


def test_old_code_writes_agreements_statements_samples_and_parcels(world: World) -> None:
    firm, other = world.tenants[0], world.tenants[1]
    proposed = agreement_propose(
        actor=SYSTEM, seller=firm.tenant, kind="service", title="advice", outside_name="Advisors",
        from_day=MAY, sales="all", tiers=[(Decimal(0), Decimal(5))],
    )  # fmt: skip
    agreement = agreement_sign(actor=SYSTEM, agreement=proposed)
    statement = statement_count(actor=SYSTEM, agreement=agreement, month=MAY)
    offer = goods_offer(
        actor=SYSTEM, product=other.skus[0].product, floor_price=Decimal(59), commission_rate=Decimal(20),
        pieces=100, samples=3,
    )  # fmt: skip
    asked = sample_ask(
        actor=SYSTEM, offer=offer, tenant=firm.tenant, pieces=1, until=today() + dt.timedelta(days=2)
    )
    for row, new, more in (
        (agreement, {"withheld": False}, {}),
        (statement, {"withheld": Decimal(0)}, {"month": dt.date(2025, 6, 1)}),
        (asked, {"platform": "", "outside_ref": ""}, {}),
        (firm.tenant.parcels.get(state="waiting"), {"source": ""}, {}),
    ):
        assert written_again(row, new, **more) == new
