"""Samples of the goods pool (寄样): asked for, lent, and back or charged."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import clock, dbrules
from core.models import PublicIdMixin, Scope, StampedMixin
from core.money import MoneyField
from livestreams.models import Host
from supplychain.choices import SAMPLE_TRANSITIONS, SampleState
from supplychain.models.agreements import Agreement
from supplychain.models.goods import Sku
from supplychain.models.pool import GoodsOffer
from supplychain.models.stock import Warehouse
from supplychain.querysets import SampleRequestQuerySet
from tenants.choices import Platform
from tenants.models import Tenant

UNANSWERED = (SampleState.ASKED, SampleState.REFUSED, SampleState.WITHDRAWN)
HANDED_OUT = (SampleState.OUT, SampleState.BACK, SampleState.CHARGED)


class SampleRequest(PublicIdMixin, StampedMixin):
    """A firm of the park asks for samples of an offer, for itself, for a host of its own or for an outside host.

    An outside host is an account: a platform and the host's id there (达人ID). For one a firm also lends its own goods.
    What was asked is never changed, nor the owner's answer: `price` is what each piece costs that does not come back
    whole. The pieces stay the owner's until they are charged. `warehouse` is where they were taken from, none for
    what lies in no warehouse. A charge stands in the statement of `agreement`; without one it is paid directly.
    """

    offer = models.ForeignKey(
        GoodsOffer, models.PROTECT, related_name="sample_requests", verbose_name=_("offer of goods")
    )
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="sample_requests", verbose_name=_("asked by")
    )
    host = models.ForeignKey(
        Host,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sample_requests",
        verbose_name=_("for the host"),
    )
    platform = models.CharField(
        _("platform of the outside host"), max_length=16, choices=Platform, blank=True, db_default=""
    )
    outside_ref = models.CharField(_("account of the outside host"), max_length=64, blank=True, db_default="")
    pieces = models.PositiveSmallIntegerField(_("pieces"))
    until = models.DateField(_("back by"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=SampleState, default=SampleState.ASKED)
    answer = models.CharField(_("answer of the owner"), max_length=200, blank=True)
    price = MoneyField(_("price of a piece that is kept (CNY)"), null=True, blank=True)  # type: ignore[misc]
    sku = models.ForeignKey(
        Sku, models.PROTECT, null=True, blank=True, related_name="sample_requests", verbose_name=_("SKU")
    )
    warehouse = models.ForeignKey(
        Warehouse,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sample_requests",
        verbose_name=_("warehouse"),
    )
    handed_out_on = models.DateField(_("handed out on"), null=True, blank=True)
    whole = models.PositiveSmallIntegerField(_("back whole"), default=0)
    damaged = models.PositiveSmallIntegerField(_("back damaged"), default=0)
    back_on = models.DateField(_("back on"), null=True, blank=True)
    charged_on = models.DateField(_("charged on"), null=True, blank=True)
    amount = MoneyField(_("amount (CNY)"), null=True, blank=True)  # type: ignore[misc]
    agreement = models.ForeignKey(
        Agreement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="kept_samples",
        verbose_name=_("agreement"),
    )

    objects = SampleRequestQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id", "offer__tenant_id"), park="offer__park_id", user="host__user_id")
    database_rules = (
        dbrules.OneWay(
            SAMPLE_TRANSITIONS,
            keeps=(
                *("offer_id", "tenant_id", "host_id", "platform", "outside_ref"),
                *("pieces", "until", "note", "price"),
                *("sku_id", "warehouse_id", "handed_out_on", "charged_on", "amount", "agreement_id"),
            ),
        ),
    )

    class Meta:
        verbose_name = _("request for samples")
        verbose_name_plural = _("requests for samples")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(platform="", outside_ref="")
                | ~Q(platform="") & ~Q(outside_ref="") & Q(host__isnull=True),
                name="supplychain_sample_borrower",
            ),
            models.CheckConstraint(
                condition=Q(pieces__gt=0, pieces__gte=F("whole") + F("damaged")),
                name="supplychain_sample_pieces",
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNANSWERED, price__isnull=True)
                | Q(price__gte=0) & ~Q(state__in=UNANSWERED[:2]),
                name="supplychain_sample_price",
            ),
            models.CheckConstraint(
                condition=Q(state__in=HANDED_OUT, handed_out_on__isnull=False, sku__isnull=False)
                | ~Q(state__in=HANDED_OUT) & Q(handed_out_on__isnull=True, whole=0, damaged=0),
                name="supplychain_sample_handed_out",
            ),
            models.CheckConstraint(
                condition=~Q(state=SampleState.BACK) | Q(pieces=F("whole") + F("damaged")),
                name="supplychain_sample_back",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=SampleState.CHARGED,
                    amount__isnull=False,
                    charged_on__isnull=False,
                    pieces__gt=F("whole"),
                )
                | ~Q(state=SampleState.CHARGED) & Q(amount__isnull=True, charged_on__isnull=True),
                name="supplychain_sample_charged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer.product} · {self.tenant}"

    @property
    def is_own(self) -> bool:
        """Whether a firm lends its own goods to an outside host."""
        return self.tenant_id == self.offer.tenant_id

    @property
    def is_overdue(self) -> bool:
        return self.state == SampleState.OUT and self.until < clock.today()

    @property
    def outstanding(self) -> int:
        """How many pieces are still with whoever asked for them."""
        return self.pieces - self.whole - self.damaged if self.state == SampleState.OUT else 0

    @property
    def kept(self) -> int:
        """How many pieces are not back whole."""
        return self.pieces - self.whole
