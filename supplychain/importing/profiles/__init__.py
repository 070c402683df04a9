"""The import profiles that ship with Livepark. A new one is a module here with a PROFILE, and a line below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core import strict
from core.words import gettext as _
from supplychain.facts import SaleFact
from supplychain.importing.errors import FileError
from supplychain.importing.profiles import douyin, generic, kuaishou, taobao, tiktok, uci, wechat, xiaohongshu
from supplychain.importing.profiles.base import MATCH_THRESHOLD, C, Profile

PROFILES: dict[str, Profile[SaleFact]] = {
    found.code: found
    for found in (
        douyin.ORDERS,
        douyin.AFTER_SALES,
        kuaishou.PROFILE,
        taobao.ORDERS,
        taobao.LINES,
        xiaohongshu.PROFILE,
        wechat.PROFILE,
        tiktok.PROFILE,
        uci.PROFILE,
        generic.PROFILE,
    )
}


def profile(code: str) -> Profile[SaleFact]:
    """The profile of a code. Raises FileError that lists the codes there are."""
    return named(PROFILES, code)


def named(profiles: Mapping[str, Profile[C]], code: str) -> Profile[C]:
    """The profile of a code among some. Raises FileError that lists their codes."""
    if code not in profiles:
        message = _("There is no import profile “%(code)s”; there are: %(codes)s.")
        params = {"code": strict.shown(code), "codes": ", ".join(profiles)}
        raise FileError("unknown_profile", message % params)
    return profiles[code]


def recognise(headers: Sequence[str]) -> Profile[SaleFact] | None:
    """The profile of sales whose headers these are."""
    return best_fit(PROFILES.values(), headers)


def best_fit(profiles: Iterable[Profile[C]], headers: Sequence[str]) -> Profile[C] | None:
    """The profile whose headers these are: none of its required ones missing, at least 5 known, the most wins."""
    fitting = [found for found in profiles if not found.missing(headers)]
    best = max(fitting, key=lambda found: found.score(headers), default=None)
    return best if best is not None and best.score(headers) >= MATCH_THRESHOLD else None
