"""Why a request got no slot, and what would let it in, as sentences. Whose session is in the way is never said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.clock import local
from livestreams.choices import CrewKind, PlanKind, PlanState
from livestreams.models import PlannedSlot, SchedulePlan, SlotRequest
from livestreams.planning import MAKEUP
from livestreams.scheduling import Why

IN_THE_WAY = {
    Why.NO_ROOM: gettext_lazy("No room of this park is as asked for."),
    Why.ROOM_CLOSED: gettext_lazy("The rooms that would do are closed or booked in all of these windows."),
    Why.NO_HOST: gettext_lazy("No host of this park is as asked for."),
    Why.HOST_AWAY: gettext_lazy("The hosts who would do are not there in these windows."),
    Why.NO_SHIFT: gettext_lazy("No make-up artist works before these windows."),
    Why.ROOM: gettext_lazy("All rooms that would do are taken then."),
    Why.HOST: gettext_lazy("The hosts who would do are busy or rest then."),
    Why.HOST_DAY: gettext_lazy("The hosts would work longer than a day allows."),
    Why.HOST_TOTAL: gettext_lazy("The hosts would work longer than agreed."),
    Why.CREW: gettext_lazy("All make-up artists are busy before."),
    Why.QUOTA: gettext_lazy("The firm's hours in this schedule are used up."),
    Why.QUOTA_DAY: gettext_lazy("The firm's hours of the day are used up."),
    Why.QUOTA_WEEK: gettext_lazy("The firm's hours of the week are used up."),
    Why.SHARE: gettext_lazy("Too few sessions would be made up before."),
    Why.WORTH: gettext_lazy("Other requests are worth more."),
}
NEEDED = {
    Why.ROOM: gettext_lazy("one room more"),
    Why.HOST: gettext_lazy("another host"),
    Why.HOST_DAY: gettext_lazy("longer days of the host"),
    Why.HOST_TOTAL: gettext_lazy("more hours of the host"),
    Why.CREW: gettext_lazy("one make-up artist more"),
    Why.QUOTA: gettext_lazy("more hours for the firm"),
    Why.QUOTA_DAY: gettext_lazy("more hours of the day for the firm"),
    Why.QUOTA_WEEK: gettext_lazy("more hours of the week for the firm"),
    Why.SHARE: gettext_lazy("a make-up artist for it"),
}


OF_CREW = {
    Why.NO_SHIFT: gettext_lazy("The park's %(crew)s has not so many people in these windows."),
    Why.CREW: gettext_lazy("The park's %(crew)s is busy then."),
}


def room_of(slot: PlannedSlot) -> str:
    """Where it takes place: in a room of the park, or in one that only a what-if has."""
    if slot.starts_at is None:
        return ""
    return _("a new room") if slot.room is None else str(slot.room)


def crews_of(request: SlotRequest) -> list[str]:
    """Whom a request needs during its session, in words."""
    found = []
    for wish in request.crews:
        words = f"{CrewKind(wish['crew']).label} × {wish['people']}"
        minutes = wish["minutes"]
        if minutes is not None:
            words += " " + ngettext("(%(n)d minute)", "(%(n)d minutes)", minutes) % {"n": minutes}
        found.append(words)
    return found


def obstacles(slot: PlannedSlot) -> list[str]:
    """What stood in the way, the most frequent first; of a repair before it that this was booked."""
    found = [_obstacle(one) for one in slot.reasons.get("obstacles", ())]
    if found and slot.plan.kind == PlanKind.REPAIR:
        return [_("Given up by the repair."), *found]
    return found


def _obstacle(one: dict[str, Any]) -> str:
    why = Why(one["why"])
    crews = [name for name in one["names"] if name in CrewKind.values] if why in OF_CREW else []
    sentence = " ".join(str(OF_CREW[why]) % {"crew": CrewKind(crew).label} for crew in crews)
    if MAKEUP in one["names"] or not sentence:
        sentence = f"{IN_THE_WAY[why]} {sentence}".rstrip()
    if one["percent"] < 100:
        return sentence + " " + _("(in %(percent)d %% of the possible ways)") % {"percent": one["percent"]}
    return sentence


def ways_in(slot: PlannedSlot) -> list[str]:
    """What would let it in."""
    return list(dict.fromkeys(_ways(slot)))


def _ways(slot: PlannedSlot) -> Iterator[str]:
    # Whoever wants this room and no other is not helped by one more.
    named = {Why.ROOM: _("this room free then")} if slot.request.room_id else {}
    reasons = slot.reasons
    if reasons.get("elsewhen"):
        start = datetime.fromisoformat(reasons["elsewhen"])
        ends = f"{local(start + timedelta(minutes=slot.request.minutes)):%H:%M}"
        yield _("Ask for %(from)s–%(until)s as well: it is free then.") % {
            "from": _when(reasons["elsewhen"]),
            "until": ends,
        }
    for way in reasons.get("ways", ()):
        needed = [
            _more_of(one) or str(named.get(one["why"]) or NEEDED[one["why"]])
            for one in way["without"]
            if one["why"] in NEEDED
        ]
        if needed:
            words = {"when": _when(way["starts_at"]), "needed": _(" and ").join(needed)}
            yield _("At %(when)s with %(needed)s.") % words
    if reasons.get("enough"):
        yield _("A worth of about %(worth)d: worth times priority.") % {"worth": reasons["enough"]}


def _more_of(one: dict[str, Any]) -> str:
    """That a crew would need more people; nothing of what is no crew during sessions."""
    crew = next((name for name in one["names"] if name in CrewKind.values), None)
    if one["why"] != Why.CREW or crew is None:
        return ""
    return _("more people in the %(crew)s") % {"crew": CrewKind(crew).label}


def _when(text: str) -> str:
    return f"{local(datetime.fromisoformat(text)):%m-%d %H:%M}"


def proof_of(plan: SchedulePlan) -> str:
    """What is known of a schedule's worth, in a sentence."""
    gap = plan.gap_percent
    if plan.value is None:
        return ""
    if gap is None:
        return _("No proof: this is the greedy schedule, a better one may exist.")
    if gap == 0:
        return _("Proven: no schedule is worth more.")
    return _("At most %(gap)s %% more could be scheduled.") % {"gap": f"{gap:.2f}"}


def counts_of(plan: SchedulePlan) -> str:
    """How many requests got a slot, and how many did not; of a schedule of nothing what comes of publishing it."""
    placed = plan.slots.filter(starts_at__isnull=False).count()
    left = plan.slots.filter(starts_at__isnull=True).count()
    counts = [
        ngettext("%(n)d placed", "%(n)d placed", placed) % {"n": placed},
        ngettext("%(n)d left out", "%(n)d left out", left) % {"n": left},
    ]
    if not placed and plan.kind == PlanKind.PLAN and plan.state == PlanState.PROPOSED:
        counts.append(_("publishing it books nothing and only tells the firms why"))
    return " · ".join(counts)
