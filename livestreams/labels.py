"""What higher apps say of a session in lists of sessions. They register how it is read; livestreams asks.

An app registers a function in `AppConfig.ready()`, which adds annotations to a queryset of sessions, names figures of
one session, or says when one ended that nobody ended.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet

from core.actors import Actor
from livestreams.models import LiveSession

Label = Callable[[QuerySet[LiveSession]], QuerySet[LiveSession]]
_labels: list[Label] = []


def labels_sessions(label: Label) -> Label:
    """Register a label."""
    _labels.append(label)
    return label


def labelled(sessions: QuerySet[LiveSession]) -> QuerySet[LiveSession]:
    """The sessions with all that is said of them."""
    for label in _labels:
        sessions = label(sessions)
    return sessions


Told = Callable[[Actor, LiveSession], list[tuple[str, str]]]
_told: list[Told] = []


def tells_of_session(tell: Told) -> Told:
    """Register what is said of one session on its own page: figures with their names, as the actor may see them."""
    _told.append(tell)
    return tell


def told_of(actor: Actor, session: LiveSession) -> list[tuple[str, str]]:
    """All that is said of one session."""
    return [row for tell in _told for row in tell(actor, session)]


class Ending(Protocol):
    """What was last heard of a session, as text, and the end that this proposes: None where nothing tells of one."""

    @property
    def ends_at(self) -> datetime | None: ...


Proposal = Callable[[LiveSession], Ending | None]
_proposals: list[Proposal] = []


def proposes_ending(propose: Proposal) -> Proposal:
    """Register who knows of a session that nobody ended; it answers None for any other."""
    _proposals.append(propose)
    return propose


def ending_of(session: LiveSession) -> Ending | None:
    """What is known of a session that nobody ended; None for any other."""
    return next((found for propose in _proposals if (found := propose(session)) is not None), None)
