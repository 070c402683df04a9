"""Forms of the analytics pages: shape only."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.choices import ClaimSource
from analytics.models import SessionReading
from core.doors.formfields import AmountField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedForm
from supplychain.importing import SESSION_PROFILES
from supplychain.uploads import ZONES

MAX_BYTES: Final = 8 * 1024 * 1024


class IndicatorFileForm(forms.Form):
    """A statistics file and what it may not say itself."""

    file = forms.FileField(
        label=gettext_lazy("Statistics file"), widget=forms.FileInput(attrs={"accept": ".csv,.txt"})
    )
    indicator = forms.CharField(
        label=gettext_lazy("Indicator"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Code or name. Only where the file does not say what its figures are."),
        widget=forms.TextInput(attrs={"class": "form-control", "list": "indicators", "autocomplete": "off"}),
    )
    unit = forms.CharField(
        label=gettext_lazy("Unit"),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    published_on = forms.DateField(
        label=gettext_lazy("Published on"),
        required=False,
        help_text=gettext_lazy("The day of the vintage; today when left open."),
        widget=forms.DateInput(attrs={"class": "form-control", "type": "date"}),
    )
    skip_unreadable = forms.BooleanField(required=False)

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > MAX_BYTES:
            limit = {"limit": MAX_BYTES // 2**20}
            raise ValidationError(_("The file is larger than %(limit)d MiB.") % limit, code="too_large")
        return file


class ClaimForm(ScopedForm):
    """The figures stated of a session; what is left open was not stated."""

    source = forms.ChoiceField(label=gettext_lazy("Stated by"), choices=ClaimSource)
    sales = AmountField(
        label=gettext_lazy("Sales (CNY)"),
        required=False,
        max_digits=15,
        decimal_places=2,
        help_text=gettext_lazy("Paid, refunds not yet taken off."),
    )
    viewers = WholeNumberField(
        label=gettext_lazy("Viewers"),
        required=False,
        help_text=gettext_lazy("People, not entries."),
    )
    stay_seconds = WholeNumberField(label=gettext_lazy("Mean stay (seconds)"), required=False)
    minutes = WholeNumberField(label=gettext_lazy("Minutes on air"), required=False)


class FilesInput(forms.ClearableFileInput):
    """A file input that takes many files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """At least one file; the clean value is the list of them."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files or [None]]


class ReportsForm(ScopedForm):
    """Report files of platforms, and how they are to be read where they do not say it."""

    file = FilesField(
        label=gettext_lazy("Report files"),
        allow_empty_file=True,
        max_length=255,
        widget=FilesInput(attrs={"accept": ".csv,.xlsx,.txt", "class": "form-control"}),
    )
    profile = forms.ChoiceField(
        label=gettext_lazy("What they are"),
        required=False,
        choices=[
            ("", gettext_lazy("find out by their columns")),
            *((found.code, found.name) for found in SESSION_PROFILES.values()),
        ],
    )
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=ZONES, required=False)


class ReportAnswerForm(ScopedForm):
    """Which session a row of a report is about: one by its uid, a new one, or none."""

    answer = forms.CharField(max_length=36, error_messages={"required": gettext_lazy("Choose one.")})


class TakeBackForm(ScopedForm):
    """Which row of a report is not about a session, and why."""

    reading = ScopedChoiceField(
        SessionReading, to_field="pk", error_messages={"required": gettext_lazy("Choose one.")}
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(session__tenant=self.tenant)


class ReplyForm(ScopedForm):
    """What a session's people say to its verdict."""

    text = forms.CharField(
        label=gettext_lazy("Your reply"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        help_text=gettext_lazy("Your park reads it beside the verdict. It stays as you write it."),
    )
