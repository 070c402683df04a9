"""Assignments of goods to hosts, each with everything it was computed from and what proves it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from analytics.choices import MatchState
from core.models import Job, PublicIdMixin, Scope, StampedMixin, User
from livestreams.models import ProvenMixin
from parks.models import Park


class MatchRun(ProvenMixin, PublicIdMixin, StampedMixin):
    """Goods of a park and the hosts that are best for them on [first_day, last_day]. It books nothing.

    `inputs` hold sessions, hosts and goods as they were (analytics.matching.runs), `inputs_hash` is their SHA-256: a
    rerun gives the same numbers. `figures` are those of the model, `results` the pairs and what got nobody; `value`
    and `bound` are weighted CNY after refunds.
    """

    park = models.ForeignKey(Park, models.PROTECT, related_name="match_runs", verbose_name=_("park"))
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("created by")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    goods = models.JSONField(_("goods"))
    one_each = models.BooleanField(
        _("one product for each host"),
        default=False,
        help_text=_("Otherwise a host takes several, one after the other."),
    )
    most_hours = models.PositiveSmallIntegerField(_("hours of one host at most"), default=40)
    seconds = models.PositiveSmallIntegerField(_("time allowed (seconds)"), default=20)
    state = models.CharField(_("state"), max_length=16, choices=MatchState, default=MatchState.RUNNING)
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="+", verbose_name=_("job"))
    inputs = models.TextField(editable=False, default="")
    inputs_hash = models.CharField(_("hash of the inputs"), max_length=64, blank=True)
    figures = models.JSONField(_("figures of the model"), default=dict)
    results = models.JSONField(_("results"), default=dict)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("assignment of hosts")
        verbose_name_plural = _("assignments of hosts")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="analytics_match_order"),
            models.CheckConstraint(
                condition=Q(bound__isnull=True) | Q(bound__gte=F("value")), name="analytics_match_bound"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.park} {self.first_day:%Y-%m-%d}–{self.last_day:%Y-%m-%d}"
