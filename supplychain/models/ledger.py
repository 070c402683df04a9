"""The sales ledger: facts that are never updated, their keys, and what was later found out about them.

No model has a foreign key to a ledger row, and uniqueness lives in the slim key table, so that the ledger can
be partitioned by month. Its own foreign keys are checked by the service that writes it and held by the key
table's (docs/adr tells the price of doing it twice).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.indexes import OnlyByAll
from core.models import PublicIdMixin, Scope, StampedMixin, User
from core.money import MoneyField
from core.words import SentencesField
from livestreams.models import LiveSession
from supplychain.choices import AttributionRule, Channel, CustomsMode, ImportState, LineType, SalesKind
from supplychain.models.goods import Sku
from supplychain.querysets import SalesEventQuerySet
from tenants.models import SHARES_ORDERS, Tenant


class ImportBatch(PublicIdMixin, StampedMixin):
    """One file or API batch: where facts came from, what it held, what was refused and what was dropped."""

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="import_batches", verbose_name=_("tenant")
    )
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("created by")
    )
    source = models.CharField(_("source"), max_length=32)
    profile = models.CharField(_("profile"), max_length=64, blank=True)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    file_hash = models.CharField(_("hash of the file"), max_length=64, blank=True)
    stored_file = models.CharField(max_length=300, blank=True)
    options = models.JSONField(_("options"), default=dict)
    state = models.CharField(_("state"), max_length=16, choices=ImportState, default=ImportState.STAGED)
    report = SentencesField(_("report"), default=dict)

    scope = Scope(nodes=("tenant_id",))

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name or self.source


class ImportProfileMap(PublicIdMixin, StampedMixin):
    """A column mapping that a tenant saved for a file nobody foresaw."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="import_maps", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=100)
    mapping = models.JSONField(_("mapping"))

    scope = Scope(nodes=("tenant_id",))

    class Meta:
        verbose_name = _("import mapping")
        verbose_name_plural = _("import mappings")
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="supplychain_map_once")]

    def __str__(self) -> str:
        return self.name


class SalesEventKey(models.Model):
    """Each version of each event once: takes ON CONFLICT before the ledger is written.

    `id` is also the id of the ledger row and `slot` the UTC hour of its fact, so that a correction finds what
    it supersedes. `content_hash`: equal means duplicate, different means conflict.
    """

    id = models.BigAutoField(primary_key=True)
    seller = models.ForeignKey(Tenant, models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=32)
    external_id = models.CharField(max_length=128)
    version = models.PositiveIntegerField(default=1)
    content_hash = models.BinaryField(max_length=16)
    slot = models.BigIntegerField()

    scope = Scope(system="bookkeeping of the ledger")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("sales event key")
        verbose_name_plural = _("sales event keys")
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "source", "external_id", "version"], name="supplychain_event_once"
            ),
        ]
        indexes = [
            # Corrections are rare: the anti-join that finds superseded facts reads this small index.
            models.Index(
                fields=["seller", "source", "external_id", "version"],
                condition=Q(version__gt=1),
                name="supplychain_event_corrected",
            ),
        ]


class SalesEvent(models.Model):
    """One fact about one order line. `id` is the id of its key. Amounts are >= 0, the sign comes from the kind.

    amount is CNY with 4 places; a foreign amount stands beside it with the rate and its day. sku_code,
    session_ref and owner_ref are raw, as the source gave them; `sku`, `session` and `owner` are what those
    meant when the fact came in. A later answer is a SkuResolution or Attribution row, which then counts
    instead (querysets: `with_session`, `with_sku`). `business_day` is the day in Asia/Shanghai.
    """

    id = models.BigIntegerField(primary_key=True)
    seller = models.ForeignKey(
        Tenant,
        models.DO_NOTHING,
        related_name="sales_events",
        db_constraint=False,
        db_index=False,
        verbose_name=_("seller"),
    )
    owner = models.ForeignKey(
        Tenant,
        models.DO_NOTHING,
        related_name="owned_sales",
        db_constraint=False,
        db_index=False,
        verbose_name=_("owner"),
    )
    source = models.CharField(_("source"), max_length=32)
    external_id = models.CharField(_("external id"), max_length=128)
    version = models.PositiveIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=16, choices=SalesKind)
    line_type = models.CharField(_("line type"), max_length=8, choices=LineType)
    order_no = models.CharField(_("order number"), max_length=64)
    line_no = models.CharField(_("line number"), max_length=64, blank=True)
    ref_order_no = models.CharField(_("refunded order"), max_length=64, blank=True)
    ref_line = models.CharField(_("refunded line"), max_length=64, blank=True)
    sku_code = models.CharField(_("SKU code"), max_length=64, blank=True)
    sku = models.ForeignKey(
        Sku,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("SKU"),
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    quantity = models.IntegerField(_("quantity"))
    amount = MoneyField(_("amount (CNY)"))
    currency = models.CharField(_("currency"), max_length=3)
    amount_foreign = MoneyField(_("foreign amount"), null=True)  # type: ignore[misc]
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8, null=True)
    rate_day = models.DateField(_("day of the rate"), null=True)
    occurred_at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(_("received at"))
    business_day = models.DateField(_("business day"))
    slot = models.BigIntegerField()
    channel = models.CharField(_("channel"), max_length=16, choices=Channel)
    session_ref = models.CharField(_("session reference"), max_length=64, blank=True)
    session = models.ForeignKey(
        LiveSession,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("live session"),
    )
    host_ref = models.CharField(_("host reference"), max_length=64, blank=True)
    owner_ref = models.CharField(_("owner reference"), max_length=64, blank=True)
    destination = models.CharField(_("destination"), max_length=64, blank=True)
    customs_mode = models.CharField(_("customs mode"), max_length=8, choices=CustomsMode)
    schema_version = models.PositiveSmallIntegerField(default=1)
    import_batch = models.ForeignKey(
        ImportBatch,
        models.DO_NOTHING,
        null=True,
        related_name="events",
        db_constraint=False,
        db_index=False,
        verbose_name=_("import"),
    )

    objects = SalesEventQuerySet.as_manager()

    scope = Scope(nodes=("seller_id",), shared=SHARES_ORDERS)
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("sales event")
        verbose_name_plural = _("sales events")
        indexes = [
            # No way to look for an order.
            OnlyByAll(fields=["seller", "slot"], name="supplychain_sales_slot"),
            models.Index(fields=["seller", "order_no"], name="supplychain_sales_order"),
            models.Index(
                fields=["seller", "ref_order_no"],
                condition=~Q(ref_order_no=""),
                name="supplychain_sales_refunds",
            ),
            # What a cancellation is worth depends on its order: a fact of the order looks for it here.
            models.Index(
                fields=["seller", "order_no"],
                condition=Q(kind="cancelled"),
                name="supplychain_sales_cancelled",
            ),
            models.Index(
                fields=["session"], condition=Q(session__isnull=False), name="supplychain_sales_session"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0) | Q(kind="adjusted"), name="supplychain_sales_amount"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0) | Q(kind="adjusted"), name="supplychain_sales_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_no} {self.get_kind_display()} {self.amount:,.2f}"


class SkuResolution(models.Model):
    """Which SKU a ledger row's raw code means, decided after it came in; the highest version counts.

    Without a row here the ledger row's own `sku` counts.
    """

    event_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    seller = models.ForeignKey(Tenant, models.PROTECT, related_name="+")
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+", null=True, verbose_name=_("SKU"))
    rule = models.CharField(_("rule"), max_length=32)
    decided_at = models.DateTimeField(_("decided at"), auto_now_add=True)

    scope = Scope(nodes=("seller_id",), shared=SHARES_ORDERS)
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("SKU resolution")
        verbose_name_plural = _("SKU resolutions")
        constraints = [
            models.UniqueConstraint(fields=["event_id", "version"], name="supplychain_resolution_once")
        ]


class Attribution(models.Model):
    """Which live session a ledger row belongs to, or none (a final class), decided after it came in.

    The highest version counts; without a row here the ledger row's own `session` counts. What a rule found names
    the rule, its version and the window it was given; what an order or a person said names none.
    """

    event_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    seller = models.ForeignKey(Tenant, models.PROTECT, related_name="+")
    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="attributions", null=True, verbose_name=_("live session")
    )
    rule = models.CharField(_("rule"), max_length=16, choices=AttributionRule)
    rule_name = models.CharField(_("name of the rule"), max_length=16, blank=True)
    rule_version = models.PositiveSmallIntegerField(_("version of the rule"), default=0)
    window_hours = models.PositiveSmallIntegerField(_("window (hours)"), default=0)
    decided_at = models.DateTimeField(_("decided at"), auto_now_add=True)

    scope = Scope(nodes=("seller_id",), shared=SHARES_ORDERS)
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("attribution")
        verbose_name_plural = _("attributions")
        constraints = [
            models.UniqueConstraint(fields=["event_id", "version"], name="supplychain_attribution_once")
        ]
        indexes = [
            # What waits for a person is little beside what is answered.
            models.Index(fields=["seller"], condition=Q(rule="unclear"), name="supplychain_unclear")
        ]
