"""What encoders' programs say of their own work: frames that never left them, which no media node can see."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.clock import local
from core.models import Scope
from livestreams.choices import FrameLoss
from livestreams.frames import KEPT_DAYS
from livestreams.models.booking import Booking
from livestreams.querysets import EncoderSampleQuerySet


class EncoderSample(models.Model):
    """Counters of an encoder's program at one instant as it gives them, restarts included.

    `source` is one run of whoever asks the program. `lost_percent` is what the minute before lost by its worst cause,
    as it follows from the samples that stood when this one came; empty for the first of a run. While the program has
    no connection it counts nothing, and all is lost. After KEPT_DAYS the worst of each session is left.
    """

    booking = models.ForeignKey(
        Booking, models.PROTECT, related_name="encoder_samples", verbose_name=_("booking")
    )
    source = models.CharField(_("source"), max_length=32)
    at = models.DateTimeField(_("at"))
    sent = models.PositiveBigIntegerField(_("frames to send"))
    dropped = models.PositiveBigIntegerField(_("dropped by the network"))
    encoded = models.PositiveBigIntegerField(_("frames to encode"))
    skipped = models.PositiveBigIntegerField(_("skipped while encoding"))
    rendered = models.PositiveBigIntegerField(_("frames to render"))
    missed = models.PositiveBigIntegerField(_("missed while rendering"))
    sent_bytes = models.PositiveBigIntegerField(_("bytes sent"))
    reconnecting = models.BooleanField(_("connecting again"), default=False)
    congestion = models.DecimalField(_("congestion"), max_digits=4, decimal_places=3)
    lost_percent = models.DecimalField(
        _("frames lost in a minute (%)"), max_digits=6, decimal_places=3, null=True
    )
    cause = models.CharField(_("lost by"), max_length=16, choices=FrameLoss, blank=True)

    objects = EncoderSampleQuerySet.as_manager()

    scope = Scope(nodes=("booking__tenant_id",), park="booking__room__park_id", user="booking__host__user_id")
    database_rules = (dbrules.AppendOnly(kept_days=KEPT_DAYS),)

    class Meta:
        verbose_name = _("word of an encoder")
        verbose_name_plural = _("words of encoders")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "source", "at"], name="livestreams_encoder_sample_once"
            ),
            models.CheckConstraint(
                condition=Q(dropped__lte=F("sent"), skipped__lte=F("encoded"), missed__lte=F("rendered")),
                name="livestreams_encoder_sample_part",
            ),
            models.CheckConstraint(
                condition=Q(congestion__gte=0, congestion__lte=1),
                name="livestreams_encoder_sample_congestion",
            ),
            models.CheckConstraint(
                condition=Q(lost_percent__isnull=True) | Q(lost_percent__gte=0, lost_percent__lte=100),
                name="livestreams_encoder_sample_lost",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="livestreams_encoder_sample_at")]

    def __str__(self) -> str:
        return f"{self.booking} · {local(self.at):%H:%M:%S}"
