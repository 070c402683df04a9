"""What an agreement may say: its parties, its sales and its amounts have to fit together."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from core.choices import NodeKind
from core.errors import InvalidInput
from core.models import ScopeNode
from core.money import to_cents
from supplychain.choices import AgreementKind, SettledBase, SettledSales, SlotFeePer
from supplychain.models import Agreement

MOST_TIERS = 10
Tier = tuple[Decimal, Decimal]
"""From which base of a month on (CNY), and the rate (percent)."""


def check_parties(agreement: Agreement) -> None:
    """InvalidInput unless it names one partner, and product, host and sales are of its parties."""
    if agreement.kind == AgreementKind.PLATFORM and not agreement.outside_name:
        raise InvalidInput(
            _("A platform is no party here: give its name."), code="platform", field="outside_name"
        )
    named = [bool(agreement.partner_id or agreement.host_id), bool(agreement.outside_name)]
    if sum(named) != 1:
        raise InvalidInput(
            _(
                "Name one partner: a park or a firm here, an own host, or the name of somebody who is not here."
            ),
            code="partner",
            field="partner",
        )
    if agreement.partner_id == agreement.seller_id:
        raise InvalidInput(_("The partner is another than the seller."), code="partner", field="partner")
    if agreement.product is not None and (
        agreement.product.tenant_id != agreement.seller_id or agreement.sales == SettledSales.OWNED
    ):
        raise InvalidInput(_("The product is none of the seller's own."), code="product", field="product")
    _check_own_host(agreement)
    if agreement.host is not None and agreement.host.tenant_id not in (
        agreement.seller_id,
        agreement.partner_id,
    ):
        raise InvalidInput(_("The host belongs to neither party."), code="host", field="host")
    missing = {
        SettledSales.OUTSIDE: not agreement.outside_ref,
        SettledSales.HOSTS: not (agreement.partner_id or agreement.host_id),
        SettledSales.OWNED: not _is_firm(agreement.partner),
    }
    if missing.get(SettledSales(agreement.sales)):
        raise InvalidInput(
            _("These sales need a partner of whom they can be: its goods, its hosts, or its account."),
            code="sales",
            field="sales",
        )


def _check_own_host(agreement: Agreement) -> None:
    """What is sold for other firms, and the commission on it, an agency shares with an own host alone."""
    for_others = agreement.sales == SettledSales.FOR_OTHERS
    if agreement.base == SettledBase.COMMISSION and not for_others:
        raise InvalidInput(
            _("A commission is earned on what an own host sells for other firms, and on no own sales."),
            code="base",
            field="base",
        )
    if not for_others:
        return
    if (
        agreement.kind != AgreementKind.HOST
        or agreement.host is None
        or agreement.host.tenant_id != agreement.seller_id
        or agreement.partner_id is not None
        or not agreement.seller_pays
    ):
        raise InvalidInput(
            _("What is sold for other firms is shared with an own host, whom the firm pays."),
            code="sales",
            field="sales",
        )
    if agreement.product_id is not None:
        raise InvalidInput(_("The product is none of the seller's own."), code="product", field="product")
    if agreement.slot_fee and agreement.slot_fee_per == SlotFeePer.PRODUCT:
        raise InvalidInput(
            _("What is explained for other firms is theirs: the slot fee is for a session or a month."),
            code="slot_fee",
            field="slot_fee_per",
        )


def _is_firm(node: ScopeNode | None) -> bool:
    return node is not None and node.kind == NodeKind.TENANT


def stored_tiers(tiers: Sequence[Tier]) -> list[dict[str, str]]:
    """Tiers as the agreement stores them. InvalidInput unless they rise from 0 and their rates lie from 0 to 100."""
    starts = [start for start, _rate in tiers]
    if not tiers or len(tiers) > MOST_TIERS or starts[0] != 0 or starts != sorted(set(starts)):
        raise InvalidInput(
            _("Give from 1 to %(most)d rates; the first holds from 0, each further one from more.")
            % {"most": MOST_TIERS},
            code="tiers",
            field="tiers",
        )
    for start, rate in tiers:
        if not 0 <= rate <= 100 or rate != rate.quantize(Decimal("0.01")) or start != to_cents(start):
            raise InvalidInput(
                _("A rate lies from 0 to 100 % and has at most two decimals, as its amount has."),
                code="rate",
                field="tiers",
            )
    return [{"above": f"{start:.2f}", "rate": f"{rate:.2f}"} for start, rate in tiers]


def check_terms(agreement: Agreement) -> None:
    """InvalidInput for amounts (CNY), rates (percent) or days that cannot be, or do not go with each other."""
    for name in ("guarantee", "slot_fee", "guaranteed_sales", "deduction"):
        amount = getattr(agreement, name)
        if amount < 0 or amount != to_cents(amount):
            raise InvalidInput(_("An amount is not negative and in whole cents."), code="range", field=name)
    if not 0 <= agreement.deduction_rate <= 100:
        raise InvalidInput(_("A rate lies from 0 to 100 %."), code="rate", field="deduction_rate")
    if agreement.withheld and not (agreement.kind == AgreementKind.OUTSIDE_HOST and agreement.seller_pays):
        raise InvalidInput(
            _("A platform withholds what the seller pays to an outside host, and nothing else."),
            code="withheld",
            field="withheld",
        )
    outside = agreement.sales == SettledSales.OUTSIDE
    if outside and agreement.slot_fee and agreement.slot_fee_per != SlotFeePer.MONTH:
        raise InvalidInput(
            _("Sessions of an outside host are not known here: its slot fee is for a month."),
            code="slot_fee",
            field="slot_fee_per",
        )
    if agreement.guaranteed_sales and not agreement.slot_fee:
        raise InvalidInput(
            _("Guaranteed sales need a slot fee that comes back when they are not met."),
            code="guaranteed_sales",
            field="guaranteed_sales",
        )
    if agreement.to_day is not None and agreement.to_day <= agreement.from_day:
        raise InvalidInput(_("An agreement ends after it begins."), code="order", field="to_day")
