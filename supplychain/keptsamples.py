"""Samples that were charged, as the statements of agreements read them."""

from __future__ import annotations

from collections.abc import Iterator

from core.clock import month_of
from core.money import to_units
from supplychain.models import Agreement, SampleRequest
from supplychain.settlement import Kept


def kept_under(agreement: Agreement) -> Iterator[Kept]:
    """What samples add to the statements of an agreement: whoever kept them owes their price to their owner.

    Own goods were kept by the partner, an outside host; others by the firm that asked, whomever they were for.
    """
    charged = SampleRequest.objects.filter(agreement=agreement, charged_on__isnull=False)
    for each in charged.select_related("offer").order_by("charged_on", "pk"):
        if each.charged_on is not None and each.amount is not None:
            units = to_units(each.amount)
            by_seller = each.tenant_id == agreement.seller_id and not each.is_own
            owed = units if by_seller == agreement.seller_pays else -units
            yield Kept(month_of(each.charged_on), each.kept, owed)
