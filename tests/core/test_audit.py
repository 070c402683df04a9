"""The audit's chain: whole while nobody touches it, and it names the place where somebody did."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

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
