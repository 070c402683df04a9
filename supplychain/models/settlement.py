"""Agreements on what is sold, and the monthly statements that follow from them."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.clock import next_month
from core.models import PublicIdMixin, Scope, ScopeNode, StampedMixin, User
from core.money import CENT, MoneyField, to_units
from livestreams.models import Host, LiveSession
from supplychain.choices import (
    STATEMENT_TRANSITIONS,
    AgreementKind,
    AgreementState,
    DueKind,
    SettledBase,
    SettledSales,
    SlotFeeBack,
    SlotFeePer,
    StatementState,
)
from supplychain.models.goods import Product
from supplychain.settlement import Terms
from tenants.choices import Platform
from tenants.models import Tenant


class Agreement(PublicIdMixin, StampedMixin):
    """What a seller and a partner have agreed on the seller's sales that are paid on the days [from_day, to_day).

    The partner is a park or a firm here, an own host, or somebody known by name alone: an outside host (达人),
    a platform, a service firm. Signed,
    it is never changed: another one follows it. `tiers` are {"above": CNY of a month, "rate": percent}. Refunds
    later than `clawback_days` after the payment take nothing back. An agency agrees with its own host on what the host
    sells for other firms too: then it stands in the place of the seller, and the sales are theirs who pay it.
    """

    seller = models.ForeignKey(
        Tenant, models.PROTECT, related_name="agreements", verbose_name=_("seller of the goods")
    )
    partner = models.ForeignKey(
        ScopeNode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="agreements",
        verbose_name=_("partner"),
        help_text=_("A park or a firm here; none for an own host and for a partner who is known by name."),
    )
    host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("host")
    )
    outside_name = models.CharField(_("name of a partner who is not here"), max_length=100, blank=True)
    outside_ref = models.CharField(_("account of the outside host"), max_length=64, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=AgreementKind)
    title = models.CharField(_("title"), max_length=100)
    seller_pays = models.BooleanField(_("the seller pays"), default=True)
    withheld = models.BooleanField(
        _("the platform withholds the share"),
        default=False,
        db_default=False,
        help_text=_(
            "It pays the outside host itself, before it pays out. The rest of a statement is paid beside."
        ),
    )
    from_day = models.DateField(_("from"))
    to_day = models.DateField(_("until"), null=True, blank=True)
    sales = models.CharField(_("of which sales"), max_length=16, choices=SettledSales)
    platform = models.CharField(
        _("only sales on"),
        max_length=16,
        choices=Platform,
        blank=True,
        help_text=_("Empty: whatever the platform. Sales of which no platform is known count only then."),
    )
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="agreements",
        verbose_name=_("only of the product"),
        help_text=_("Empty: whatever the goods. Lines whose goods are not known count only then."),
    )
    base = models.CharField(_("base"), max_length=16, choices=SettledBase, default=SettledBase.VERIFIED_NET)
    tiers = models.JSONField(_("rates"), default=list)
    guarantee = MoneyField(_("guarantee a month (CNY)"), default=Decimal(0))
    slot_fee = MoneyField(_("slot fee (CNY)"), default=Decimal(0))
    slot_fee_per = models.CharField(
        _("slot fee for"), max_length=8, choices=SlotFeePer, default=SlotFeePer.SESSION
    )
    guaranteed_sales = MoneyField(
        _("guaranteed sales a month (CNY)"),
        default=Decimal(0),
        help_text=_("Slot fees come back when the net sales of a month are less. 0: nothing is guaranteed."),
    )
    slot_fee_back = models.CharField(
        _("of the slot fees comes back"), max_length=8, choices=SlotFeeBack, default=SlotFeeBack.PRO_RATA
    )
    deduction_rate = models.DecimalField(
        _("taken off the base first (%)"), max_digits=5, decimal_places=2, default=Decimal(0)
    )
    deduction = MoneyField(_("taken off the amount of a month (CNY)"), default=Decimal(0))
    clawback_days = models.PositiveSmallIntegerField(
        _("refunds count for (days)"), null=True, blank=True, help_text=_("Empty: however late they come.")
    )
    pay_within_days = models.PositiveSmallIntegerField(_("to be paid within (days)"), default=30)
    follows = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="followed_by",
        verbose_name=_("follows"),
    )
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=AgreementState,
        default=AgreementState.PROPOSED,
        editable=False,
    )
    proposed_by = models.ForeignKey(
        ScopeNode, models.PROTECT, editable=False, related_name="+", verbose_name=_("proposed by")
    )
    signed_at = models.DateTimeField(_("signed at"), null=True, editable=False)
    signed_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("signed by")
    )

    scope = Scope(nodes=("seller_id", "partner_id"), user="host__user_id")

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_day__isnull=True) | Q(to_day__gt=F("from_day")),
                name="supplychain_agreement_order",
            ),
            models.CheckConstraint(
                condition=Q(guarantee__gte=0, slot_fee__gte=0, deduction__gte=0, guaranteed_sales__gte=0)
                & Q(deduction_rate__gte=0, deduction_rate__lte=100),
                name="supplychain_agreement_amounts",
            ),
            models.CheckConstraint(
                condition=Q(partner__isnull=True) | ~Q(partner=F("seller")),
                name="supplychain_agreement_two_parties",
            ),
            models.CheckConstraint(
                condition=~Q(kind=AgreementKind.PLATFORM) | ~Q(outside_name=""),
                name="supplychain_agreement_platform_named",
            ),
            models.CheckConstraint(
                condition=~Q(sales=SettledSales.FOR_OTHERS)
                | Q(kind=AgreementKind.HOST, host__isnull=False, partner__isnull=True, seller_pays=True),
                name="supplychain_agreement_for_others",
            ),
            models.CheckConstraint(
                condition=~Q(base=SettledBase.COMMISSION) | Q(sales=SettledSales.FOR_OTHERS),
                name="supplychain_agreement_commission",
            ),
            models.CheckConstraint(
                condition=Q(withheld=False) | Q(kind=AgreementKind.OUTSIDE_HOST, seller_pays=True),
                name="supplychain_agreement_withheld",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} · {self.partner_name}"

    @property
    def partner_name(self) -> str:
        """The partner in the language of the reader."""
        if self.partner is not None:
            return str(getattr(self.partner, "park", None) or getattr(self.partner, "tenant", self.partner))
        return str(self.host) if self.host is not None else self.outside_name

    @property
    def payer_name(self) -> str:
        return str(self.seller) if self.seller_pays else self.partner_name

    @property
    def payee_name(self) -> str:
        return self.partner_name if self.seller_pays else str(self.seller)

    @property
    def other_node_id(self) -> int:
        """Who looks at what comes from the seller's books: the partner, or the seller when that one is not here."""
        return self.partner_id or self.seller_id

    @property
    def terms(self) -> Terms:
        return Terms(
            base=self.base,
            tiers=tuple(
                (to_units(Decimal(tier["above"])), int(Decimal(tier["rate"]) * 100)) for tier in self.tiers
            ),
            guarantee=to_units(self.guarantee),
            slot_fee=to_units(self.slot_fee),
            slot_fee_per=self.slot_fee_per,
            deduction_rate=int(self.deduction_rate * 100),
            deduction=to_units(self.deduction),
            guaranteed_sales=to_units(self.guaranteed_sales),
            slot_fee_back=self.slot_fee_back,
            clawback_days=self.clawback_days,
        )

    def is_in_force(self, month: date) -> bool:
        """Whether it holds on any day of a month."""
        return self.from_day < next_month(month) and (self.to_day is None or self.to_day > month)


class Statement(PublicIdMixin, StampedMixin):
    """What is due by an agreement for a month, and by how much earlier months are to be corrected.

    `version` names the lines that count: while it is open it is counted again, approved it stands. `total` is what
    the payer owes; below zero the payee does. `withheld` of it a platform takes off and pays itself: these are the
    shares of an agreement that says so.
    """

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="statements", verbose_name=_("agreement")
    )
    month = models.DateField(_("month"))
    version = models.PositiveIntegerField(_("version"), default=0)
    state = models.CharField(_("state"), max_length=16, choices=StatementState, default=StatementState.DRAFT)
    total = MoneyField(_("total (CNY)"), default=Decimal(0))
    withheld = MoneyField(
        _("of which withheld by the platform (CNY)"), default=Decimal(0), db_default=Decimal(0)
    )
    lines_hash = models.CharField(max_length=64, blank=True, editable=False)
    counted_at = models.DateTimeField(_("counted at"))
    objection = models.CharField(_("what is disputed"), max_length=500, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    due_on = models.DateField(_("due on"), null=True)
    invoice_no = models.CharField(_("invoice number"), max_length=40, blank=True)
    invoiced_on = models.DateField(_("invoiced on"), null=True)
    tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, null=True)
    tax = MoneyField(_("tax contained (CNY)"), null=True)  # type: ignore[misc]
    paid_on = models.DateField(_("paid on"), null=True)

    scope = Scope(nodes=("agreement__seller_id", "agreement__partner_id"), user="agreement__host__user_id")

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        ordering = ["-month", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "month"], name="supplychain_statement_once")
        ]

    def __str__(self) -> str:
        return f"{self.agreement} · {self.month:%Y-%m}"

    @property
    def to_pay(self) -> Decimal:
        """What the two parties settle among themselves: all but what the platform withholds."""
        return self.total - self.withheld

    @property
    def is_withheld(self) -> bool:
        """Whether the platform withholds all of it, and nothing is left to pay."""
        return bool(self.withheld) and not self.to_pay

    @property
    def next_states(self) -> tuple[str, ...]:
        """What it can become: not paid where the platform withholds all of it."""
        states = STATEMENT_TRANSITIONS[self.state]
        return tuple(state for state in states if state != StatementState.PAID or not self.is_withheld)


class StatementLine(PublicIdMixin):
    """A line of one version of a statement. Of an earlier month than the statement's it is a correction."""

    statement = models.ForeignKey(
        Statement, models.PROTECT, related_name="lines", verbose_name=_("statement")
    )
    version = models.PositiveIntegerField(_("version"))
    month = models.DateField(_("month"))
    kind = models.CharField(_("kind"), max_length=16, choices=DueKind)
    session = models.ForeignKey(
        LiveSession, models.PROTECT, null=True, related_name="+", verbose_name=_("live session")
    )
    count = models.IntegerField(_("number"))
    base = MoneyField(_("base (CNY)"))
    amount = MoneyField(_("amount (CNY)"))

    scope = Scope(
        nodes=("statement__agreement__seller_id", "statement__agreement__partner_id"),
        user="statement__agreement__host__user_id",
    )
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("line of a statement")
        verbose_name_plural = _("lines of statements")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.month:%Y-%m} · {self.amount:,.2f}"

    @property
    def rate(self) -> Decimal | None:
        """What a share is of its base, in percent; None without a base."""
        if self.kind != DueKind.SHARE or not self.base:
            return None
        return (self.amount / self.base * 100).quantize(Decimal("0.01"))

    @property
    def times(self) -> str:
        """The sign between base and rate: whether they give the amount to the cent."""
        given = (self.base * (self.rate or 0) / 100).quantize(CENT, ROUND_HALF_UP)
        return "×" if given == self.amount else "≈"


class StatementOrder(models.Model):
    """What an order adds to a line: the orders of a line add up to it."""

    line = models.ForeignKey(
        StatementLine, models.PROTECT, related_name="orders", verbose_name=_("line of a statement")
    )
    source = models.CharField(_("source"), max_length=32)
    order_no = models.CharField(_("order number"), max_length=64)
    paid = MoneyField(_("paid (CNY)"))
    refunds = MoneyField(_("refunds (CNY)"))
    amount = MoneyField(_("amount (CNY)"))
    earned = MoneyField(
        _("commission that the agency earns (CNY)"),
        null=True,
        help_text=_("None where no commission of an agency is shared."),
    )  # type: ignore[misc]

    scope = Scope(
        nodes=("line__statement__agreement__seller_id", "line__statement__agreement__partner_id"),
    )
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("order of a statement")
        verbose_name_plural = _("orders of statements")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.order_no} {self.amount:,.2f}"

    def base_of(self, base: str) -> Decimal:
        """What of the order is shared."""
        if base == SettledBase.COMMISSION:
            return self.earned or Decimal(0)
        return self.paid if base == SettledBase.GROSS_PAID else self.paid - self.refunds
