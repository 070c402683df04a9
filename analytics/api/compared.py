"""Questions about a firm and a period beside an earlier one, and how their rows are written."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from analytics.channels import Against, Row
from analytics.choices import PeriodKind
from analytics.metrics import as_text
from analytics.periods import Period, period_named, period_of
from core.actors import Actor
from core.clock import DAY, month_of, today
from core.doors.api import one_of, query_value
from core.doors.fields import MoneyField, is_public_name
from core.errors import InvalidInput, NotFound
from core.policy import VIEW
from core.scoping import get_visible
from tenants.models import Tenant

TENANT = OpenApiParameter("tenant", str, required=True, description="Code of the firm.")
PERIODS = (
    OpenApiParameter("period", str, description="2025-06, 2025-Q2 or 2025; last month without it."),
    OpenApiParameter(
        "against",
        str,
        enum=[each.value for each in Against],
        description="With the period before it, or the same of the year before.",
    ),
)


class ComparedSerializer(serializers.Serializer[Any]):
    """Paid now and before: shares and growth in percent, `points` in percentage points; null: nothing to compare."""

    paid = MoneyField()
    paid_before = MoneyField()
    share = serializers.CharField(allow_null=True)
    share_before = serializers.CharField(allow_null=True)
    points = serializers.CharField(allow_null=True)
    growth = serializers.CharField(allow_null=True)


def changes(row: Row) -> dict[str, Any]:
    """A row's amounts, shares and what became of them."""
    return {
        "paid": row.now,
        "paid_before": row.before,
        **{name: as_text(getattr(row, name)) for name in ("share", "share_before", "points", "growth")},
    }


def tenant_asked(request: Request, actor: Actor, verb: str = VIEW) -> Tenant:
    """The firm that is asked about. InvalidInput without one, NotFound for one of which the actor may not know."""
    code = request.query_params.get("tenant", "")
    if not code:
        raise InvalidInput(_("Name the firm."), code="required", field="tenant")
    if not is_public_name(code, "code"):
        raise NotFound
    return get_visible(Tenant, actor, verb, code=code)


def periods_asked(request: Request) -> tuple[Period, Against]:
    """The period that is asked for, and with what it is compared. InvalidInput when there is no such thing."""
    last_month = period_of(PeriodKind.MONTH, month_of(today()) - DAY)
    period = query_value(request, "period", as_period, last_month)
    return period, Against(query_value(request, "against", one_of(tuple(Against)), Against.BEFORE))


def as_period(value: object) -> Period:
    """A period as an address names it. InvalidInput for what is none."""
    found = period_named(str(value))
    if found is None:
        raise InvalidInput(_("Give a period such as 2025-06, 2025-Q2 or 2025."), code="period")
    return found
