"""Samples that were charged, as the statements of agreements read them."""

from __future__ import annotations

from collections.abc import Iterator

from core.clock import month_of
from core.money import to_units
from supplychain.models import Agreement, SampleRequest
from supplychain.settlement import Kept


def kept_under(agreement: Agreement) -> Iterator[Kept]:
    """What samples add to the statements of an agreement: whoever kept them owes their price to their owner."""
    payer = agreement.seller_id if agreement.seller_pays else agreement.partner_id
    charged = SampleRequest.objects.filter(agreement=agreement, charged_on__isnull=False)
    for each in charged.order_by("charged_on", "pk"):
        if each.charged_on is not None and each.amount is not None:
            units = to_units(each.amount)
            yield Kept(month_of(each.charged_on), each.kept, units if each.tenant_id == payer else -units)
