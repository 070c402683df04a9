"""Launches of styles with a test batch, their days, and the re-orders that follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.clock import DAY, today
from core.models import PublicIdMixin, Scope, StampedMixin, User
from core.money import MoneyField
from supplychain.choices import ReorderState
from supplychain.models.factory import Factory, FactoryStep
from supplychain.models.goods import Product, Sku
from tenants.models import Tenant


class Launch(PublicIdMixin, StampedMixin):
    """A style's test batch in a drop (上新): it is on sale from `day` until the day before `season_end`.

    Money is per piece: what a buyer pays, what making one more costs, and what a piece brings that is left at the end.
    `returned_percent` of what is bought is expected to come back. The low, expected and high demand are those of the
    whole season as counted last.
    """

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="launches", verbose_name=_("tenant"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="launches", verbose_name=_("product"))
    factory = models.ForeignKey(
        Factory, models.PROTECT, null=True, blank=True, related_name="launches", verbose_name=_("factory")
    )
    day = models.DateField(_("day of the drop"))
    season_end = models.DateField(_("end of the season"))
    test_batch = models.PositiveIntegerField(_("test batch (pieces)"))
    price = MoneyField(_("price (CNY)"))
    cost = MoneyField(_("cost of one more (CNY)"))
    leftover_value = MoneyField(_("what a piece left over brings (CNY)"), default=0)
    returned_percent = models.PositiveSmallIntegerField(_("expected to come back (%)"), default=0)
    sold = models.PositiveIntegerField(_("sold"), default=0, editable=False)
    low = models.PositiveIntegerField(_("demand at least"), default=0, editable=False)
    expected = models.PositiveIntegerField(_("expected demand"), default=0, editable=False)
    high = models.PositiveIntegerField(_("demand at most"), default=0, editable=False)
    counted_at = models.DateTimeField(_("counted at"), null=True, editable=False)

    scope = Scope(nodes=("tenant_id",), private=("cost", "leftover_value"))

    class Meta:
        verbose_name = _("launch")
        verbose_name_plural = _("launches")
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["product", "day"], name="supplychain_launch_once"),
            models.CheckConstraint(condition=Q(season_end__gt=F("day")), name="supplychain_launch_season"),
            models.CheckConstraint(
                condition=Q(test_batch__gt=0, returned_percent__lt=100, leftover_value__gte=0)
                & Q(price__gt=F("cost"), cost__gt=F("leftover_value")),
                name="supplychain_launch_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} · {self.day}"

    @property
    def sell_through(self) -> list[tuple[int, Decimal | None]]:
        """The share of the test batch that was sold in the first 1, 3 and 7 days; None before they are over."""
        sold = {row.day: row.sold for row in self.days.all()}
        return [(days, self._sold_in(days, sold)) for days in (1, 3, 7)]

    def _sold_in(self, days: int, sold: dict[date, int]) -> Decimal | None:
        end = self.day + days * DAY
        if end > today():
            return None
        return Decimal(sum(sold.get(self.day + number * DAY, 0) for number in range(days))) / self.test_batch


class LaunchDay(models.Model):
    """What was paid of a launch on a business day; counted again, it is replaced."""

    launch = models.ForeignKey(Launch, models.PROTECT, related_name="days", verbose_name=_("launch"))
    day = models.DateField(_("day"))
    sold = models.PositiveIntegerField(_("sold"))

    scope = Scope(nodes=("launch__tenant_id",))

    class Meta:
        verbose_name = _("day of a launch")
        verbose_name_plural = _("days of launches")
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["launch", "day"], name="supplychain_launch_day_once")]

    def __str__(self) -> str:
        return f"{self.launch} {self.day}: {self.sold}"


@dataclass(frozen=True)
class Stage:
    """A step of a re-order: its first and last planned day, and the day on which it was done."""

    step: FactoryStep
    first: date
    last: date
    done_on: date | None


class Reorder(PublicIdMixin, StampedMixin):
    """More of a style: proposed from its sales, confirmed by the firm, made, and taken in.

    `stock_then` and the columns beside it are what the proposal saw; the demand is that from then to the season's end.
    """

    launch = models.ForeignKey(Launch, models.PROTECT, related_name="reorders", verbose_name=_("launch"))
    factory = models.ForeignKey(Factory, models.PROTECT, related_name="reorders", verbose_name=_("factory"))
    state = models.CharField(_("state"), max_length=16, choices=ReorderState, default=ReorderState.PROPOSED)
    quantity = models.PositiveIntegerField(_("pieces"))
    price = MoneyField(_("cost of a piece (CNY)"))
    proposed = models.PositiveIntegerField(_("pieces proposed"))
    low = models.PositiveIntegerField(_("demand at least"))
    expected = models.PositiveIntegerField(_("expected demand"))
    high = models.PositiveIntegerField(_("demand at most"))
    gain = MoneyField(_("expected gain (CNY)"))
    day_then = models.PositiveSmallIntegerField(_("day of the sale"))
    sold_then = models.PositiveIntegerField(_("sold by then"))
    stock_then = models.PositiveIntegerField(_("left by then"))
    lead_days = models.PositiveSmallIntegerField(_("days until it would come"))
    signalled_at = models.DateTimeField(_("signalled at"))
    due_on = models.DateField(pgettext_lazy("re-order", "due on"), null=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )
    ended_on = models.DateField(_("declined or cancelled on"), null=True)
    produced_on = models.DateField(_("produced on"), null=True)
    received_on = models.DateField(_("received on"), null=True)

    scope = Scope(nodes=("launch__tenant_id",), private=("price", "gain"))

    class Meta:
        verbose_name = _("re-order")
        verbose_name_plural = _("re-orders")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["launch"], condition=Q(state="proposed"), name="supplychain_reorder_one_proposal"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="supplychain_reorder_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.launch} · {self.quantity}"

    @property
    def stages(self) -> list[Stage]:
        """Its steps in the order of the work, as planned and as done."""
        days: dict[FactoryStep, list[ReorderWork]] = {}
        for one in sorted(self.work.all(), key=lambda one: (one.step.place, one.day)):
            days.setdefault(one.step, []).append(one)
        return [Stage(step, work[0].day, work[-1].day, work[-1].done_on) for step, work in days.items()]

    @property
    def next_stage(self) -> Stage | None:
        """The first step that is not done; None when all are."""
        return next((stage for stage in self.stages if stage.done_on is None), None)


class ReorderLine(models.Model):
    """How many of a re-order are of one SKU, and how many of them were taken in."""

    reorder = models.ForeignKey(Reorder, models.PROTECT, related_name="lines", verbose_name=_("re-order"))
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", verbose_name=_("SKU"))
    quantity = models.PositiveIntegerField(_("pieces"))
    received = models.PositiveIntegerField(_("received"), default=0)

    scope = Scope(nodes=("reorder__launch__tenant_id",))

    class Meta:
        verbose_name = _("line of a re-order")
        verbose_name_plural = _("lines of re-orders")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["reorder", "sku"], name="supplychain_reorder_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.quantity}"


class ReorderWork(models.Model):
    """Pieces of a re-order that a step does on a day. Done before that day, the day is free for others again."""

    reorder = models.ForeignKey(Reorder, models.PROTECT, related_name="work", verbose_name=_("re-order"))
    step = models.ForeignKey(FactoryStep, models.PROTECT, related_name="+", verbose_name=_("step"))
    day = models.DateField(_("day"))
    pieces = models.PositiveIntegerField(_("pieces"))
    done_on = models.DateField(_("done on"), null=True)

    scope = Scope(nodes=("reorder__launch__tenant_id",))

    class Meta:
        verbose_name = _("work for a re-order")
        verbose_name_plural = _("work for re-orders")
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["reorder", "step", "day"], name="supplychain_reorder_work_once")
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.day}: {self.pieces}"
