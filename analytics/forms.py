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
from analytics.matching.facts import Wanted
from analytics.models import SessionReading
from core.clock import DAY, MINUTE, day_start, next_minute, now, today
from core.doors.formfields import AmountField, DayField, LineField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedForm
from livestreams.choices import LANGUAGES, MARKETS
from livestreams.conflicts import Span
from livestreams.models import Course
from parks.models import Park
from supplychain.choices import FILE_ZONES
from supplychain.importing import SESSION_PROFILES
from tenants.choices import Platform

MAX_BYTES: Final = 8 * 1024 * 1024


class IndicatorFileForm(forms.Form):
    """A statistics file and what it may not say itself."""

    file = forms.FileField(
        label=gettext_lazy("Statistics file"), widget=forms.FileInput(attrs={"accept": ".csv,.txt"})
    )
    indicator = LineField(
        label=gettext_lazy("Indicator"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Code or name. Only where the file does not say what its figures are."),
        widget=forms.TextInput(attrs={"class": "form-control", "list": "indicators", "autocomplete": "off"}),
    )
    unit = LineField(
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
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=FILE_ZONES, required=False)


class ReportAnswerForm(ScopedForm):
    """Which session a row of a report is about: one by its uid, a new one, or none."""

    answer = LineField(max_length=36, error_messages={"required": gettext_lazy("Choose one.")})


class TakeBackForm(ScopedForm):
    """Which row of a report is not about a session, and why."""

    reading = ScopedChoiceField(
        SessionReading, to_field="pk", error_messages={"required": gettext_lazy("Choose one.")}
    )
    reason = LineField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(session__tenant=self.tenant)


class NoReportForm(ScopedForm):
    """Why no report will come on a session."""

    reason = LineField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        help_text=gettext_lazy("As: the account was closed, the platform exports none for it."),
    )


class ReplyForm(ScopedForm):
    """What a session's people say to its verdict."""

    text = forms.CharField(
        label=gettext_lazy("Your reply"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
        help_text=gettext_lazy("Your park reads it beside the verdict. It stays as you write it."),
    )


ANY: Final = ("", gettext_lazy("any"))


class HostWishForm(ScopedForm):
    """Goods that look for a host: their category, the days, the hours before the camera, and what the host must have.

    `categories` are those that the page offers; `park` says whose courses.
    """

    category = forms.ChoiceField(label=gettext_lazy("Category"))
    first_day = DayField(label=gettext_lazy("From"))
    last_day = DayField(label=gettext_lazy("Until"))
    hours = AmountField(label=gettext_lazy("Hours before the camera"), max_digits=5, decimal_places=1)
    budget = AmountField(
        label=gettext_lazy("Budget for the host (CNY)"),
        required=False,
        max_digits=13,
        decimal_places=2,
        help_text=gettext_lazy("Empty: none."),
    )
    platform = forms.ChoiceField(
        label=gettext_lazy("Platform"), choices=(ANY, *Platform.choices), required=False
    )
    market = forms.ChoiceField(label=gettext_lazy("Market"), choices=(ANY, *MARKETS.items()), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=(ANY, *LANGUAGES.items()), required=False
    )
    course = ScopedChoiceField(
        Course,
        to_field="code",
        label=gettext_lazy("With a certificate of"),
        required=False,
        empty_label=ANY[1],
    )

    def __init__(self, *args: Any, park: Park, categories: list[str], **kwargs: Any) -> None:
        self.park, self.categories = park, categories
        super().__init__(*args, **kwargs)
        field: Any = self.fields["category"]
        field.choices = [(name, name) for name in categories]

    def narrow(self, queryset: Any) -> Any:
        return queryset.filter(park=self.park)

    @staticmethod
    def beginning(categories: list[str]) -> dict[str, Any]:
        """What the page asks before anybody chose."""
        first = next(iter(categories), "")
        return {"category": first, "first_day": today() + DAY, "last_day": today() + 7 * DAY, "hours": "2"}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "first_day" in values and "last_day" in values and not self._window(values):
            raise ValidationError(_("The last day lies before the first, or is over."), code="order")
        return values

    def _window(self, values: dict[str, Any]) -> Span | None:
        start, end = day_start(values["first_day"]), day_start(values["last_day"]) + DAY
        start = max(start, next_minute(now()))
        return Span(start, end) if start + MINUTE < end else None

    def asked(self) -> dict[str, Any]:
        """What the selector takes."""
        values = self.cleaned_data
        return {
            "wanted": Wanted(
                values["category"],
                float(values["hours"]),
                platform=values["platform"],
                market=values["market"],
                language=values["language"],
                budget=None if values["budget"] is None else float(values["budget"]),
            ),
            "window": self._window(values),
            "course": values["course"],
        }
