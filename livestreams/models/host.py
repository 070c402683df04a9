"""Hosts: of an agency, employed by a tenant or the park's own; their accounts, followers, hours and absences."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.clock import local, today
from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope, StampedMixin, User
from core.money import MoneyField
from core.overlap import no_overlap
from livestreams.choices import LANGUAGES, MARKETS, AbsenceKind, EngagementKind
from livestreams.querysets import HostAccountQuerySet, HostQuerySet
from parks.models import Park
from tenants.choices import Platform
from tenants.models import Company, Tenant

OF_HOST = Scope(nodes=("host__tenant_id",), user="host__user_id")


class Host(NamedMixin, PublicIdMixin, StampedMixin, ClosableMixin):
    """A host (主播) of an agency tenant or of a seller. By which contract, its engagements say."""

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="hosts", verbose_name=_("agency or employer")
    )
    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="host", verbose_name=_("log-in")
    )
    code = models.SlugField(_("code"), max_length=64, unique=True)
    level = models.CharField(_("level"), max_length=16, blank=True)
    languages = models.JSONField(_("languages"), default=list, blank=True)
    markets = models.JSONField(_("markets"), default=list, blank=True)
    categories = models.JSONField(_("categories"), default=list, blank=True)
    day_rate = MoneyField(_("day rate (CNY)"), default=0)
    weekly_hours = models.JSONField(
        _("hours of the week"),
        default=list,
        blank=True,
        help_text=_("When the host can be booked: 1-5 09:00-18:00 for Monday to Friday. None: at any time."),
    )

    objects = HostQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id",), user="user_id")

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(day_rate__gte=0), name="livestreams_host_rate")]

    @property
    def languages_named(self) -> str:
        """The languages in the reader's words, as far as there are words for them."""
        return ", ".join(str(LANGUAGES.get(code, code)) for code in self.languages)

    @property
    def markets_named(self) -> str:
        """The markets in the reader's words, as far as there are words for them."""
        return ", ".join(str(MARKETS.get(code, code)) for code in self.markets)


class Engagement(PublicIdMixin, StampedMixin):
    """Whose host somebody is on the days [from_day, to_day), and how many sessions a month are agreed."""

    host = models.ForeignKey(Host, models.PROTECT, related_name="engagements", verbose_name=_("host"))
    kind = models.CharField(_("kind"), max_length=16, choices=EngagementKind)
    park = models.ForeignKey(
        Park,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="own_hosts",
        verbose_name=_("park"),
        help_text=_("Whose own host it is; empty for the others."),
    )
    company = models.ForeignKey(
        Company,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="engagements",
        verbose_name=_("employer"),
        help_text=_("The legal person of the contract, if it is not the firm's own."),
    )
    from_day = models.DateField(_("from"))
    to_day = models.DateField(_("until"), null=True, blank=True)
    monthly_sessions = models.PositiveSmallIntegerField(_("sessions a month"), null=True, blank=True)

    scope = OF_HOST
    database_rules = (no_overlap("livestreams_engagement", "host_id", "from_day", "to_day", kind="date"),)

    class Meta:
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        ordering = ["host", "-from_day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_day__isnull=True) | Q(to_day__gt=F("from_day")),
                name="livestreams_engagement_order",
            ),
            models.CheckConstraint(
                condition=Q(kind=EngagementKind.PARK, park__isnull=False)
                | (~Q(kind=EngagementKind.PARK) & Q(park__isnull=True)),
                name="livestreams_engagement_park",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host} · {self.get_kind_display()} · {self.from_day}"


class HostAccount(PublicIdMixin, ClosableMixin):
    """An account on a platform, and the days [opened_on, closed_on) on which a host of a firm sells by it."""

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="+", editable=False, verbose_name=_("agency or employer")
    )
    host = models.ForeignKey(Host, models.PROTECT, related_name="accounts", verbose_name=_("host"))
    platform = models.CharField(_("platform"), max_length=16, choices=Platform)
    account = models.CharField(_("account"), max_length=100)
    opened_on = models.DateField(
        _("the host's from"),
        null=True,
        blank=True,
        help_text=_("Empty: as long as anybody knows."),
    )

    objects = HostAccountQuerySet.as_manager()

    scope = OF_HOST
    database_rules = (
        no_overlap(
            "livestreams_hostaccount",
            ("tenant_id", "platform", "account"),
            "opened_on",
            "closed_on",
            kind="date",
            name="livestreams_account_one_host",
            # Closed on its first day it was never anybody's.
            where="{row}.opened_on IS NULL OR {row}.closed_on IS NULL OR {row}.opened_on < {row}.closed_on",
            open_begun=True,
        ),
    )

    class Meta:
        verbose_name = _("host's account")
        verbose_name_plural = _("hosts' accounts")
        ordering = ["host", "platform", "account"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on__gte=F("opened_on"))
                | Q(closed_on__isnull=True)
                | Q(opened_on__isnull=True),
                name="livestreams_account_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_platform_display()} {self.account}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The firm stands here too: the database's rule sees this row alone, and another firm may have the account."""
        self.tenant_id = self.host.tenant_id
        super().save(*args, **kwargs)

    def is_held_on(self, day: date) -> bool:
        """Whether it is the host's on that day."""
        return not self.is_closed_by(day) and (self.opened_on is None or self.opened_on <= day)

    @property
    def is_held(self) -> bool:
        """Whether it is the host's today."""
        return self.is_held_on(today())


class FollowerReading(models.Model):
    """How many followers an account had on a day, as it was read then. A correction is the next version."""

    account = models.ForeignKey(
        HostAccount, models.PROTECT, related_name="readings", verbose_name=_("host's account")
    )
    day = models.DateField(_("day"))
    version = models.PositiveIntegerField(_("version"), default=1)
    followers = models.PositiveBigIntegerField(_("followers"))
    source = models.CharField(_("source"), max_length=32, blank=True)
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)

    scope = Scope(nodes=("account__host__tenant_id",), user="account__host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("follower reading")
        verbose_name_plural = _("follower readings")
        ordering = ["-day", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["account", "day", "version"], name="livestreams_followers_once")
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.day}"


class HostAbsence(PublicIdMixin, StampedMixin):
    """A time in which a host cannot be booked, whatever its weekly hours say. Why is for those who plan it."""

    host = models.ForeignKey(Host, models.PROTECT, related_name="absences", verbose_name=_("host"))
    kind = models.CharField(_("reason"), max_length=16, choices=AbsenceKind)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    scope = OF_HOST

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="livestreams_absence_order")
        ]

    def __str__(self) -> str:
        return f"{self.host} · {local(self.starts_at):%Y-%m-%d %H:%M}"
