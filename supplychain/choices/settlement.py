"""Agreements on sales, and the statements that are drawn up from them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AgreementKind(models.TextChoices):
    """With whom a seller shares what it sells."""

    PARK = "park", _("park")
    AGENCY = "agency", _("MCN or agency")
    HOST = "host", pgettext_lazy("agreement", "own host")
    OUTSIDE_HOST = "outside_host", _("outside host")
    OWNER = "owner", _("factory or owner of the goods")
    SERVICE = "service", _("service firm")
    PLATFORM = "platform", _("platform")


class AgreementState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    SIGNED = "signed", _("signed")
    WITHDRAWN = "withdrawn", _("withdrawn")


class SettledSales(models.TextChoices):
    """Which of the seller's sales an agreement is about."""

    ALL = "all", _("all sales")
    SESSIONS = "sessions", _("sales in live sessions")
    HOSTS = "hosts", _("what the partner's hosts sell on their shifts")
    OWNED = "owned", _("goods of the partner")
    OUTSIDE = "outside", _("what the outside host sells")
    FOR_OTHERS = "for_others", _("what the own host sells for other firms")


# Each of them holds those after it: an order line may be of all three.
SALES_OVERLAPPING = (SettledSales.ALL, SettledSales.SESSIONS, SettledSales.HOSTS)


class SettledBase(models.TextChoices):
    GROSS_PAID = "gross_paid", _("paid GMV")
    VERIFIED_NET = "verified_net", _("verified net")
    COMMISSION = "commission", _("commission that the agency earns")


class SlotFeePer(models.TextChoices):
    SESSION = "session", _("a session")
    PRODUCT = "product", _("a product explained in a session")
    MONTH = "month", _("a month")


class SlotFeeBack(models.TextChoices):
    """What of a month's slot fees comes back when fewer sales came than were guaranteed."""

    PRO_RATA = "pro_rata", _("the part that is missing")
    WHOLE = "whole", _("all of it")


class StatementState(models.TextChoices):
    DRAFT = "draft", _("to be looked at")
    DISPUTED = "disputed", _("disputed")
    APPROVED = "approved", _("approved")
    INVOICED = "invoiced", _("invoiced")
    PAID = "paid", _("paid")


# These are counted again; all others stand as they are.
STATEMENT_OPEN = (StatementState.DRAFT, StatementState.DISPUTED)
STATEMENT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    StatementState.DRAFT: (StatementState.APPROVED, StatementState.DISPUTED),
    StatementState.DISPUTED: (StatementState.APPROVED,),
    StatementState.APPROVED: (StatementState.INVOICED, StatementState.PAID),
    StatementState.INVOICED: (StatementState.PAID,),
    StatementState.PAID: (),
}


class DueKind(models.TextChoices):
    """What a line of a statement is for."""

    SHARE = "share", _("share of sales")
    GUARANTEE = "guarantee", _("up to the guarantee")
    SLOT_FEE = "slot_fee", _("slot fee")
    SLOT_FEE_BACK = "slot_fee_back", _("slot fees back: guaranteed sales not met")
    DEDUCTION = "deduction", _("deduction")
    SAMPLE = "sample", _("samples that were kept")
