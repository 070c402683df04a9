"""Hosts for goods: one request at a time on a page, many at once as a stored assignment."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminTextareaWidget

from analytics import services
from analytics.choices import MatchState
from analytics.forms import HostWishForm
from analytics.matching.answers import left_of, pairs_of, proof_of
from analytics.matching.goods import goods_from, read_goods
from analytics.models import MatchRun
from analytics.selectors.matching import HostMatches, host_matches
from core.actors import Actor
from core.choices import JOB_OPEN
from core.clock import local
from core.doors.admin import Operation, ScopedModelAdmin, ServiceForm, badge, style
from core.doors.context import actor_of
from core.errors import DomainError
from core.policy import ADD
from core.scoping import require
from livestreams.models import Host
from parks.models import Park
from parks.selectors import parks_of

STATE_COLOURS = {MatchState.RUNNING: "warning", MatchState.DONE: "success"}
EXAMPLE = "吊灯新款; 灯饰; 2; 1; 1500; 80000; 18:00-23:00"


def find_view(request: HttpRequest, site: UnfoldAdminSite) -> HttpResponse:
    """The hosts of a park for goods, ranked with reasons and amounts, and those who cannot be had."""
    actor = actor_of(request)
    require(actor, ADD, MatchRun)
    parks = list(parks_of(actor).order_by("code"))
    park = next((park for park in parks if park.code == request.GET.get("park")), parks[0] if parks else None)
    context = {**site.each_context(request), "title": _("Find a host"), "parks": parks, "park": park}
    if park is not None:
        categories = _categories(park)
        form = HostWishForm(
            request.GET if "category" in request.GET else None,
            initial=HostWishForm.beginning(categories),
            actor=actor,
            tenant=None,
            park=park,
            categories=categories,
        )
        context |= {"form": form, "found": _found(actor, park, form)}
    return TemplateResponse(request, "admin/livepark/hosts_find.html", context)


def _categories(park: Park) -> list[str]:
    """What the park is for, then what its tenants and hosts sell besides."""
    listed = Host.objects.filter(tenant__node__parent=park.pk).values_list("categories", flat=True)
    industries = park.node.children.values_list("tenant__industry", flat=True)
    names = [
        *park.industries,
        *sorted({*(industry or "" for industry in industries), *(n for row in listed for n in row)}),
    ]
    return list(dict.fromkeys(name for name in names if name))


def _found(actor: Actor, park: Park, form: HostWishForm) -> HostMatches | None:
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return host_matches(actor=actor, of=park, **form.asked())
    except DomainError as error:
        form.show(error)
        return None


class MatchRunForm(ServiceForm):
    """Goods as lines."""

    goods = style(
        forms.CharField,
        gettext_lazy("goods"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "placeholder": EXAMPLE}),
        help_text=gettext_lazy(
            "A line each: name; category; hours; weight; budget for the host; stock in CNY; times of the day. Only the "
            "first three are needed."
        ),
    )


@admin.register(MatchRun)
class MatchRunAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "park",
        "first_day",
        "last_day",
        badge("state", gettext_lazy("state"), STATE_COLOURS),
        "value",
        "bound",
        "proof_sentence",
        "created_at",
    )
    list_filter = ("park", "first_day", "state")
    search_fields = ("park__code", "park__name_zh", "inputs_hash")
    readonly_fields = ("proof_sentence", "progress", "pairs", "left", "asked", "learnt")
    fieldsets = (
        (None, {"fields": (("park", "state", "progress"), ("first_day", "last_day"))}),
        (gettext_lazy("Hosts for the goods"), {"fields": ("pairs", "left")}),
        (gettext_lazy("Proof"), {"fields": ("proof_sentence", ("value", "bound"), ("spent", "seconds"))}),
        (
            gettext_lazy("Inputs"),
            {"fields": ("asked", ("one_each", "most_hours"), "learnt", "inputs_hash", "created_by")},
        ),
    )
    add_form = MatchRunForm
    add_fieldsets = (
        (
            None,
            {"fields": ("park", ("first_day", "last_day"), "goods", "one_each", ("most_hours", "seconds"))},
        ),
    )
    autocomplete_fields = ("park",)
    operations = (
        Operation(
            "stop",
            gettext_lazy("Stop"),
            services.match_run_stop,
            row="run",
            icon="cancel",
            danger=True,
            when=lambda run: run.state == MatchState.RUNNING,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = partial(self.admin_site.admin_view(find_view), site=self.admin_site)
        return [path("find/", view, name="hosts_find"), *super().get_urls()]

    def create(self, actor: Actor, values: dict[str, Any]) -> MatchRun:
        return services.match_run_start(actor=actor, goods=read_goods(values.pop("goods")), **values)

    @display(description=gettext_lazy("what is proven"))
    def proof_sentence(self, run: MatchRun) -> str:
        return proof_of(run)

    @display(description=gettext_lazy("progress"))
    def progress(self, run: MatchRun) -> str:
        if run.job is None:
            return ""
        return run.job.message if run.job.state in JOB_OPEN else run.job.get_state_display()

    @display(description=gettext_lazy("goods"))
    def asked(self, run: MatchRun) -> SafeString:
        """As they were written."""
        return format_html_join("", "<div>{}</div>", ((goods_from(row).line,) for row in run.goods))

    @display(description=gettext_lazy("figures of the model"))
    def learnt(self, run: MatchRun) -> str:
        sessions = run.figures.get("sessions")
        if sessions is None:
            return ""
        return ngettext("Learnt from %(n)s session.", "Learnt from %(n)s sessions.", sessions) % {
            "n": sessions
        }

    @display(description=gettext_lazy("pairs"))
    def pairs(self, run: MatchRun) -> SafeString:
        """With the firm: two hosts of a park may have one name."""
        hosts = Host.objects.filter(tenant__node__parent=run.park_id).select_related("tenant")
        names = {host.code: f"{host.name} · {host.tenant.name}" for host in hosts}
        return format_html_join(
            "",
            "<div>{} · <strong>{}</strong> → {} · {} ({}–{})</div>",
            (
                (
                    f"{local(line.starts_at):%m-%d %H:%M}",
                    line.goods,
                    names.get(line.host, line.host),
                    f"¥{line.sales:,.0f}",
                    f"{line.low:,.0f}",
                    f"{line.high:,.0f}",
                )
                for line in pairs_of(run)
            ),
        )

    @display(description=gettext_lazy("without a host"))
    def left(self, run: MatchRun) -> SafeString:
        lines = ((line.goods, line.reason) for line in left_of(run))
        return format_html_join("", "<div><strong>{}</strong>: {}</div>", lines)
