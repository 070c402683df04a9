"""Monthly statements that follow from an agreement, down to the orders."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.models import PublicIdMixin, Scope, StampedMixin, User
from core.money import CENT, MoneyField
from livestreams.models import LiveSession
from supplychain.choices import (
    STATEMENT_TRANSITIONS,
    DueKind,
    SettledBase,
    StatementState,
)
from supplychain.models.agreements import Agreement


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
