"""A tenant that moves takes itself along: what it did and paid at its old park stays between that park and itself."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.apps import apps

from analytics.figures import By, tenant_figures
from core.actors import Actor, key_actor, user_actor
from core.choices import PARK_ROLES, Role
from core.clock import DAY, today
from core.errors import NotFound
from core.models import AuditEntry
from core.scoping import scope_of, visible_to
from tenants.choices import ChargeKind
from tenants.services import charge_record, lease_end, tenancy_move
from tests.contracts.rows import rows_in
from tests.contracts.worlds import filled_world
from tests.factories import SYSTEM, TenantWorld, World, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HANGING = [model for model in apps.get_models() if (scope := scope_of(model)) and (scope.nodes or scope.user)]
# The first of a month: the month before is the old park's as a whole.
MOVED_AT = dt.datetime(2025, 8, 1, 4, tzinfo=dt.UTC)

# What a firm is and works with, by model: the park that it is in sees it, and its old one no longer.
CARRIED = {
    "core.ScopeNode": "its node hangs under the new park",
    "core.Job": "its imports go on where it is",
    "tenants.Company": "the legal person",
    "tenants.Tenant": "the firm itself",
    "tenants.Store": "its shops on platforms",
    "livestreams.Host": "its hosts",
    "livestreams.Engagement": "what was agreed with them",
    "livestreams.HostAccount": "their accounts",
    "livestreams.FollowerReading": "likewise",
    "livestreams.Certificate": "what they have proved",
    "livestreams.HostAbsence": "when they cannot be booked, wherever that is",
    "supplychain.Product": "its goods",
    "supplychain.Sku": "its goods",
    "supplychain.QualityCertificate": "what its goods are",
    "supplychain.Backorder": "what it owes its buyers",
}

# A park's key sees these by its role and reads them through no door: core.services.TENANT_KEY_SCOPES.
UNREADABLE = {
    (f"{park} tool", f"supplychain.{model}")
    for park in ("old", "new")
    for model in ("SalesEvent", "ImportBatch")
}

Seen = dict[tuple[str, str, str], set[Any]]


def of_park(name: str, world: World) -> dict[str, Actor]:
    """Everybody who works for a park, and its key."""
    people = {f"{name} {role}": user_actor(world.users[role]) for role in PARK_ROLES}
    return people | {f"{name} tool": key_actor(world.key)}


@dataclass
class Move:
    """What everybody saw of a tenant before it moved from the first world to the second, and who looks."""

    alpha: World
    beta: World
    mine: TenantWorld
    rows: dict[str, set[Any]]
    before: Seen = field(default_factory=dict)
    after: Seen = field(default_factory=dict)

    @property
    def old(self) -> set[str]:
        return set(of_park("old", self.alpha))

    @property
    def new(self) -> set[str]:
        return set(of_park("new", self.beta))

    def people(self) -> dict[str, Actor]:
        firm = {f"firm {role}": user_actor(user) for role, user in self.mine.users.items()}
        firm["firm tool"] = key_actor(self.mine.key)
        return firm | of_park("old", self.alpha) | of_park("new", self.beta)

    def seen(self) -> Seen:
        """The rows the tenant had, by who holds which verb on which model."""
        return {
            (name, verb, model._meta.label): set(
                visible_to(model._base_manager.filter(pk__in=self.rows[model._meta.label]), actor, verb)
                .values_list("pk", flat=True)
            )
            for name, actor in self.people().items()
            for model in HANGING
            for verb in ("view", "change")
        }  # fmt: skip


@pytest.fixture(scope="module")
def move(file_transaction: None) -> Iterator[Move]:
    logging.disable(logging.CRITICAL)
    with time_machine.travel(MOVED_AT):
        alpha, beta = filled_world("alpha"), filled_world("beta")
        for world in (alpha, beta):
            for role in set(PARK_ROLES) - world.users.keys():
                world.users[role] = make_user(f"{world.name}-{role}", role, world.park.node)
        mine = alpha.tenants[0]
        rows = {
            model._meta.label: set(found.values_list("pk", flat=True)) if found is not None else set()
            for model in HANGING
            for found in [rows_in(model, mine.tenant.node.path)]
        }
        move = Move(alpha, beta, mine, rows)
        move.before = move.seen()
        tenancy_move(actor=SYSTEM, tenant=mine.tenant, park=beta.park, from_day=today())
        move.after = move.seen()
        yield move
    logging.disable(logging.NOTSET)


def is_of_the_place(model: str, name: str) -> bool:
    """Whether a person of a park may see rows of a model by what the tenant did there, and not by where it is now."""
    return model not in CARRIED and (name, model) not in UNREADABLE


def test_the_tenant_had_something_of_everything(move: Move) -> None:
    of_a_park = {model._meta.label for model in HANGING if getattr(scope_of(model), "park", "")}
    assert {label for label in of_a_park | CARRIED.keys() if not move.rows[label]} == set()
    assert move.before["old park_manager", "view", "core.AuditEntry"]


def test_the_new_park_reads_nothing_of_the_time_before(move: Move) -> None:
    told = {
        key: len(rows)
        for key, rows in move.after.items()
        if rows and key[0] in move.new and is_of_the_place(key[2], key[0])
    }
    assert told == {}


def test_the_old_park_keeps_what_happened_there(move: Move) -> None:
    lost = {
        key: (len(rows), len(move.after[key]))
        for key, rows in move.before.items()
        if rows != move.after[key] and key[0] in move.old and is_of_the_place(key[2], key[0])
    }
    assert {model for _name, _verb, model in lost} == {"core.AuditEntry"}  # a firm's own trail goes with it


def test_the_tenant_keeps_everything(move: Move) -> None:
    own = {key for key in move.before if key[0].startswith("firm")}
    assert {key for key in own if move.before[key] != move.after[key]} == set()
    assert any(move.before[key] for key in own)


def test_the_trail_of_contracts_stays_with_their_park(move: Move) -> None:
    charge_record(
        actor=user_actor(move.alpha.users[Role.PARK_FINANCE]), tenant=move.mine.tenant, park=move.alpha.park,
        kind=ChargeKind.SERVICE, source="test", source_id="last", period=today(), amount=Decimal(7), explanation={},
    )  # fmt: skip
    lease_end(actor=move.alpha.manager, lease=move.mine.lease, day=today())
    for verb in ("charge.record", "lease.create", "lease.end"):
        trail = AuditEntry.objects.filter(verb=verb, object_label__contains=str(move.mine.tenant)) | (
            AuditEntry.objects.filter(verb=verb, object_label=str(move.mine.lease))
        )
        assert visible_to(trail, move.alpha.manager).exists(), verb
        assert not visible_to(trail, move.beta.manager).exists(), verb


def test_figures_of_a_tenant_begin_for_a_park_with_its_coming(move: Move) -> None:
    def days(actor: Actor, by: By = "day") -> list[dt.date]:
        found = tenant_figures(
            actor=actor, tenant=move.mine.tenant, since=today() - 60 * DAY, until=today(), by=by
        )
        return [row.period for row in found if row.dirty or row.values["lines"]]

    yesterday = today() - DAY
    for by in ("day", "month", "total"):
        assert days(move.mine.owner, by)
        assert days(move.mine.tool, by)
        assert days(move.beta.manager, by) == []
    assert yesterday in days(move.mine.owner)
    with pytest.raises(NotFound):
        days(move.alpha.manager)
