"""Training and incubation: courses, runs and results, certificates with expiry, stages with gates."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from core.actors import Actor
from core.clock import today
from core.doors.admin import (
    CLOSE,
    REOPEN,
    OpenFilter,
    Operation,
    OperationForm,
    RecordAdmin,
    ScopedModelAdmin,
    ShownInline,
    badge,
    choice_field,
    style,
)
from core.doors.formfields import WholeNumberField
from core.policy import ADD, CHANGE
from livestreams import services
from livestreams.choices import CourseResult, Validity
from livestreams.models import Certificate, Course, CourseRun, Enrolment, HostStage, IncubationStage


class RunInline(ShownInline):
    model = CourseRun
    fields = ("first_day", "last_day", "trainer", "seats")


@admin.register(Course)
class CourseAdmin(RecordAdmin):
    list_display = ("code", "name_zh", "park", "valid_days", "closed_on")
    list_filter = ("park", OpenFilter)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("park", "code", ("name_zh", "name_en"), "valid_days")
    autocomplete_fields = ("park",)
    fixed_fields = ("park", "code")
    inlines = (RunInline,)
    operations = (CLOSE, REOPEN)


class EnrolmentInline(ShownInline):
    model = Enrolment
    fields = ("host", "result", "score")


@admin.register(CourseRun)
class CourseRunAdmin(RecordAdmin):
    list_display = ("course", "first_day", "last_day", "trainer", "seats")
    list_filter = ("first_day", "course")
    search_fields = ("course__code", "course__name_zh", "trainer")
    fields = ("course", ("first_day", "last_day"), ("trainer", "seats"))
    autocomplete_fields = ("course",)
    fixed_fields = ("course",)
    inlines = (EnrolmentInline,)


class ResultForm(OperationForm):
    result = choice_field(
        [(each.value, each.label) for each in CourseResult if each != CourseResult.ENROLLED], _("result")
    )
    score = style(WholeNumberField, _("score"), required=False, min_value=0, max_value=1000)


@admin.register(Enrolment)
class EnrolmentAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "host",
        "run",
        badge("result", _("result"), {CourseResult.PASSED: "success", CourseResult.FAILED: "danger"}),
        "score",
    )
    list_filter = ("run", "result", "host")
    list_select_related = ("run__course",)
    search_fields = ("host__code", "host__name_zh", "run__course__code", "run__course__name_zh")
    fields = ("run", "host", "result", "score")
    add_fieldsets = ((None, {"fields": ("run", "host")}),)
    autocomplete_fields = ("run", "host")
    operations = (
        Operation(
            "result",
            _("Result"),
            services.result_record,
            row="enrolment",
            form=ResultForm,
            icon="grading",
            when=lambda enrolment: enrolment.result == CourseResult.ENROLLED,
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Enrolment:
        return services.host_enrol(actor=actor, **values)


class ValidityFilter(DropdownFilter):
    """Certificates by whether they still hold."""

    title = _("validity")
    parameter_name = "validity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Validity.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = str(self.value())
        found: QuerySet[Any] = (
            getattr(queryset, f"{chosen}_on")(today()) if chosen in Validity.values else queryset
        )
        return found


@admin.register(Certificate)
class CertificateAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("host", "title", "course", "number", "issued_on", "expires_on", "validity")
    list_filter = (ValidityFilter, "expires_on", "course", "host")
    search_fields = ("title", "number", "host__code", "host__name_zh")
    fields = ("host", "course", "title", "number", ("issued_on", "expires_on"))
    add_fieldsets = ((None, {"fields": ("host", "title", "number", ("issued_on", "expires_on"))}),)
    autocomplete_fields = ("host",)

    @display(
        description=_("validity"), label={"valid": "success", "expiring": "warning", "expired": "danger"}
    )
    def validity(self, certificate: Certificate) -> tuple[str, Any]:
        state = certificate.validity_on(today())
        return state.value, state.label

    def create(self, actor: Actor, values: dict[str, Any]) -> Certificate:
        return services.certificate_record(actor=actor, **values)


@admin.register(IncubationStage)
class IncubationStageAdmin(ScopedModelAdmin):
    writes = frozenset({ADD, CHANGE})
    list_display = (
        "park",
        "number",
        "name_zh",
        "cost",
        "needs_course",
        "needs_sessions",
        "needs_hours",
        "needs_followers",
    )
    list_filter = ("park",)
    search_fields = ("name_zh", "name_en")
    fieldsets = (
        (None, {"fields": ("park", "number", ("name_zh", "name_en"), "cost")}),
        (
            _("Gate"),
            {"fields": ("needs_course", ("needs_sessions", "needs_hours"), "needs_followers")},
        ),
    )
    autocomplete_fields = ("park", "needs_course")
    fixed_fields = ("park", "number")

    def create(self, actor: Actor, values: dict[str, Any]) -> IncubationStage:
        return services.stage_create(actor=actor, **values)

    def update(self, actor: Actor, row: IncubationStage, values: dict[str, Any]) -> None:
        services.stage_update(actor=actor, stage=row, **values)


@admin.register(HostStage)
class HostStageAdmin(ScopedModelAdmin):
    list_display = ("host", "stage", "entered_on", "cost")
    list_filter = ("stage", "entered_on", "host")
    search_fields = ("host__code", "host__name_zh", "stage__name_zh")
    fields = ("host", "stage", "entered_on", "cost")
