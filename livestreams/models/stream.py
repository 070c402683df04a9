"""Media nodes, the key of a booking, what was streamed under it, and every decision about it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.clock import local, now
from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope, StampedMixin
from livestreams.addresses import check_control_address, check_encoder_address
from livestreams.choices import MediaServer, PublishEnd, PublishReason
from livestreams.models.booking import Booking
from livestreams.models.room import LiveRoom
from livestreams.models.session import LiveSession
from livestreams.publishing import ALARM_AFTER, LOWEST_KBPS, MOST_BEHIND_MS, public_name
from livestreams.querysets import PublishQuerySet
from parks.models import Park
from tenants.choices import Platform


class MediaNode(NamedMixin, PublicIdMixin, StampedMixin, ClosableMixin):
    """A media server of a park, where encoders publish. It proves itself by a secret of which we keep the hash.

    The secret before the present one is good for a while, so that changing it cuts nobody off.
    """

    park = models.ForeignKey(Park, models.PROTECT, related_name="media_nodes", verbose_name=_("park"))
    code = models.SlugField(_("code"), max_length=64, unique=True)
    kind = models.CharField(_("program"), max_length=16, choices=MediaServer, default=MediaServer.NGINX_RTMP)
    address = models.CharField(
        _("address for encoders"),
        max_length=200,
        validators=[check_encoder_address],
        help_text=_("As encoders type it: rtmp://media.park.example/live"),
    )
    control_url = models.CharField(
        _("address for control"),
        max_length=200,
        blank=True,
        validators=[check_control_address],
        help_text=_("Where this site reads its figures and cuts streams: http://127.0.0.1:8935"),
    )
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    old_secret_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True, editable=False)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("media node")
        verbose_name_plural = _("media nodes")
        ordering = ["code"]

    @property
    def app(self) -> str:
        """The application on the node that is on air."""
        return urlsplit(self.address).path.strip("/")


class StreamKey(PublicIdMixin, StampedMixin):
    """The right to stream that a booking gives, as the encoder shows it. A newer key replaces it.

    A spare key is for a second encoder, which takes over when the first is gone: one of them is on air at a time.

    The key itself is stored nowhere: it follows from `uid` and the secret of the installation, and is looked up
    by its hash.
    """

    booking = models.ForeignKey(
        Booking, models.PROTECT, related_name="stream_keys", verbose_name=_("booking")
    )
    platform = models.CharField(_("platform"), max_length=16, choices=Platform)
    is_spare = models.BooleanField(_("spare"), default=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    replaced_at = models.DateTimeField(_("replaced at"), null=True, blank=True)

    scope = Scope(nodes=("booking__tenant_id",), park="booking__room__park_id", user="booking__host__user_id")

    class Meta:
        verbose_name = _("stream key")
        verbose_name_plural = _("stream keys")
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "is_spare"],
                condition=Q(replaced_at__isnull=True),
                name="livestreams_one_key",
            )
        ]


class Publish(PublicIdMixin):
    """One stretch of picture from one encoder. A reconnect is another row of the same session.

    `client` is the node's number for the connection, which begins again when the node does. `noted_at` is when we
    learned of the end, which may be later than the end itself. `to_drop` says since when its node is to be told to end
    it, until it has done so. The room is copied in from the booking, because a constraint cannot look it up.
    """

    node = models.ForeignKey(
        MediaNode, models.PROTECT, related_name="publishes", verbose_name=_("media node")
    )
    room = models.ForeignKey(LiveRoom, models.PROTECT, related_name="publishes", verbose_name=_("live room"))
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="publishes", verbose_name=_("booking"))
    key = models.ForeignKey(StreamKey, models.PROTECT, related_name="publishes", verbose_name=_("stream key"))
    session = models.ForeignKey(
        LiveSession,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="publishes",
        verbose_name=_("live session"),
    )
    is_test = models.BooleanField(_("test stream"), default=False)
    client = models.CharField(_("connection"), max_length=64)
    address = models.CharField(_("encoder's address"), max_length=64, blank=True)
    started_at = models.DateTimeField(_("started at"))
    last_seen_at = models.DateTimeField(_("last seen"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    noted_at = models.DateTimeField(null=True, blank=True, editable=False)
    end = models.CharField(_("how it ended"), max_length=8, choices=PublishEnd, blank=True)
    kbps = models.PositiveIntegerField(_("bitrate (kbit/s)"), null=True, blank=True)
    behind_ms = models.PositiveIntegerField(_("behind (ms)"), null=True, blank=True)
    weak_since = models.DateTimeField(_("weak since"), null=True, blank=True)
    cut_at = models.DateTimeField(_("cut at"), null=True, blank=True)
    cut_reason = models.CharField(_("why it was cut"), max_length=200, blank=True)
    readmitted_at = models.DateTimeField(_("let in again at"), null=True, blank=True)
    to_drop = models.DateTimeField(null=True, editable=False)

    objects = PublishQuerySet.as_manager()

    scope = Scope(nodes=("booking__tenant_id",), park="room__park_id", user="booking__host__user_id")

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["room"],
                condition=Q(ended_at__isnull=True, is_test=False),
                name="livestreams_one_publish_per_room",
            ),
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(ended_at__isnull=True, is_test=True),
                name="livestreams_one_test_per_booking",
            ),
        ]
        indexes = [
            models.Index(
                fields=["node", "client"],
                condition=Q(ended_at__isnull=True),
                name="livestreams_publish_open",
            ),
            models.Index(
                fields=["node", "client"],
                condition=Q(to_drop__isnull=False),
                name="livestreams_publish_to_drop",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room} · {local(self.started_at):%Y-%m-%d %H:%M}"

    @property
    def public_name(self) -> str:
        """What the node calls the stream."""
        return public_name(self.room.code, self.booking.uid, is_test=self.is_test)

    @property
    def quality(self) -> str:
        """good or weak, as far as bitrate and delay are known; empty while neither is."""
        if self.kbps is None and self.behind_ms is None:
            return ""
        slow = self.kbps is not None and self.kbps < LOWEST_KBPS
        late = self.behind_ms is not None and self.behind_ms > MOST_BEHIND_MS
        return "weak" if slow or late else "good"

    @property
    def alarm(self) -> bool:
        """Whether it runs and has been weak for long."""
        return (
            self.ended_at is None and self.weak_since is not None and now() >= self.weak_since + ALARM_AFTER
        )


class PublishDecision(models.Model):
    """An encoder asked to go on air and was answered. What was confirmed while it ran is the stream's `last_seen_at`.

    Of what it showed as its key the first six characters are kept.
    """

    node = models.ForeignKey(
        MediaNode, models.PROTECT, related_name="decisions", verbose_name=_("media node")
    )
    at = models.DateTimeField(_("at"))
    booking = models.ForeignKey(
        Booking,
        models.PROTECT,
        null=True,
        related_name="decisions",
        verbose_name=_("booking"),
    )
    call = models.CharField(_("asked for"), max_length=16)
    app = models.CharField(_("application"), max_length=64, blank=True)
    key_start = models.CharField(_("key begins with"), max_length=6, blank=True)
    client = models.CharField(_("connection"), max_length=64, blank=True)
    address = models.CharField(_("encoder's address"), max_length=64, blank=True)
    accepted = models.BooleanField(_("accepted"))
    reason = models.CharField(_("reason"), max_length=16, choices=PublishReason)
    detail = models.CharField(_("detail"), max_length=64, blank=True)

    scope = Scope(nodes=("booking__tenant_id",), park="node__park_id", user="booking__host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("decision on a stream")
        verbose_name_plural = _("decisions on streams")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["node", "address", "at"], name="livestreams_decision_from"),
        ]

    def __str__(self) -> str:
        return f"{local(self.at):%Y-%m-%d %H:%M:%S} · {self.get_reason_display()}"
