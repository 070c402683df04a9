"""A park: its place, how it is run, what platforms say of it, what it offers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope, ScopeNode, StampedMixin
from core.money import MoneyField
from parks.choices import OperatingMode, ServiceKind, ServicePricing
from parks.models.places import Town


class Park(NamedMixin, StampedMixin, ClosableMixin):
    """An e-commerce and live-stream industrial park (电商直播产业园). `code` is public and unique for ever."""

    node = models.OneToOneField(ScopeNode, models.PROTECT, primary_key=True, related_name="park")
    code = models.SlugField(_("code"), max_length=64, unique=True)
    town = models.ForeignKey(Town, models.PROTECT, related_name="parks", verbose_name=_("town"))
    operating_mode = models.CharField(_("operating mode"), max_length=16, choices=OperatingMode)
    operator = models.CharField(_("operator"), max_length=200, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    industries = models.JSONField(_("main industries"), default=list, blank=True)
    floor_area_m2 = models.DecimalField(
        _("floor area (m²)"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    is_synthetic = models.BooleanField(_("synthetic data"), default=False)

    scope = Scope(nodes=("node_id",))

    class Meta:
        verbose_name = _("park")
        verbose_name_plural = _("parks")
        ordering = ["code"]


class ParkSettings(models.Model):
    """What a park decides for itself."""

    park = models.OneToOneField(
        Park, models.PROTECT, primary_key=True, related_name="settings", verbose_name=_("park")
    )
    hold_minutes = models.PositiveSmallIntegerField(_("minutes a booking is held"), default=30)
    checkin_early_minutes = models.PositiveSmallIntegerField(_("minutes of early check-in"), default=30)
    stream_early_minutes = models.PositiveSmallIntegerField(
        _("minutes an encoder may begin early"), default=15
    )
    stream_late_minutes = models.PositiveSmallIntegerField(_("minutes an encoder may end late"), default=5)
    # OBS paints red what lost more than a twentieth.
    lost_frames_percent = models.DecimalField(
        _("share of an encoder's frames lost in a minute that alarms (%)"),
        max_digits=6,
        decimal_places=3,
        default=5,
    )
    cancel_free_hours = models.PositiveSmallIntegerField(
        _("hours before the start until which a booking may be given back for nothing"), default=24
    )
    late_cancel_percent = models.DecimalField(
        _("share of the price due when given back later (%)"), max_digits=6, decimal_places=3, default=0
    )
    no_show_percent = models.DecimalField(
        _("share of the price due when nobody came (%)"), max_digits=6, decimal_places=3, default=0
    )
    requires_certificates = models.BooleanField(_("only certified goods may be shown live"), default=False)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("park settings")
        verbose_name_plural = _("park settings")
        constraints = [
            models.CheckConstraint(
                condition=Q(late_cancel_percent__gte=0, late_cancel_percent__lte=100)
                & Q(no_show_percent__gte=0, no_show_percent__lte=100)
                & Q(lost_frames_percent__gte=0, lost_frames_percent__lte=100),
                name="parks_settings_percent",
            )
        ]

    def __str__(self) -> str:
        return str(self.park)


class Accreditation(models.Model):
    """An accreditation by a platform (1688, Taobao, Douyin ...)."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="accreditations", verbose_name=_("park"))
    platform = models.CharField(_("platform"), max_length=50)
    level = models.CharField(_("level"), max_length=100, blank=True)
    from_day = models.DateField(_("from"))
    to_day = models.DateField(_("until"), null=True, blank=True)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("accreditation")
        verbose_name_plural = _("accreditations")

    def __str__(self) -> str:
        return f"{self.platform} {self.level}".strip()


class ServiceOffer(NamedMixin, PublicIdMixin, ClosableMixin):
    """A service of the park or of a partner: training, quality inspection, finance, logistics ..."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="service_offers", verbose_name=_("park"))
    kind = models.CharField(_("kind"), max_length=32, choices=ServiceKind)
    pricing = models.CharField(_("pricing"), max_length=16, choices=ServicePricing)
    price = MoneyField(_("price (CNY)"), default=0)
    share_percent = models.DecimalField(_("share (%)"), max_digits=6, decimal_places=3, default=0)
    quota_per_month = models.PositiveIntegerField(_("quota per month"), null=True, blank=True)
    provider = models.CharField(_("provider"), max_length=200, blank=True)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("service on offer")
        verbose_name_plural = _("services on offer")
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="parks_offer_price"),
            models.CheckConstraint(
                condition=Q(share_percent__gte=0, share_percent__lte=100), name="parks_offer_share"
            ),
        ]
