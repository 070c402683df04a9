"""The audit's chain: whole while nobody touches it, and it names the place where somebody did."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
import time_machine
from django.db import connection, transaction

from core import audit, clock
from core.dbrules import lifted
from core.models import AuditEntry, AuditSeal
from tests.factories import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def write(number: int) -> None:
    for index in range(number):
        audit.record(actor=SYSTEM, verb="test", object_type="x", after={"n": index})


def seal_later() -> AuditSeal | None:
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        return audit.seal()


def test_seals_follow_each_other_and_wait_for_late_commits() -> None:
    write(3)
    assert audit.seal() is None, "entries of the last minute may still have company to come"
    first = seal_later()
    assert first is not None
    assert (first.entries, first.previous_hash) == (3, audit.GENESIS)
    write(2)
    second = seal_later()
    assert second is not None
    assert second.previous_hash == first.hash
    assert seal_later() is None
    assert audit.verify() == []


def test_an_unsettled_entry_holds_back_those_behind_it() -> None:
    for seconds in (59, 61):  # two machines whose clocks differ, or a transaction that takes its time
        with time_machine.travel(clock.now() - timedelta(seconds=seconds), tick=False):
            write(1)
    assert audit.seal() is None
    sealed = seal_later()
    assert sealed is not None
    assert (sealed.entries, audit.verify()) == (2, [])


@pytest.mark.django_db(transaction=True)
def test_an_entry_committed_minutes_after_its_number_is_sealed_as_well() -> None:
    recorded, commit = Event(), Event()

    def hesitate() -> None:
        with transaction.atomic():
            write(1)
            recorded.set()
            commit.wait(10)
        connection.close()

    with ThreadPoolExecutor(2) as others:
        late = others.submit(hesitate)
        recorded.wait(10)
        # SQLite has one writer: whoever comes next waits for it, the sealer as well.
        later = others.submit(lambda: (write(1), connection.close()))
        if connection.vendor == "postgresql":
            later.result(10)
            assert seal_later() is None
        commit.set()
        late.result(10)
        later.result(10)
    sealed = seal_later()
    assert sealed is not None
    assert (sealed.entries, audit.verify()) == (2, [])


@pytest.mark.parametrize("damage", ["change", "remove"])
def test_a_touched_entry_is_found(damage: str) -> None:
    write(3)
    seal_later()
    victim = AuditEntry.objects.all()[1]
    with lifted():
        if damage == "change":
            AuditEntry.objects.filter(pk=victim.pk).update(actor="somebody else")
        else:
            victim.delete()
    assert len(audit.verify()) == 1
