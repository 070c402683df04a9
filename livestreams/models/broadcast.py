"""How the picture of a booking reaches its platform, and the ways of its people to steer it from their screens."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import PublicIdMixin, Scope, StampedMixin, User
from livestreams.choices import DELIVERIES_TOLD, ScreenKind
from livestreams.models.booking import Booking
from tenants.choices import Platform


class Broadcast(PublicIdMixin, StampedMixin):
    """The way that a booking's picture takes. Without a server the media node hands it on to nobody.

    The platform's stream key is sealed, and unsealed for the node alone. `handed_at` is when the node was last given it
    for the stream `handed_for`, and `hand_overs` how often: it asks again when the platform did not take the picture.
    """

    booking = models.OneToOneField(
        Booking, models.PROTECT, related_name="broadcast", verbose_name=_("booking")
    )
    route = models.CharField(_("way of the picture"), max_length=8, choices=DELIVERIES_TOLD)
    platform = models.CharField(_("platform"), max_length=16, choices=Platform)
    server = models.CharField(
        _("platform's server"),
        max_length=200,
        blank=True,
        validators=[RegexValidator(r"\Artmps?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)+\Z")],
        help_text=_("As the platform shows it: rtmp://push.platform.example/live"),
    )
    sealed_key = models.TextField(blank=True, editable=False)
    key_set_at = models.DateTimeField(_("platform's key set at"), null=True, blank=True, editable=False)
    handed_for = models.CharField(max_length=36, blank=True, editable=False)
    handed_at = models.DateTimeField(_("handed on since"), null=True, blank=True, editable=False)
    hand_overs = models.PositiveIntegerField(_("times handed on"), default=0, editable=False)

    scope = Scope(
        nodes=("booking__tenant_id",),
        park="booking__room__park_id",
        user="booking__host__user_id",
        private=("sealed_key",),
    )

    class Meta:
        verbose_name = _("way to the platform")
        verbose_name_plural = _("ways to the platform")

    def __str__(self) -> str:
        return f"{self.booking} · {self.get_route_display()}"

    @property
    def has_key(self) -> bool:
        return bool(self.sealed_key)


class ScreenToken(PublicIdMixin, StampedMixin):
    """The right of one screen to one booking, without a log-in: the overlay of its picture, or the dock beside it.

    It acts for the person who made it, and ends with that person's right, with the booking, or by hand. Of the token
    itself the hash is kept.
    """

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="screens", verbose_name=_("booking"))
    kind = models.CharField(_("kind"), max_length=8, choices=ScreenKind)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("made by"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    scope = Scope(nodes=("booking__tenant_id",), park="booking__room__park_id")

    class Meta:
        verbose_name = _("screen of a booking")
        verbose_name_plural = _("screens of bookings")
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "kind"],
                condition=Q(revoked_at__isnull=True),
                name="livestreams_one_screen",
            )
        ]

    def __str__(self) -> str:
        return f"{self.booking} · {self.get_kind_display()}"
