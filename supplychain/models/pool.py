"""The goods pool of a park (选品), and what a booking shows when (排品)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.models import PublicIdMixin, Scope, StampedMixin
from core.money import MoneyField
from livestreams.models import Booking, Host
from parks.models import Park
from supplychain.choices import ShortOf
from supplychain.models.goods import Product
from supplychain.querysets import GoodsOfferQuerySet, OfferAnswerQuerySet, RunLineQuerySet
from tenants.models import Tenant


class GoodsOffer(PublicIdMixin, StampedMixin):
    """A product that a tenant lets others of its park sell: not below a price, for a share of the sales.

    Its terms are never changed, because runs of show rest on them: who wants others withdraws it and offers anew.
    """

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="goods_offers", verbose_name=_("offered by")
    )
    park = models.ForeignKey(Park, models.PROTECT, related_name="goods_offers", verbose_name=_("park"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="offers", verbose_name=_("product"))
    floor_price = MoneyField(_("price floor (CNY)"))
    commission_rate = models.DecimalField(_("commission (%)"), max_digits=5, decimal_places=2)
    pieces = models.PositiveIntegerField(_("pieces offered"))
    samples = models.PositiveSmallIntegerField(_("samples to lend"), default=0)
    certificates = models.CharField(
        _("certificates"),
        max_length=300,
        blank=True,
        help_text=_("Inspection reports and approvals: laboratory, number, valid until."),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, editable=False)

    objects = GoodsOfferQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id",), park="park_id", told="park_id")

    class Meta:
        verbose_name = _("offer of goods")
        verbose_name_plural = _("goods pool")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(withdrawn_at__isnull=True),
                name="supplychain_goodsoffer_once",
            ),
            models.CheckConstraint(
                condition=Q(floor_price__gte=0, pieces__gt=0)
                & Q(commission_rate__gte=0, commission_rate__lte=100),
                name="supplychain_goodsoffer_terms",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} · {self.tenant}"


class OfferAnswer(PublicIdMixin):
    """A firm of the park says of an offer whether it sells the goods, for itself or for one of its hosts.

    An answer is a fact: whoever thinks better of it answers again, and the latest counts.
    """

    offer = models.ForeignKey(
        GoodsOffer, models.PROTECT, related_name="answers", verbose_name=_("offer of goods")
    )
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="offer_answers", verbose_name=_("answered by")
    )
    host = models.ForeignKey(
        Host,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="offer_answers",
        verbose_name=_("for the host"),
    )
    sells = models.BooleanField(_("sells the goods"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"))
    in_the_way = ""
    """Why no agreement follows it, in words: known of an answer that was just given, and kept nowhere."""

    objects = OfferAnswerQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id", "offer__tenant_id"), park="offer__park_id", user="host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("answer to an offer")
        verbose_name_plural = _("answers to offers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sells=True) | ~Q(reason=""), name="supplychain_offeranswer_no_says_why"
            )
        ]

    def __str__(self) -> str:
        return f"{self.offer.product} · {self.tenant}"


class RunLine(PublicIdMixin, StampedMixin):
    """A product in the run of show of a booking: own goods, or goods of the pool by their offer.

    `floor_price` is the offer's, kept beside the price so that the database refuses one below it. What is taken off
    the run keeps its row.
    """

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="run_lines", verbose_name=_("booking"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="run_lines", verbose_name=_("product"))
    offer = models.ForeignKey(
        GoodsOffer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="run_lines",
        verbose_name=_("offer of goods"),
    )
    position = models.PositiveSmallIntegerField(_("position"))
    minute = models.PositiveSmallIntegerField(_("minute after the start"), null=True, blank=True)
    price = MoneyField(_("price in the session (CNY)"))
    floor_price = MoneyField(_("price floor (CNY)"), null=True, editable=False)  # type: ignore[misc]
    pieces = models.PositiveIntegerField(_("pieces for the session"))
    dropped_at = models.DateTimeField(_("taken off at"), null=True, editable=False)

    objects = RunLineQuerySet.as_manager()

    scope = Scope(
        nodes=("booking__tenant_id",),
        seen_from=("offer__tenant_id",),
        park="booking__room__park_id",
        user="booking__host__user_id",
    )

    class Meta:
        verbose_name = _("line of a run of show")
        verbose_name_plural = _("runs of show")
        ordering = ["booking", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "product"],
                condition=Q(dropped_at__isnull=True),
                name="supplychain_runline_once",
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0)
                & (
                    Q(offer__isnull=True, floor_price__isnull=True)
                    | Q(offer__isnull=False, floor_price__isnull=False, price__gte=F("floor_price"))
                ),
                name="supplychain_runline_floor",
            ),
            models.CheckConstraint(condition=Q(pieces__gt=0), name="supplychain_runline_pieces"),
        ]

    def __str__(self) -> str:
        return str(self.product)


class Shortage(PublicIdMixin):
    """A line was planned with more pieces than there were: a fact of that moment."""

    line = models.ForeignKey(
        RunLine, models.PROTECT, related_name="shortages", verbose_name=_("line of a run of show")
    )
    at = models.DateTimeField(_("at"))
    short_of = models.CharField(_("short of"), max_length=8, choices=ShortOf)
    planned = models.PositiveIntegerField(_("pieces planned"))
    there = models.PositiveIntegerField(_("pieces there"))

    scope = Scope(
        nodes=("line__booking__tenant_id",),
        seen_from=("line__offer__tenant_id",),
        park="line__booking__room__park_id",
        user="line__booking__host__user_id",
    )
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("shortage of goods")
        verbose_name_plural = _("shortages of goods")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(planned__gt=F("there")), name="supplychain_shortage_is_one")
        ]

    def __str__(self) -> str:
        return f"{self.line} · {self.there}/{self.planned}"
