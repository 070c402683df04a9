"""What the park charges a firm: rooms, the work of its warehouses, rent and services, and how each was computed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.doors.portal import ScopedListPage
from core.templatetags.portal import decimal
from livestreams.choices import BookingState
from supplychain.choices import FeeKind
from tenants.models import Charge


class Charges(ScopedListPage):
    """The charges, the latest month first."""

    template_name = "portal/charges.html"
    section = "settlement"
    after_leaving = True
    needs = ("view", Charge)
    model = Charge

    def base_queryset(self) -> QuerySet[Charge]:
        return Charge.objects.select_related("park").order_by("-period", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["charges"] = [(charge, list(reasons(charge))) for charge in context["rows"]]
        return context


def reasons(charge: Charge) -> Iterator[str]:
    """How a charge was computed, in the words of its source; each writes its own explanation."""
    told = charge.explanation
    if charge.source == "booking":
        at = datetime.fromisoformat(told["starts_at"])
        state = BookingState(told["state"]).label if told["state"] in BookingState.values else told["state"]
        yield f"{told['room']} · {at:%Y-%m-%d %H:%M} · {state}"
    elif charge.source == "warehouse":
        for work in told["work"]:
            price, amount = Decimal(work["price"]).normalize(), Decimal(work["amount"])
            yield f"{FeeKind(work['kind']).label}: {work['count']:,} × ¥{price:f} = ¥{decimal(amount)}"
        if earlier := Decimal(told["earlier_months"]):
            yield _("Corrections of earlier months: CNY %(amount)s") % {"amount": decimal(earlier)}
    elif "reason" in told:
        yield str(told["reason"])
