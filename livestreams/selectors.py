"""Scoped reads of rooms, bookings and sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from core.actors import Actor
from core.clock import DAY
from core.scoping import get_visible
from livestreams.availability import Window, windows_of
from livestreams.conflicts import Span
from livestreams.errors import BadTime
from livestreams.models import LiveRoom

LONGEST_LOOK = 31 * DAY


def free_windows(
    *, actor: Actor, code: str, since: datetime, until: datetime, at_least: timedelta = timedelta(0)
) -> list[Window]:
    """When a visible room can be booked within [since, until), windows shorter than `at_least` left out.

    NotFound for absent and foreign rooms, BadTime for a span that is empty or longer than a month. Who holds the
    other hours is not said.
    """
    room = get_visible(LiveRoom, actor, code=code)
    if not since < until <= since + LONGEST_LOOK:
        raise BadTime(_("Ask for at most %(days)d days.") % {"days": LONGEST_LOOK.days}, field="until")
    spans = windows_of([room], Span(since, until))[room.pk]
    return [Window(room, span) for span in spans if span.length >= at_least]
