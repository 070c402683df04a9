"""What higher apps have to say before a unit changes its use, and what they do when a real park opens."""

from __future__ import annotations

from collections.abc import Callable

from core.guards import Guards
from parks.models import Unit

Follower = Callable[[], None]
unit_conversion: Guards[Unit] = Guards()
_real_park: list[Follower] = []


def follows_real_park(follower: Follower) -> Follower:
    """Register what happens in the transaction that opens a park which is not a demo's."""
    _real_park.append(follower)
    return follower


def real_park_opened() -> None:
    for follower in _real_park:
        follower()
