"""Writers are killed at any moment and send again what nobody acknowledged: every line is there once."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterable
from decimal import Decimal
from multiprocessing.connection import Connection, wait
from typing import Any

import pytest
from django.db import connections

from core.money import to_units
from supplychain.facts import SaleFact
from supplychain.models import Backorder, SalesEvent, SalesEventKey, StockMove
from tenants.models import Tenant
from tests.supplychain.ledger import fact, marked, record
from tests.supplychain.stockroom import Shop, levels_equal_moves

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases, pytest.mark.gate]
BATCHES, LINES, WRITERS, KILLS = 100, 200, 4, 12
STOCK = 5_000
_forked = multiprocessing.get_context("fork")
_inherited: list[Any] = []


def batch(number: int) -> list[SaleFact]:
    """Two hundred lines; every tenth batch holds corrections of the batch before it."""
    version = 2 if number % 10 == 9 else 1
    of = number - 1 if version == 2 else number
    return [
        fact(f"{of}-{line}", amount=f"{line + version}.0{number % 10}", version=version, sku_code="S1")
        for line in range(LINES)
    ]


def write(seller: Tenant, numbers: Iterable[int], told: Connection) -> None:
    """Record batches and tell the number of each that is stored. Runs in a process of its own."""
    # What the parent has open is the parent's: it is neither used nor closed here.
    for each in connections.all():
        _inherited.append(each.connection)
        each.connection = None
    try:
        for number in numbers:
            record(seller, *batch(number))
            told.send(number)
    finally:
        os._exit(0)


class Writers:
    """Writers side by side, each with batches in an order of its own."""

    def __init__(self, seller: Tenant) -> None:
        self.seller = seller
        self.chance = random.Random(11)
        self.acknowledged: set[int] = set()
        self.running: dict[Connection, Any] = {}

    def start(self) -> None:
        """A writer for all that is not acknowledged, and a tenth of the rest again."""
        again = [number for number in self.acknowledged if self.chance.random() < 0.1]
        numbers = [number for number in range(BATCHES) if number not in self.acknowledged] + again
        self.chance.shuffle(numbers)
        hears, tells = _forked.Pipe(duplex=False)
        process = _forked.Process(target=write, args=(self.seller, numbers, tells))
        process.start()
        tells.close()
        self.running[hears] = process

    def hear(self, seconds: float) -> None:
        for heard in wait(list(self.running), seconds):
            assert isinstance(heard, Connection)
            try:
                self.acknowledged.add(heard.recv())
            except EOFError:
                self.running.pop(heard).join()

    def kill_one(self) -> bool:
        if not self.running:
            return False
        heard = self.chance.choice(list(self.running))
        os.kill(self.running[heard].pid, signal.SIGKILL)
        while True:  # what it told before it died counts
            try:
                self.acknowledged.add(heard.recv())
            except EOFError:
                self.running.pop(heard).join()
                return True


def digest(rows: Iterable[tuple[str, int, Decimal]]) -> str:
    plain = sorted((name, version, to_units(amount)) for name, version, amount in rows)
    return hashlib.sha256(repr(plain).encode()).hexdigest()


def test_killed_writers_lose_nothing_and_double_nothing() -> None:
    shop = Shop()
    shop.receive(STOCK)
    writers = Writers(shop.seller)
    kills, next_kill = 0, 0.0
    while kills < KILLS or writers.running:
        while kills < KILLS and len(writers.running) < WRITERS:
            writers.start()
            next_kill = next_kill or time.monotonic() + 0.3
        writers.hear(0.05)
        if kills < KILLS and time.monotonic() > next_kill and writers.kill_one():
            kills += 1
            next_kill = time.monotonic() + writers.chance.uniform(0.05, 0.6)
    while writers.acknowledged != set(range(BATCHES)):
        writers.start()
        while writers.running:
            writers.hear(1)
    facts = [each for number in range(BATCHES) for each in batch(number)]
    expected = [(each.external_id, each.version, each.amount or Decimal(0)) for each in facts]
    stored = SalesEvent.objects.values_list("external_id", "version", "amount")
    assert len(stored) == len(expected) == SalesEventKey.objects.count() == BATCHES * LINES
    assert digest(stored) == digest(expected)
    assert marked(shop.seller)
    current = SalesEvent.objects.current().count()
    sold = -sum(StockMove.objects.filter(kind="sale").values_list("quantity", flat=True))
    owed = sum(Backorder.objects.filter(state="open").values_list("quantity", flat=True))
    assert (sold, owed) == (STOCK, current - STOCK)
    assert levels_equal_moves()
