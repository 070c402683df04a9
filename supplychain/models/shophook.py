"""Connections to shops, and the messages that came over them: kept first, read afterwards, each of them once."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.models import PublicIdMixin, Scope, StampedMixin
from core.words import WordsField
from supplychain.choices import (
    SHOP_MESSAGE_UNREAD,
    ImportState,
    SalesKind,
    ShopFault,
    ShopKind,
    ShopMessageState,
    ShopNews,
    ShopRefusal,
)
from supplychain.models.ledger import ImportBatch, SalesEvent
from tenants.models import Tenant


class ShopHook(PublicIdMixin, StampedMixin):
    """A shop that tells a firm of its orders. Its uid stands in the address that the shop calls.

    `source` is the source of its facts: that of the shop's files, so that message and file are one order. After a
    change the secret before it is good until `before_until`.
    """

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="shop_hooks", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("shop system"), max_length=16, choices=ShopKind)
    source = models.CharField(
        _("source"),
        max_length=32,
        blank=True,
        help_text=_("Part of the orders' identity: the same as that of files and tools that tell of them."),
    )
    shop_id = models.CharField(
        _("shop id"),
        max_length=64,
        blank=True,
        help_text=_("As the platform writes it; messages of other shops are not read. Empty: any shop."),
    )
    app_key = models.CharField(
        _("app key"), max_length=64, blank=True, help_text=_("The AppID of a WeChat shop.")
    )
    sealed_secret = models.TextField(editable=False)
    sealed_before = models.TextField(blank=True, editable=False)
    before_until = models.DateTimeField(_("old secret is good until"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    last_heard_at = models.DateTimeField(_("last heard"), null=True, blank=True, editable=False)

    scope = Scope(nodes=("tenant_id",), private=("sealed_secret", "sealed_before"))

    class Meta:
        verbose_name = _("shop connection")
        verbose_name_plural = _("shop connections")
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="supplychain_shop_hook_once")]

    def __str__(self) -> str:
        return self.name


class ShopRefusals(models.Model):
    """How many calls were refused at a connection: of others, so they change nothing of the firm's own."""

    hook = models.OneToOneField(
        ShopHook, models.PROTECT, related_name="refusals", verbose_name=_("shop connection")
    )
    refused = models.PositiveIntegerField(_("refused"), default=0)
    last_at = models.DateTimeField(_("last refused"), null=True)
    reason = models.CharField(_("reason"), max_length=16, choices=ShopRefusal, blank=True)

    scope = Scope(system="counts the calls of strangers; doors show it with the connection")

    class Meta:
        verbose_name = _("refused calls")
        verbose_name_plural = _("refused calls")

    def __str__(self) -> str:
        return str(self.refused)


class ShopMessageQuerySet(models.QuerySet["ShopMessage"]):
    def not_imported(self) -> ShopMessageQuerySet:
        """News of orders of which the ledger does not know yet.

        A payment, until the order is paid there; what was given back, until such a fact came later or is of the same
        time or later; another change, until a fact of the order came later, or a file of its source.
        """
        facts = SalesEvent.objects.filter(
            seller=OuterRef("hook__tenant"), source=OuterRef("hook__source"), order_no=OuterRef("order_no")
        )
        back = facts.filter(kind__in=(SalesKind.REFUNDED, SalesKind.CANCELLED))
        later = facts.filter(received_at__gt=OuterRef("created_at"))
        since = Q(received_at__gt=OuterRef("created_at")) | Q(occurred_at__gte=OuterRef("sent_at"))
        files = ImportBatch.objects.filter(
            tenant=OuterRef("hook__tenant"),
            source=OuterRef("hook__source"),
            state=ImportState.IMPORTED,
            updated_at__gt=OuterRef("created_at"),
        )
        return self.filter(
            Q(~Exists(facts.filter(kind=SalesKind.PAID)), news=ShopNews.PAID)
            | Q(~Exists(back.filter(since)), news=ShopNews.GIVEN_BACK)
            | Q(~Exists(later), ~Exists(files), news=ShopNews.CHANGED),
            state=ShopMessageState.NEWS,
        )


class ShopMessage(PublicIdMixin, StampedMixin):
    """One message as it is kept: `body` without what is not needed, `dropped` the names of that.

    That there is one row for a connection and a message id is what keeps a message from being read twice, today and
    in a year. What it said never changes; what became of it is noted beside that.
    """

    hook = models.ForeignKey(
        ShopHook, models.PROTECT, related_name="messages", verbose_name=_("shop connection")
    )
    message_id = models.CharField(_("message id"), max_length=128)
    event = models.CharField(_("kind of message"), max_length=64, blank=True)
    shop_id = models.CharField(_("shop id"), max_length=64, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    body = models.JSONField(_("what it said"), null=True)
    dropped = models.JSONField(_("left out"), default=list)
    wrong = models.CharField(_("what its shape lacks"), max_length=300, blank=True)
    state = models.CharField(
        _("state"), max_length=8, choices=ShopMessageState, default=ShopMessageState.WAITING
    )
    order_no = models.CharField(_("order number"), max_length=64, blank=True)
    news = models.CharField(_("news"), max_length=16, choices=ShopNews, blank=True)
    stored = models.PositiveIntegerField(_("new facts"), default=0)
    known = models.PositiveIntegerField(_("known before"), default=0)
    fault = models.CharField(_("fault"), max_length=8, choices=ShopFault, blank=True)
    detail = WordsField(_("reason"), blank=True)
    note = models.CharField(_("why it is set aside"), max_length=300, blank=True, db_default="")
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    read_at = models.DateTimeField(_("read at"), null=True)

    objects = ShopMessageQuerySet.as_manager()

    scope = Scope(nodes=("hook__tenant_id",))
    database_rules = (
        dbrules.AppendOnly(
            ("hook_id", "message_id", "event", "shop_id", "sent_at", "body", "dropped", "wrong", "created_at")
        ),
    )

    class Meta:
        verbose_name = _("shop message")
        verbose_name_plural = _("shop messages")
        constraints = [
            models.UniqueConstraint(fields=["hook", "message_id"], name="supplychain_shop_message_once"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(SHOP_MESSAGE_UNREAD)) & ~Q(fault="")
                | ~Q(state__in=sorted(SHOP_MESSAGE_UNREAD)) & Q(fault=""),
                name="supplychain_shop_message_dead_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state=ShopMessageState.CLOSED) & ~Q(note="")
                | ~Q(state=ShopMessageState.CLOSED) & Q(note=""),
                name="supplychain_shop_message_closed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state=ShopMessageState.NEWS) & ~Q(news="")
                | ~Q(state=ShopMessageState.NEWS) & Q(news=""),
                name="supplychain_shop_message_news_of",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state=ShopMessageState.WAITING), name="supplychain_shop_waiting"
            ),
            models.Index(
                fields=["hook"], condition=Q(state=ShopMessageState.DEAD), name="supplychain_shop_dead"
            ),
            models.Index(
                fields=["hook"], condition=Q(state=ShopMessageState.NEWS), name="supplychain_shop_news"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event or self.message_id} · {self.hook.name}"
