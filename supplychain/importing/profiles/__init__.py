"""The import profiles that ship with Livepark. A new one is a module here with a PROFILE, and a line below."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from core import strict
from supplychain.importing.errors import FileError
from supplychain.importing.profiles import douyin, generic, uci
from supplychain.importing.profiles.base import MATCH_THRESHOLD, Profile

PROFILES: dict[str, Profile] = {found.code: found for found in (douyin.PROFILE, uci.PROFILE, generic.PROFILE)}


def profile(code: str) -> Profile:
    """The profile of a code. Raises FileError that lists the codes there are."""
    if code not in PROFILES:
        message = _("There is no import profile “%(code)s”; there are: %(codes)s.")
        params = {"code": strict.shown(code), "codes": ", ".join(PROFILES)}
        raise FileError("unknown_profile", message % params)
    return PROFILES[code]


def recognise(headers: Sequence[str]) -> Profile | None:
    """The profile whose headers these are: none of its required ones missing, at least 5 known, the most wins."""
    fitting = [found for found in PROFILES.values() if not found.missing(headers)]
    best = max(fitting, key=lambda found: found.score(headers), default=None)
    return best if best is not None and best.score(headers) >= MATCH_THRESHOLD else None
