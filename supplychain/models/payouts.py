"""What platforms say that became of the money of orders: facts beside our own ledger, never changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.models import PublicIdMixin, Scope
from core.money import MoneyField
from supplychain.choices import PayoutKind
from supplychain.models.ledger import ImportBatch
from tenants.choices import Platform
from tenants.models import Tenant


class PayoutEntryQuerySet(models.QuerySet["PayoutEntry"]):
    def standing(self) -> PayoutEntryQuerySet:
        """Those that count: the latest version of each, unless it was taken back, or a finer export tells the same."""
        same = PayoutEntry.objects.filter(tenant=OuterRef("tenant"), platform=OuterRef("platform"))
        newest = ~Exists(same.filter(external_id=OuterRef("external_id"), version__gt=OuterRef("version")))
        finer = same.filter(newest, about=OuterRef("about"), finer=True).exclude(kind=PayoutKind.VOID)
        given_way = Q(~Q(about=""), Exists(finer), finer=False)
        return self.filter(newest).exclude(kind=PayoutKind.VOID).exclude(given_way)


class PayoutEntry(PublicIdMixin):
    """One signed amount of a row of a platform's settlement; the parts of a row add up to what was settled.

    An import that is taken back leaves a version above each of its entries that says nothing; imported again, the
    entry gets the next one. Of two exports that tell the same payout (`about`) the `finer` one counts.
    """

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="payouts", verbose_name=_("tenant"))
    platform = models.CharField(_("platform"), max_length=16, choices=Platform)
    external_id = models.CharField(_("external id"), max_length=128)
    version = models.PositiveIntegerField(_("version"), default=1)
    kind = models.CharField(_("kind"), max_length=16, choices=PayoutKind)
    account = models.CharField(_("account"), max_length=100, blank=True)
    order_no = models.CharField(_("order number"), max_length=64, blank=True)
    line_no = models.CharField(_("line number"), max_length=64, blank=True)
    amount = MoneyField(_("amount (CNY)"))
    occurred_at = models.DateTimeField(_("at"))
    business_day = models.DateField(_("business day"))
    ordered_at = models.DateTimeField(_("ordered at"), null=True)
    about = models.CharField(max_length=64, blank=True)
    finer = models.BooleanField(default=False)
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)
    import_batch = models.ForeignKey(
        ImportBatch, models.PROTECT, related_name="payouts", verbose_name=_("import")
    )

    objects = PayoutEntryQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id",))
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("entry of a platform's settlement")
        verbose_name_plural = _("entries of platforms' settlements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "platform", "external_id", "version"], name="supplychain_payout_once"
            ),
            models.CheckConstraint(
                condition=~Q(kind="void") | Q(amount=0), name="supplychain_payout_void_says_nothing"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "order_no"], name="supplychain_payout_order"),
            models.Index(fields=["tenant", "business_day"], name="supplychain_payout_day"),
            models.Index(fields=["tenant", "platform", "about"], name="supplychain_payout_about"),
        ]

    def __str__(self) -> str:
        return f"{self.order_no} {self.get_kind_display()} {self.amount:,.2f}"
