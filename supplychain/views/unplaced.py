"""Order lines that could be of several sessions, or of none: one tap says which, for one order or for all like it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.actors import Actor
from core.doors.portal import ServiceAction, TenantPage
from core.errors import InvalidInput, NotFound
from core.scoping import may, visible_to
from livestreams.models import LiveSession
from supplychain.attribution.ledger import window_of
from supplychain.attribution.waiting import WaitingGroup, waiting_groups, waiting_lines
from supplychain.choices import AttributionRule, TailWindow
from supplychain.forms import WindowForm
from supplychain.models import Attribution, AttributionSettings
from supplychain.services import attribution_set, window_set

SHOWN_ORDERS = 20


class Unplaced(TenantPage):
    """What waits, by account and hours, with the sessions that were on air then."""

    template_name = "portal/unplaced.html"
    section = "unresolved"
    needs = ("view", Attribution)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = WindowForm(actor=self.actor, tenant=self.tenant, initial={"window_hours": self._hours})
        groups = waiting_groups(self.tenant)
        veil((session for group in groups for session in group.candidates), self.actor)
        return super().get_context_data(
            groups=groups,
            lines=waiting_lines(self.tenant).count(),
            shown=SHOWN_ORDERS,
            can_answer=may(self.actor, "add", Attribution, self.node.pk),
            can_choose=may(self.actor, "change", AttributionSettings, self.node.pk),
            window=TailWindow(self._hours).label,
            form=form,
            **kwargs,
        )

    @property
    def _hours(self) -> int:
        return round(window_of(self.tenant.pk).total_seconds() / 3600)


def veil(candidates: Iterable[LiveSession], actor: Actor) -> set[int]:
    """Leave of others' sessions, which show goods of the firm, platform and time alone; returns those left whole."""
    sessions = list(candidates)
    seen = visible_to(LiveSession.objects.filter(pk__in={each.pk for each in sessions}), actor)
    own = set(seen.values_list("pk", flat=True))
    for session in sessions:
        if session.pk not in own:
            session.title, session.host = "", None
    return own


class SaySession(ServiceAction):
    """A button that says the session of order lines: one of those that may be it, or none."""

    needs = ("add", Attribution)

    def say(self, event_ids: Iterable[int], candidates: Sequence[LiveSession]) -> None:
        """What the form has chosen is said of these facts."""
        chosen = self.request.POST.get("session")
        if chosen is None:
            raise InvalidInput(_("Say a session, or that it is none."), code="required", field="session")
        session = next((each for each in candidates if str(each.uid) == chosen), None)
        if chosen and session is None:
            raise InvalidInput(_("This session was not on air then."), code="candidate", field="session")
        rule = AttributionRule.MANUAL if session else AttributionRule.NO_SESSION
        count = attribution_set(
            actor=self.actor, seller=self.tenant, event_ids=event_ids, session=session, rule=rule
        )
        done = ngettext("%(n)d order line has its answer.", "%(n)d order lines have their answer.", count)
        messages.success(self.request, done % {"n": count})


class AnswerUnplaced(SaySession):
    """A session, or none, for the line that the form names, or for every line of its account and hours; or none for all
    lines of the groups that are ticked.
    """

    def carry_out(self) -> None:
        asked = self.request.POST
        if "several" in asked:
            ticked = set(asked.getlist("group"))
            groups = [group for group in waiting_groups(self.tenant) if group.key in ticked]
            if not groups:
                raise InvalidInput(_("Tick some of them first."), code="required", field="group")
            return self.say([line.pk for group in groups for line in group.lines], ())
        named = (asked.get("source", ""), asked.get("order_no", ""), asked.get("line_no", ""))
        group, mine = self._find(named)
        lines = group.lines if asked.get("all") else mine
        return self.say([line.pk for line in lines], group.candidates)

    def _find(self, named: tuple[str, str, str]) -> tuple[WaitingGroup, list[Any]]:
        for group in waiting_groups(self.tenant):
            mine = [line for line in group.lines if (line.source, line.order_no, line.line_no) == named]
            if mine:
                return group, mine
        raise NotFound

    def back_to(self) -> str:
        return self.url("portal-unplaced")


class ChooseWindow(ServiceAction):
    """How long after its end a session may still be given what its account sells."""

    needs = ("change", AttributionSettings)
    done = gettext_lazy("The window is kept. Past sessions are looked at again within a minute.")

    def carry_out(self) -> None:
        form = WindowForm(self.request.POST, actor=self.actor, tenant=self.tenant)
        if not form.is_valid():
            raise InvalidInput(_("There is no such window."), code="window", field="window_hours")
        window_set(actor=self.actor, tenant=self.tenant, window_hours=form.cleaned_data["window_hours"])

    def back_to(self) -> str:
        return self.url("portal-unplaced")
