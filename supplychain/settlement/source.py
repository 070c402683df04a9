"""Where settlement gets sales from: what was sold on whose shift is known above this app, which registers a reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from supplychain.models import Agreement
from supplychain.settlement.dues import Sale, Slot


@dataclass(frozen=True)
class Sold:
    """The sales and sessions that an agreement is about, of its whole life."""

    sales: tuple[Sale, ...]
    slots: tuple[Slot, ...]


Reader = Callable[[Agreement], Sold]
_readers: list[Reader] = []


def reads_sales(reader: Reader) -> Reader:
    """Register who reads the sales of an agreement, in `AppConfig.ready()`."""
    _readers[:] = [reader]
    return reader


def sold_under(agreement: Agreement) -> Sold:
    """What was sold under an agreement, from the ledger as it is now."""
    (reader,) = _readers
    return reader(agreement)
