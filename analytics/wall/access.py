"""Who may look at a wall: a log-in or a display link, asked again every second while the screen is open."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.utils.crypto import constant_time_compare

from analytics.services import display_link_by_secret, display_link_seen
from analytics.wall.subjects import Shown, find, may_see, node_id_of
from core.actors import NOBODY, Actor, user_actor


@dataclass(frozen=True)
class Credential:
    """What a screen presented: a session cookie or the secret of a display link."""

    session_key: str = ""
    secret: str = ""

    def may_see(self, address: str) -> Shown | None:
        """What stands at the address, if this credential may look at its wall now."""
        shown = find(address)
        return shown if shown is not None and self.opens(shown) else None

    def opens(self, shown: Shown) -> bool:
        """Whether this credential may look at a wall now."""
        return self._link_opens(shown) if self.secret else may_see(_session_actor(self.session_key), shown)

    def _link_opens(self, shown: Shown) -> bool:
        link = display_link_by_secret(self.secret)
        if link is None or link.node_id != node_id_of(shown):
            return False
        display_link_seen(actor=Actor(label=f"display:{link.prefix}"), link=link)
        return True


def from_cookies(header: str) -> Credential:
    """The credential in a Cookie header; an unreadable one is none."""
    try:
        morsel = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return Credential()
    return Credential(session_key=morsel.value if morsel else "")


def _session_actor(session_key: str) -> Actor:
    """The user of a session cookie, with the checks that Django's own middleware makes."""
    if not session_key:
        return NOBODY
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return NOBODY
    user = get_user_model().objects.filter(pk=session.get(SESSION_KEY)).first()
    if user is None or not constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()
    ):
        return NOBODY
    return user_actor(user)
