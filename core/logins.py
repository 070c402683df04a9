"""What is written down of a good log-in, at once or a little later (`core.behind`): when it was, and that the failures
before it count no more. Failures are written down before they are answered, whoever waits for it."""

from __future__ import annotations

from functools import partial
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.contrib.auth.models import update_last_login

from core import behind


class LoginLimit(AxesDatabaseHandler):
    """The limit of log-ins as django-axes keeps it."""

    def user_logged_in(self, *args: Any, **kwargs: Any) -> None:
        behind.now_or_later(partial(super().user_logged_in, *args, **kwargs))


def note_log_in(sender: Any, user: Any, **kwargs: Any) -> None:
    """Note on the person when they logged in."""
    behind.now_or_later(partial(update_last_login, sender, user, **kwargs))
