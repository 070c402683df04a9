"""What higher apps say of a session in lists of sessions. They register how it is read; livestreams asks.

An app registers a function in `AppConfig.ready()`, which adds annotations to a queryset of sessions.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet

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
