"""The database is the queue: marks, jobs, idempotency records and the queue of what is unclear."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.choices import JobState, UnresolvedKind
from core.models.base import PublicIdMixin, Scope, StampedMixin
from core.models.scope import ScopeNode
from core.models.users import User
from core.words import SentenceField, SentencesField


class BucketMark(models.Model):
    """ "Count this again": inserted in the transaction of the facts, deleted by whoever has counted it.

    family says what is counted (core.buckets names them), node whose (a tenant), slot which (the UTC
    hour, the session).
    """

    family = models.CharField(max_length=16)
    node = models.ForeignKey(ScopeNode, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    slot = models.BigIntegerField()
    marked_at = models.DateTimeField(auto_now_add=True)

    scope = Scope(system="work of the roll-up; doors show counts of it through selectors")

    class Meta:
        verbose_name = _("bucket mark")
        verbose_name_plural = _("bucket marks")
        indexes = [models.Index(fields=["family", "node", "slot"], name="core_mark_bucket")]


class BucketFailure(models.Model):
    """A bucket whose count raised: others go on, this one is tried again later and shown to the operator."""

    family = models.CharField(_("family"), max_length=16)
    node = models.ForeignKey(ScopeNode, models.PROTECT, related_name="+", verbose_name=_("node"))
    slot = models.BigIntegerField(_("slot"))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"))
    retry_at = models.DateTimeField(_("next try"))

    scope = Scope(system="work of the roll-up")

    class Meta:
        verbose_name = _("failed bucket")
        verbose_name_plural = _("failed buckets")
        constraints = [
            models.UniqueConstraint(fields=["family", "node", "slot"], name="core_bucket_failure_once")
        ]

    def __str__(self) -> str:
        return f"{self.node} · {self.family} · {self.slot}"


class Job(PublicIdMixin, StampedMixin):
    """Long work with progress. Any worker may take it, take it over from a dead one, or be told to pause or stop.

    `attempt` counts the workers that had it, and after `last_attempt` of them it is given up. `heartbeat_at` is
    when its worker last told that it lives, or when it was put back into the queue; a new job has none.
    """

    kind = models.CharField(_("kind"), max_length=64)
    node = models.ForeignKey(
        ScopeNode, models.PROTECT, null=True, related_name="jobs", verbose_name=_("node")
    )
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("created by")
    )
    language = models.CharField(max_length=16, blank=True, db_default="")
    state = models.CharField(_("state"), max_length=16, choices=JobState, default=JobState.QUEUED)
    params = models.JSONField(default=dict)
    checkpoint = models.JSONField(default=dict)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("total"), default=0)
    message = SentenceField(_("message"), blank=True)
    result = SentencesField(_("result"), default=dict)
    result_file = models.CharField(max_length=300, blank=True)
    cancel_requested = models.BooleanField(default=False)
    pause_requested = models.BooleanField(default=False)
    attempt = models.PositiveIntegerField(default=0)
    last_attempt = models.PositiveIntegerField(default=3)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    scope = Scope(nodes=("node_id",))

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [models.Index(fields=["state", "id"], name="core_job_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"

    @property
    def given_up(self) -> bool:
        """Whether it ended because its workers died, so that it may go on (`core.jobs.job_resume`)."""
        return self.state == JobState.FAILED and self.attempt > self.last_attempt


class IdempotencyRecord(models.Model):
    """The answer given to (credential, path, key), in the transaction of its effect."""

    credential = models.CharField(max_length=64)
    path = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.TextField(default="")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    scope = Scope(system="answers are replayed to the same credential only")

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints = [
            models.UniqueConstraint(fields=["credential", "path", "key"], name="core_idempotency_once")
        ]


class Unresolved(PublicIdMixin):
    """A fact that was stored and could not be placed: an unknown SKU, session or owner, or a key with other content.

    Unknown and foreign references look the same here. It is answered by a new fact, and then closed.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=UnresolvedKind)
    node = models.ForeignKey(ScopeNode, models.PROTECT, related_name="+", verbose_name=_("node"))
    reference = models.CharField(_("reference"), max_length=200)
    detail = models.JSONField(_("detail"), default=dict)
    first_seen_at = models.DateTimeField(_("first seen"), auto_now_add=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)

    scope = Scope(nodes=("node_id",))

    class Meta:
        verbose_name = _("unresolved reference")
        verbose_name_plural = _("unresolved references")
        constraints = [
            models.UniqueConstraint(fields=["node", "kind", "reference"], name="core_unresolved_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reference}"


class ExchangeRate(models.Model):
    """CNY per one unit of a foreign currency on a day, as published by the named source.

    The central parity of the People's Bank is published per 100 units of some currencies: divide it by 100 first. A
    line of the ledger keeps the rate by which it was converted, and its day.
    """

    currency = models.CharField(_("currency"), max_length=3)
    day = models.DateField(_("day"))
    cny_per_unit = models.DecimalField(_("CNY per unit"), max_digits=18, decimal_places=8)
    source = models.CharField(_("source"), max_length=100)

    scope = Scope(reference="published rates")

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="core_rate_once"),
            models.CheckConstraint(condition=models.Q(cny_per_unit__gt=0), name="core_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day} {self.cny_per_unit}"
