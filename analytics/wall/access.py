"""Who may look at a wall: a log-in or a display key, asked again every second while the screen is open."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.utils.crypto import constant_time_compare

from core.actors import NOBODY, Actor, key_actor, user_actor
from core.scoping import visible_to
from core.services import tool_key_by_secret
from parks.models import Park

KEY_SCOPE = "wall:read"


@dataclass(frozen=True)
class Credential:
    """What a screen presented: a session cookie or the secret of a display key."""

    session_key: str = ""
    secret: str = ""

    def actor(self) -> Actor:
        """Whoever this is at this moment; NOBODY when the log-in ended or the key was revoked."""
        if self.secret:
            key = tool_key_by_secret(self.secret)
            return key_actor(key) if key is not None and KEY_SCOPE in key.scopes else NOBODY
        return _session_actor(self.session_key) if self.session_key else NOBODY

    def may_see(self, park_code: str) -> Park | None:
        """The park, if this credential may look at its wall now."""
        return (
            visible_to(Park.objects.filter(closed_on__isnull=True), self.actor())
            .filter(code=park_code)
            .first()
        )


def from_cookies(header: str) -> Credential:
    """The credential in a Cookie header; an unreadable one is none."""
    try:
        morsel = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return Credential()
    return Credential(session_key=morsel.value if morsel else "")


def _session_actor(session_key: str) -> Actor:
    """The user of a session cookie, with the checks that Django's own middleware makes."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return NOBODY
    user = get_user_model().objects.filter(pk=session.get(SESSION_KEY)).first()
    if user is None or not constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()
    ):
        return NOBODY
    return user_actor(user)
