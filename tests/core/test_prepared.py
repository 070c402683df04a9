"""A query that is built once answers like the one that is built anew each time."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, InternalError, connection, transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.base import ModelState
from django.db.models.functions import Coalesce

from core.clock import now
from core.errors import NotFound
from core.locking import lock_row, prepared_lock
from core.models import AuditEntry, ScopeNode
from core.prepared import Prepared, insert, insert_while
from livestreams.choices import BookingState
from livestreams.models import Booking, LiveRoom
from supplychain.models import Agreement
from tenants.models import Tenant
from tests.factories import World, make_park, make_tenant, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
SAMPLES = {"pk": -2, "since": datetime(1, 1, 2, tzinfo=UTC)}


def nodes(pk: int, since: datetime) -> QuerySet[ScopeNode, dict[str, Any]]:
    """Every kind of value that comes back: a number, none, a truth, an instant."""
    entries = AuditEntry.objects.filter(node_id=OuterRef("pk"), at__gte=since)
    return (
        ScopeNode.objects.filter(Q(pk=pk))
        .annotate(told=Exists(entries), last=Coalesce(entries.order_by("-at").values("at")[:1], Value(since)))
        .values("pk", "parent_id", "told", "last")
    )


def test_it_answers_like_the_query_itself() -> None:
    park = make_park("alpha")
    firm = make_tenant(park, "alpha-a")
    prepared = Prepared(nodes, SAMPLES)
    for pk in (park.pk, firm.pk, park.pk):
        for since in (now() - timedelta(hours=1), now() + timedelta(hours=1)):
            expected = nodes(pk, since).first()
            assert expected is not None
            assert prepared.first(pk=pk, since=since) == expected
    assert prepared.first(pk=0, since=now()) is None


@pytest.mark.postgres
def test_postgresql_plans_it_once_whatever_else_it_is_asked() -> None:
    prepared = Prepared(nodes, SAMPLES)
    for pk in range(12):
        prepared.first(pk=pk, since=now())
        for number in range(120):  # more than the driver keeps in mind
            ScopeNode.objects.filter(pk=number).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans FROM pg_prepared_statements")
        ((statement, planned_before),) = cursor.fetchall()
    assert "core_auditentry" in statement
    assert planned_before > 0


@pytest.mark.parametrize("since", [-2, "a value that stands nowhere"])
def test_samples_that_cannot_be_told_apart_are_refused(since: Any) -> None:
    def build(pk: int, since: Any) -> QuerySet[ScopeNode, dict[str, Any]]:
        return ScopeNode.objects.filter(pk=pk).values("pk")

    with pytest.raises(RuntimeError, match="cannot be told apart"):
        Prepared(build, {"pk": -2, "since": since})


@pytest.mark.parametrize("model", [LiveRoom, Booking, Tenant, Agreement])
def test_a_locked_row_is_the_row(world: World, model: type[Model]) -> None:
    """Every kind of column: money, days, instants, JSON, and what is kept as null."""
    expected = model._default_manager.order_by("pk").last()
    assert expected is not None
    found = lock_row(model, expected.pk)
    assert {field.attname: getattr(found, field.attname) for field in found._meta.concrete_fields} == {
        field.attname: getattr(expected, field.attname) for field in expected._meta.concrete_fields
    }
    assert not found._state.adding
    with pytest.raises(NotFound):
        lock_row(model, 0)


@pytest.mark.django_db(transaction=True)
def test_a_row_is_locked_in_a_transaction_or_not_at_all() -> None:
    """Also the second time, when the statement is known: the lock would end with it."""
    park = make_park("alpha")
    for _time in range(2):
        with transaction.atomic():
            assert lock_row(ScopeNode, park.pk) == park.node
        with pytest.raises(RuntimeError, match="needs one"):
            lock_row(ScopeNode, park.pk)


@pytest.mark.parametrize("model", [AuditEntry, Booking])
def test_an_inserted_row_is_the_row_that_save_stores(world: World, model: type[Model]) -> None:
    """Every column, also those that fill themselves in; whoever holds the row holds what is stored."""
    expected = model._default_manager.order_by("pk").last()
    assert expected is not None
    twin = copy(expected)
    twin.pk, twin._state = None, ModelState()
    if isinstance(twin, Booking):
        twin.uid, twin.state = uuid4(), BookingState.CANCELLED
    before = now()
    insert(twin)
    assert twin.pk > expected.pk
    assert not twin._state.adding
    stored = model._default_manager.get(pk=twin.pk)
    names = {field.attname for field in model._meta.concrete_fields}
    assert {name: getattr(stored, name) for name in names} == {name: getattr(twin, name) for name in names}
    own = {"id", "uid", "state", "created_at", "updated_at"}
    assert {name: getattr(stored, name) for name in names - own} == {
        name: getattr(expected, name) for name in names - own
    }
    if isinstance(twin, Booking):
        assert twin.created_at >= before


def test_the_database_refuses_an_inserted_row_as_it_does_any(world: World) -> None:
    taken = Booking.objects.filter(state=BookingState.CONFIRMED).order_by("pk").last()
    assert taken is not None
    twin = copy(taken)
    twin.pk, twin._state, twin.uid = None, ModelState(), uuid4()
    with pytest.raises((IntegrityError, InternalError), match="livestreams_booking_"), transaction.atomic():
        insert(twin)
    assert not Booking.objects.filter(uid=twin.uid).exists()


def node_there(pk: int) -> QuerySet[ScopeNode, dict[str, Any]]:
    return ScopeNode.objects.filter(pk=pk).values("pk")


@pytest.mark.django_db(transaction=True)
def test_two_rows_are_stored_in_one_transaction_or_neither_is() -> None:
    """On a connection of its own state: nobody has begun a transaction, and nobody listens."""
    world = make_world("alpha")
    still = prepared_lock(node_there, {"pk": -2})
    taken = Booking.objects.blocking().order_by("pk").last()
    entry = AuditEntry.objects.order_by("pk").last()

    def store(state: str, pk: int = world.park.pk, verb: str = "booking.create") -> tuple[Booking, bool]:
        booking, note = copy(taken), copy(entry)
        booking.pk, booking._state, booking.uid, booking.state = None, ModelState(), uuid4(), state
        note.pk, note._state, note.verb, note.object_id = None, ModelState(), verb, None
        return booking, insert_while(booking, note, "object_id", still=(still, {"pk": pk}))

    def count() -> tuple[int, int]:
        return Booking.objects.count(), AuditEntry.objects.count()

    before = count()
    for _time in range(2):  # the second time the statements are known
        with pytest.raises((IntegrityError, InternalError), match="livestreams_booking_"):
            store(BookingState.CONFIRMED)
        assert store(BookingState.CANCELLED, pk=0)[1] is False
        assert count() == before
    if connection.vendor == "postgresql":
        with pytest.raises(DataError):
            store(BookingState.CANCELLED, verb="x" * 65)
        assert count() == before
    booking, done = store(BookingState.CANCELLED)
    assert done
    assert count() == (before[0] + 1, before[1] + 1)
    last = AuditEntry.objects.latest("pk")
    assert (last.object_id, last.verb) == (booking.pk, "booking.create")
    assert Booking.objects.get(pk=booking.pk).state == BookingState.CANCELLED
