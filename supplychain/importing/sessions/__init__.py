"""Live-session exports of platforms -> SessionRow. A new one is a module here with a PROFILE, and a line below."""

from __future__ import annotations

from supplychain.importing.profiles import named
from supplychain.importing.profiles.base import Profile
from supplychain.importing.sessions import douyin, taobao, tiktok
from supplychain.importing.sessions.row import SessionRow
from tenants.choices import Platform

SESSION_PROFILES: dict[str, Profile[SessionRow]] = {
    found.code: found for found in (douyin.PROFILE, taobao.PROFILE, tiktok.PROFILE)
}
REPORT_PLATFORMS = frozenset(Platform(code.removesuffix("-live")) for code in SESSION_PROFILES)
"""The platforms whose reports can be read. Of the others people type what the report says."""


def session_profile(code: str) -> Profile[SessionRow]:
    """The profile of a code. Raises FileError that lists the codes there are."""
    return named(SESSION_PROFILES, code)


__all__ = ["REPORT_PLATFORMS", "SESSION_PROFILES", "SessionRow", "session_profile"]
