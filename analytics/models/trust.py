"""What is stated of a live session, the verdicts on it, and what its people reply. All of it is kept as it was said."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from analytics.choices import ClaimSource, Verdict
from core import dbrules
from core.models import Scope, User
from core.money import MoneyField
from livestreams.models import LiveSession


class SessionClaimQuerySet(models.QuerySet["SessionClaim"]):
    def standing(self) -> SessionClaimQuerySet:
        """Those that count: what people stated, and what a report did of which a reading stands.

        The reading that brings a claim begins before the claim is there; what people had stated already is older.
        """
        claims = SessionClaim.objects.filter(pk=OuterRef("pk"))
        brought = claims.filter(readings__read_at__lte=F("made_at"))
        read = claims.filter(readings__isnull=False, readings__withdrawal__isnull=True)
        return self.filter(~Exists(brought) | Exists(read))


class SessionClaim(models.Model):
    """The figures stated of a session by a report or by people; null was not stated.

    The highest version that stands counts.
    """

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="claims", verbose_name=_("live session")
    )
    version = models.PositiveIntegerField(_("version"))
    source = models.CharField(_("stated by"), max_length=8, choices=ClaimSource)
    sales = MoneyField(_("sales stated (CNY)"), null=True)  # type: ignore[misc]
    viewers = models.PositiveBigIntegerField(_("viewers stated"), null=True)
    stay_seconds = models.PositiveIntegerField(_("mean stay stated (s)"), null=True)
    minutes = models.PositiveIntegerField(_("minutes on air stated"), null=True)
    peak = models.PositiveBigIntegerField(_("peak audience stated"), null=True)
    orders = models.PositiveBigIntegerField(_("orders stated"), null=True)
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("entered by")
    )
    made_at = models.DateTimeField(_("entered at"), auto_now_add=True)

    objects = SessionClaimQuerySet.as_manager()

    scope = Scope(nodes=("session__tenant_id",), park="session__park_id", user="session__host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("figures stated of a session")
        verbose_name_plural = _("figures stated of sessions")
        constraints = [
            models.UniqueConstraint(fields=["session", "version"], name="analytics_claim_once"),
            models.CheckConstraint(
                condition=Q(sales__isnull=False) | Q(viewers__isnull=False) | Q(minutes__isnull=False),
                name="analytics_claim_says_something",
            ),
            models.CheckConstraint(
                condition=Q(sales__isnull=True) | Q(sales__gte=0), name="analytics_claim_sales"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.version}"


class TrustVerdictQuerySet(models.QuerySet["TrustVerdict"]):
    def current(self) -> TrustVerdictQuerySet:
        """The newest version of each session."""
        newer = TrustVerdict.objects.filter(
            session=models.OuterRef("session"), version__gt=models.OuterRef("version")
        )
        return self.filter(~models.Exists(newer))

    def because_of(self, reason: str) -> TrustVerdictQuerySet:
        """Verdicts with one of their reasons."""
        return self.annotate(spaced=Concat(models.Value(" "), "reasons", models.Value(" "))).filter(
            spaced__contains=f" {reason} "
        )


class TrustVerdict(models.Model):
    """A verdict on what was stated of a session, as the facts stood. Other facts make the next version.

    `reasons` are codes of Reason, or of the Witness that contradicts, with spaces between; `witnesses` the findings
    with their numbers; `inputs_hash` is over all that was looked at, and the thresholds.
    """

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="verdicts", verbose_name=_("live session")
    )
    version = models.PositiveIntegerField(_("version"))
    claim = models.ForeignKey(
        SessionClaim, models.PROTECT, null=True, related_name="+", verbose_name=_("figures stated")
    )
    verdict = models.CharField(_("verdict"), max_length=16, choices=Verdict)
    reasons = models.CharField(_("reasons"), max_length=200)
    witnesses = models.JSONField(_("witnesses"), default=list)
    inputs_hash = models.CharField(_("hash of the inputs"), max_length=64)
    judged_at = models.DateTimeField(_("judged at"), auto_now_add=True)

    objects = TrustVerdictQuerySet.as_manager()

    scope = Scope(nodes=("session__tenant_id",), park="session__park_id", user="session__host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("verdict on a session")
        verbose_name_plural = _("verdicts on sessions")
        constraints = [
            models.UniqueConstraint(fields=["session", "version"], name="analytics_verdict_once"),
        ]
        indexes = [models.Index(fields=["verdict", "judged_at"], name="analytics_verdict_when")]

    def __str__(self) -> str:
        return f"{self.session} · {self.get_verdict_display()}"


class TrustReply(models.Model):
    """What a session's people answer to a verdict. It stands beside the verdict and changes none."""

    verdict = models.ForeignKey(
        TrustVerdict, models.PROTECT, related_name="replies", verbose_name=_("verdict")
    )
    text = models.TextField(_("reply"), max_length=2000)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("reply by"))
    made_at = models.DateTimeField(_("replied at"), auto_now_add=True)

    scope = Scope(
        nodes=("verdict__session__tenant_id",),
        park="verdict__session__park_id",
        user="verdict__session__host__user_id",
    )
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("reply to a verdict")
        verbose_name_plural = _("replies to verdicts")

    def __str__(self) -> str:
        return str(self.verdict)
