"""One number of an order, told under several sources: which of them tell of the same order. No database.

A platform's numbers are its own, so two platforms' are of two orders; so are those of two shops that a firm numbers
itself. One that a tool, an ERP or a connection tells under a name of its own may be a platform's.
"""

from __future__ import annotations

from collections.abc import Collection

from tenants.choices import Platform

PLATFORMS = frozenset(Platform.values) - {Platform.OTHER}
"""Sources that are named after a platform: its orders, whoever tells them."""


def paid_under(source: str, payers: Collection[str]) -> str:
    """Under which source an order is paid that a source tells of as given back, by those that tell of a payment of it.

    Its own where it tells of one; else the only one that may tell of the same order. Where there is none, or which
    of several cannot be known, its own.
    """
    if source in payers:
        return source
    may_be = [payer for payer in payers if not (source in PLATFORMS and payer in PLATFORMS)]
    return may_be[0] if len(may_be) == 1 else source
