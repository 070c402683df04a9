"""What a park teaches its hosts: courses with their runs and results, certificates, and the stages of incubation."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope, StampedMixin
from core.money import MoneyField
from livestreams.choices import CourseResult, Validity
from livestreams.models.host import OF_HOST, Host
from livestreams.querysets import SOON, CertificateQuerySet, CourseRunQuerySet
from parks.models import Park


class Course(NamedMixin, PublicIdMixin, ClosableMixin):
    """A course of a park. Whoever passes gets a certificate, for so many days or for good."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="courses", verbose_name=_("park"))
    code = models.SlugField(_("code"), max_length=64, unique=True)
    valid_days = models.PositiveSmallIntegerField(
        _("certificate is valid for (days)"), null=True, blank=True, help_text=_("Empty: for good.")
    )

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        ordering = ["code"]


class CourseRun(PublicIdMixin, StampedMixin):
    """A course as it is held, on the days from the first to the last."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="runs", verbose_name=_("course"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    trainer = models.CharField(_("trainer"), max_length=100, blank=True)
    seats = models.PositiveSmallIntegerField(_("seats"), null=True, blank=True)

    objects = CourseRunQuerySet.as_manager()

    scope = Scope(nodes=("course__park_id",))

    class Meta:
        verbose_name = _("course run")
        verbose_name_plural = _("course runs")
        ordering = ["-first_day", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="livestreams_courserun_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course} · {self.first_day}"


class Enrolment(PublicIdMixin, StampedMixin):
    """A host in a run of a course, and what came of it."""

    run = models.ForeignKey(
        CourseRun, models.PROTECT, related_name="enrolments", verbose_name=_("course run")
    )
    host = models.ForeignKey(Host, models.PROTECT, related_name="enrolments", verbose_name=_("host"))
    result = models.CharField(_("result"), max_length=16, choices=CourseResult, default=CourseResult.ENROLLED)
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)

    scope = Scope(nodes=("host__tenant_id",), park="run__course__park_id", user="host__user_id")

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "host"], name="livestreams_enrolment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.host} · {self.run}"


class Certificate(PublicIdMixin, StampedMixin):
    """What a host has proved, up to and including a day. One of a course comes from its result only."""

    host = models.ForeignKey(Host, models.PROTECT, related_name="certificates", verbose_name=_("host"))
    course = models.ForeignKey(
        Course,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="certificates",
        verbose_name=_("course"),
    )
    title = models.CharField(_("title"), max_length=200)
    number = models.CharField(_("number"), max_length=64, blank=True)
    issued_on = models.DateField(_("issued on"))
    expires_on = models.DateField(_("valid until"), null=True, blank=True, help_text=_("Empty: for good."))

    objects = CertificateQuerySet.as_manager()

    scope = OF_HOST

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ["-issued_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gte=F("issued_on")),
                name="livestreams_certificate_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host} · {self.title}"

    def validity_on(self, day: date) -> Validity:
        """How it stands on a day; the last day on which it holds is one on which it is valid."""
        if self.expires_on is None or self.expires_on >= day + SOON:
            return Validity.VALID
        return Validity.EXPIRED if self.expires_on < day else Validity.EXPIRING


class IncubationStage(NamedMixin, PublicIdMixin):
    """A stage of a park's incubation (孵化): what it costs, and the gate that a host passes to enter it."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="stages", verbose_name=_("park"))
    number = models.PositiveSmallIntegerField(_("number"), help_text=_("Stages follow each other by it."))
    cost = MoneyField(_("cost (CNY)"), default=0)
    needs_course = models.ForeignKey(
        Course,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="opens_stages",
        verbose_name=_("valid certificate of"),
    )
    needs_sessions = models.PositiveIntegerField(_("sessions held, at least"), default=0)
    needs_hours = models.PositiveIntegerField(_("hours worked, at least"), default=0)
    needs_followers = models.PositiveBigIntegerField(_("followers of one account, at least"), default=0)

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("incubation stage")
        verbose_name_plural = _("incubation stages")
        ordering = ["park", "number"]
        constraints = [
            models.UniqueConstraint(fields=["park", "number"], name="livestreams_stage_once"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="livestreams_stage_cost"),
        ]


class HostStage(models.Model):
    """A host entered a stage on a day, at what it cost then. Never changed: the newest is where the host stands."""

    host = models.ForeignKey(Host, models.PROTECT, related_name="stages", verbose_name=_("host"))
    stage = models.ForeignKey(
        IncubationStage, models.PROTECT, related_name="entries", verbose_name=_("incubation stage")
    )
    entered_on = models.DateField(_("entered on"))
    cost = MoneyField(_("cost (CNY)"))

    scope = Scope(nodes=("host__tenant_id",), park="stage__park_id", user="host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("host's stage")
        verbose_name_plural = _("hosts' stages")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["host", "stage"], name="livestreams_hoststage_once"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="livestreams_hoststage_cost"),
        ]

    def __str__(self) -> str:
        return f"{self.host} · {self.stage}"
