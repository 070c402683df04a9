"""What a firm writes down of its own hosts: who they are, contracts, accounts with followers, certificates, courses."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import DAY, today
from core.doors.formfields import AmountField, DayField, LineField, WholeNumberField, WordsField
from core.doors.portal import ScopedChoiceField, ScopedForm, ServiceAction, ServiceFormPage, TenantPage
from core.errors import NotFound
from core.scoping import visible_to
from core.strict import MAX_QUANTITY
from livestreams.choices import MARKETS, EngagementKind
from livestreams.forms import OwnChoicesForm
from livestreams.models import (
    Certificate,
    CourseRun,
    Engagement,
    Enrolment,
    FollowerReading,
    Host,
    HostAccount,
)
from livestreams.services import (
    Followers,
    account_begin,
    account_close,
    account_create,
    account_reopen,
    certificate_record,
    engagement_begin,
    engagement_end,
    followers_record,
    host_create,
    host_enrol,
)
from livestreams.views.hosts import HostFormPage
from tenants.choices import Platform

MOST_SESSIONS = 1_000
FIRMS_KINDS = [(kind.value, kind.label) for kind in EngagementKind if kind != EngagementKind.PARK]
"""What a firm says of its hosts; whom a park calls its own, the park says."""


class NewHostForm(ScopedForm):
    """Who it is and what the host brings."""

    name_zh = LineField(label=gettext_lazy("Chinese name"), max_length=100)
    name_en = LineField(label=gettext_lazy("English name"), max_length=100, required=False)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=64,
        help_text=gettext_lazy("Letters, digits, - and _. It stands in files and cannot be changed."),
    )
    level = LineField(label=gettext_lazy("Level"), max_length=16, required=False)
    day_rate = AmountField(
        label=gettext_lazy("Day rate (CNY)"), min_value=0, max_digits=15, decimal_places=2, initial=0
    )
    categories = WordsField(
        label=gettext_lazy("Categories"), required=False, help_text=gettext_lazy("With commas between them.")
    )
    languages = WordsField(
        label=gettext_lazy("Languages"),
        required=False,
        help_text=gettext_lazy("Their codes, such as zh, en."),
    )
    markets = forms.MultipleChoiceField(
        label=gettext_lazy("Markets"),
        choices=list(MARKETS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class NewHost(ServiceFormPage):
    """Adds a host of the firm."""

    template_name = "portal/host_new.html"
    section = "hosts"
    needs = ("add", Host)
    form_class = NewHostForm

    def carry_out(self, form: Any) -> HttpResponse:
        host = host_create(actor=self.actor, tenant=self.tenant, **form.cleaned_data)
        messages.success(self.request, _("The host is on record. Contract, accounts and hours come next."))
        return redirect(self.url("portal-host", uid=host.uid))


class HostFactPage(HostFormPage):
    """A form about one host, whose template is the same for all."""

    template_name = "portal/host_fact.html"
    heading: ClassVar[Any]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=self.heading, **kwargs)

    def done(self, text: str) -> HttpResponse:
        messages.success(self.request, text)
        return redirect(self.url("portal-host", uid=self.host().uid))


class AccountForm(ScopedForm):
    platform = forms.ChoiceField(label=gettext_lazy("Platform"), choices=Platform)
    account = LineField(label=gettext_lazy("Account"), max_length=100)
    opened_on = DayField(
        label=gettext_lazy("The host's from"),
        required=False,
        help_text=gettext_lazy("Empty: as long as anybody knows, or since another host of the firm left it."),
    )


class NewAccount(HostFactPage):
    """Adds an account of a host on a platform."""

    needs = ("add", HostAccount)
    form_class = AccountForm
    heading = gettext_lazy("Add an account")

    def carry_out(self, form: Any) -> HttpResponse:
        account_create(actor=self.actor, host=self.host(), **form.cleaned_data)
        return self.done(_("The account is on record."))


def account_named(page: TenantPage, verb: str = "view") -> HostAccount:
    """The account of the address, of one of the firm's hosts, with its host; NotFound without the verb on it."""
    accounts = HostAccount.objects.select_related("host")
    account: HostAccount = page.named(accounts, verb, "host__tenant_id")
    return account


class AccountPage(HostFactPage):
    """A form about one account of a host."""

    verb: ClassVar[str] = "view"

    @cached_property
    def account(self) -> HostAccount:
        return account_named(self, self.verb)

    def host(self) -> Host:
        return self.account.host

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(account=self.account, **kwargs)


class FollowersForm(ScopedForm):
    followers = WholeNumberField(label=gettext_lazy("Followers today"), min_value=0, max_value=MAX_QUANTITY)


class FollowersToday(AccountPage):
    """Says how many followers an account has today; another number of the same day corrects it."""

    needs = ("add", FollowerReading)
    form_class = FollowersForm
    heading = gettext_lazy("Followers today")

    @cached_property
    def account(self) -> HostAccount:
        account = account_named(self)
        if not account.is_held:
            raise NotFound
        return account

    def carry_out(self, form: Any) -> HttpResponse:
        reading = Followers(today(), form.cleaned_data["followers"])
        followers_record(actor=self.actor, account=self.account, readings=[reading], source="portal")
        return self.done(_("The followers of today are kept."))


class BeginningForm(ScopedForm):
    opened_on = DayField(
        label=gettext_lazy("The host's from"),
        required=False,
        help_text=gettext_lazy("Empty: as long as anybody knows."),
    )


class BeginAccount(AccountPage):
    """Says from which day on an account is the host's."""

    needs = ("change", HostAccount)
    verb = "change"
    form_class = BeginningForm
    heading = gettext_lazy("Since when the account is the host's")

    def get_initial(self) -> dict[str, Any]:
        return {"opened_on": self.account.opened_on}

    def carry_out(self, form: Any) -> HttpResponse:
        account_begin(actor=self.actor, account=self.account, **form.cleaned_data)
        return self.done(_("The account is the host's from that day on."))


class ClosingForm(ScopedForm):
    closed_on = DayField(
        label=gettext_lazy("Closed on"),
        help_text=gettext_lazy("From this day on the host sells nothing by it. What it sold before stays."),
    )


class CloseAccount(AccountPage):
    """Closes an account that the host has no more, or says another day for that."""

    needs = ("change", HostAccount)
    verb = "change"
    form_class = ClosingForm
    heading = gettext_lazy("Close the account")

    def get_initial(self) -> dict[str, Any]:
        return {"closed_on": self.account.closed_on or today()}

    def carry_out(self, form: Any) -> HttpResponse:
        account_close(actor=self.actor, account=self.account, **form.cleaned_data)
        return self.done(_("The account is closed from that day on."))


class ReopenAccount(ServiceAction):
    """Takes back that an account is closed."""

    needs = ("change", HostAccount)
    done = gettext_lazy("The account is open again.")

    def carry_out(self) -> None:
        account_reopen(actor=self.actor, account=account_named(self, "change"))

    def back_to(self) -> str:
        return self.url("portal-host", uid=account_named(self).host.uid)


class ContractForm(ScopedForm):
    kind = forms.ChoiceField(label=gettext_lazy("Contract"), choices=FIRMS_KINDS)
    from_day = DayField(label=gettext_lazy("From"))
    to_day = DayField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("The first day on which it no longer holds. Empty: until it is ended."),
    )
    monthly_sessions = WholeNumberField(
        label=gettext_lazy("Sessions a month"), min_value=0, max_value=MOST_SESSIONS, required=False
    )


class Contract(HostFactPage):
    """Says by which contract somebody is the firm's host from a day on, below those that are on record."""

    template_name = "portal/host_contract.html"
    needs = ("add", Engagement)
    form_class = ContractForm
    heading = gettext_lazy("Contract")

    def get_initial(self) -> dict[str, Any]:
        return {"from_day": today()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = visible_to(Engagement.objects.filter(host=self.host()), self.actor)
        return super().get_context_data(
            known=list(known.select_related("park").order_by("-from_day")), today=today(), **kwargs
        )

    def carry_out(self, form: Any) -> HttpResponse:
        engagement_begin(actor=self.actor, host=self.host(), **form.cleaned_data)
        return self.done(_("The contract is on record."))


class EndContractForm(ScopedForm):
    to_day = DayField(
        label=gettext_lazy("Until"), help_text=gettext_lazy("The first day on which it no longer holds.")
    )


class EndContract(HostFactPage):
    """Ends a contract of the firm with a host."""

    needs = ("change", Engagement)
    form_class = EndContractForm
    heading = gettext_lazy("End the contract")

    @cached_property
    def engagement(self) -> Engagement:
        engagements = Engagement.objects.select_related("host")
        engagement: Engagement = self.named(engagements, "change", "host__tenant_id")
        return engagement

    def host(self) -> Host:
        return self.engagement.host

    def get_initial(self) -> dict[str, Any]:
        """Today, or the first day on which it can be ended."""
        return {"to_day": max(today(), self.engagement.from_day + DAY)}

    def carry_out(self, form: Any) -> HttpResponse:
        engagement_end(actor=self.actor, engagement=self.engagement, **form.cleaned_data)
        return self.done(_("The contract ends on that day."))


class CertificateForm(ScopedForm):
    title = LineField(label=gettext_lazy("Title"), max_length=200)
    number = LineField(label=gettext_lazy("Number"), max_length=64, required=False)
    issued_on = DayField(label=gettext_lazy("Issued on"))
    expires_on = DayField(
        label=gettext_lazy("Valid until"), required=False, help_text=gettext_lazy("Empty: for good.")
    )


class NewCertificate(HostFactPage):
    """Writes down a certificate that somebody else than the park gave."""

    needs = ("add", Certificate)
    form_class = CertificateForm
    heading = gettext_lazy("Certificate from elsewhere")

    def carry_out(self, form: Any) -> HttpResponse:
        certificate_record(actor=self.actor, host=self.host(), **form.cleaned_data)
        return self.done(_("The certificate is on record."))


class RunChoiceField(ScopedChoiceField):
    """Courses as people speak of them: what, and from when until when."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.course} · {obj.first_day}–{obj.last_day}"


class EnrolForm(OwnChoicesForm):
    """One of the firm's hosts, and a course of the park that is not over."""

    run = RunChoiceField(CourseRun, label=gettext_lazy("Course"))
    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Host"))

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if queryset.model is not CourseRun:
            return super().narrow(queryset)
        open_runs = CourseRun.objects.open_on(today()).filter(course__park=self.tenant.node.parent_id)
        return open_runs.filter(pk__in=queryset.values("pk")).select_related("course").order_by("first_day")


class EnrolHost(ServiceFormPage):
    """Enrols a host of the firm in a course of the park."""

    template_name = "portal/host_enrol.html"
    section = "hosts"
    needs = ("add", Enrolment)
    form_class = EnrolForm

    def get_initial(self) -> dict[str, Any]:
        return {"run": self.request.GET.get("run", "")}

    def carry_out(self, form: Any) -> HttpResponse:
        enrolment = host_enrol(actor=self.actor, **form.cleaned_data)
        messages.success(
            self.request,
            _("%(host)s is enrolled in %(course)s.")
            % {"host": enrolment.host, "course": enrolment.run.course},
        )
        return redirect(self.url("portal-hosts"))
