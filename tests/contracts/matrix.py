"""The access matrix: every route x method x role x object, in two worlds, and what each answer may not show.

`Matrix.faults_of(route)` calls one route as everybody and lists what is wrong:

- a name, uid, code or amount of a world (or neighbour) the caller does not belong to, in body or headers
- an answer that tells a foreign object from an absent one
- a write that touched the foreign world, or any write by a safe method
- a server error
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape

from core.actors import NOBODY, Actor, key_actor, user_actor
from core.choices import Role
from core.models import PublicIdMixin, User
from core.services import tool_key_by_secret, tool_key_create
from tests.contracts.bodies import api_bodies, api_body
from tests.contracts.exemptions import AUDITED_READS, NEIGHBOURS_ARE_NAMED
from tests.contracts.forms import form_data
from tests.contracts.objects import Place, is_published, is_shared, values_for
from tests.contracts.routes import Route
from tests.contracts.rows import fingerprint, rows_in, writing
from tests.contracts.worlds import AMOUNTS, COSTS, KEEPS, dead_keys, line_marks
from tests.factories import SYSTEM, World, make_user

CALLS_ADMIN = (
    "anonymous",
    "stranger",
    "owner",
    "manager",
    "park_studio",
    "province_analyst",
    "other manager",
    "superuser",
)
# Who is sent away before anybody looks at an object, by door.
TURNED_AWAY = {"admin": ("anonymous", "stranger", "owner"), "api": ("revoked tool", "expired tool")}
# Who tries methods that a route does not serve: a firm, whom the admin turns away, an operator, and a key.
TRIES_ALL = ("owner", "manager", "tool")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Headers that say when and how long, not what.
MOMENTARY = {"Content-Length", "Expires", "Last-Modified", "Date"}
# Written by everybody's requests, and no data of anybody.
BOOKKEEPING = {"django_session", "core_toolkey", "axes_accesslog", "axes_accessattempt"}
TOKENS = [
    (re.compile(r'name="csrfmiddlewaretoken" value="\w+"'), ""),
    (re.compile(r'nonce="[^"]+"|"X-CSRFToken": "\w+"'), ""),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+"), "INSTANT"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
]


# One for everybody, with the cookies of whoever calls: a new one would load the middleware again.
CLIENT = Client()


@dataclass
class Caller:
    """A role: who calls, whose world and tenant it belongs to, and what it must never read."""

    name: str
    home: World
    tenant: int = 0
    user: User | None = None
    secret: str = ""
    forbidden: list[str] = field(default_factory=list)
    forbidden_neighbour: list[str] = field(default_factory=list)
    everywhere: bool = False
    thorough: bool = False
    attacks_only: bool = False

    def __post_init__(self) -> None:
        self.foreign, self.neighbours = one_of(self.forbidden), one_of(self.forbidden_neighbour)
        self._client = CLIENT
        CLIENT.cookies = SimpleCookie()
        if self.user is not None:
            CLIENT.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")
        self._cookies = CLIENT.cookies.copy()
        CLIENT.cookies.clear()

    @property
    def actor(self) -> Actor:
        """Who this is to the services."""
        if self.user is not None:
            return user_actor(self.user)
        key = tool_key_by_secret(self.secret)
        return key_actor(key) if key is not None else NOBODY

    def call(self, method: str, path: str, data: Any = None, **query: str) -> HttpResponse:
        """One request, its writes rolled back with those of its log-in state."""
        client = self._client
        client.cookies = self._cookies.copy()
        headers = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        if path.startswith("/api/"):
            body = json.dumps({} if data is None else data)
            return client.generic(method, path, body, "application/json", headers=headers)  # type: ignore[return-value]
        if method == "POST":
            return client.post(path, data or {}, headers=headers)  # type: ignore[return-value]
        send = getattr(client, method.lower())
        return send(path, query if method == "GET" else "", headers=headers)  # type: ignore[no-any-return]


@dataclass
class Matrix:
    """Both worlds and everybody who calls."""

    alpha: World
    beta: World

    def __post_init__(self) -> None:
        self.callers = list(self._callers())
        self.baseline = {world.name: fingerprint(world) for world in (self.alpha, self.beta)}
        self.requests = 0
        self._values: dict[Any, dict[str, str]] = {}
        self._bodies: dict[int, dict[str, Any]] = {}
        self.succeeded: set[tuple[str, str]] = set()

    # --- who calls ---------------------------------------------------------------------------------

    def _callers(self) -> Iterator[Caller]:
        alpha, beta = self.alpha, self.beta
        of_alpha, of_beta = marks(alpha), marks(beta)
        of_first, of_second = (marks_of_tenant(alpha, number) for number in (0, 1))
        mine, neighbour = alpha.tenants
        foreign = {"forbidden": of_beta}
        both = {**foreign, "forbidden_neighbour": of_second}
        yield Caller("anonymous", alpha, forbidden=of_alpha + of_beta)
        yield Caller(
            "stranger", alpha, user=make_user("no-role"), forbidden=of_alpha + of_beta, thorough=True
        )
        yield Caller("owner", alpha, user=mine.users[Role.TENANT_OWNER], thorough=True, **both)
        for role in (Role.TENANT_STAFF, Role.TENANT_FINANCE, Role.HOST):
            yield Caller(role, alpha, user=mine.users[role], **both)
        yield Caller(
            "neighbour",
            alpha,
            tenant=1,
            user=neighbour.users[Role.TENANT_OWNER],
            forbidden=of_beta,
            forbidden_neighbour=of_first,
            attacks_only=True,
        )
        # What is the firms' own, although they are in the caller's park: costs, and lines that are not shared.
        inner = [*of_beta, *amount_marks(COSTS["alpha"])]
        no_lines = {"forbidden": inner + [mark for each in alpha.tenants for mark in line_marks(each)]}
        yield Caller(
            "manager",
            alpha,
            user=alpha.users[Role.PARK_MANAGER],
            forbidden=inner + line_marks(alpha.tenants[KEEPS]),
            thorough=True,
        )
        for role in (Role.PARK_STUDIO, Role.PROVINCE_ANALYST):
            yield Caller(role, alpha, user=alpha.users[role], **no_lines)
        yield Caller("tool", alpha, secret=mine.secret, thorough=True, **both)
        yield Caller("park tool", alpha, secret=alpha.secret, **no_lines)
        reading = ["bookings:read", "figures:read"]
        _key, secret = tool_key_create(actor=SYSTEM, node=mine.tenant.node, name="reader", scopes=reading)
        yield Caller("reading tool", alpha, secret=secret, **both)
        for name, secret in zip(("revoked tool", "expired tool"), dead_keys(alpha), strict=True):
            yield Caller(name, alpha, secret=secret, forbidden=of_alpha + of_beta)
        for name, user in (
            ("other owner", beta.tenants[0].users[Role.TENANT_OWNER]),
            ("other manager", beta.users[Role.PARK_MANAGER]),
        ):
            yield Caller(name, beta, user=user, forbidden=of_alpha, attacks_only=True)
        root = make_user("root")
        root.is_superuser = root.is_staff = True
        root.save()
        yield Caller("superuser", alpha, user=root, everywhere=True)

    def callers_of(self, route: Route) -> list[Caller]:
        """Who calls a route. Keys open the API only; the admin turns all tenants away before it looks further."""
        if route.door == "api":
            return self.callers
        people = [caller for caller in self.callers if not caller.secret]
        return [caller for caller in people if route.door != "admin" or caller.name in CALLS_ADMIN]

    def other(self, world: World) -> World:
        return self.beta if world is self.alpha else self.alpha

    def caller(self, name: str) -> Caller:
        return next(caller for caller in self.callers if caller.name == name)

    @property
    def own(self) -> Place:
        """The first tenant of the first world."""
        return Place("own", self.alpha, self.alpha.tenants[0])

    @property
    def strangers(self) -> list[Place]:
        """Whose rows are foreign to that tenant: another province's, and its neighbour's."""
        return [
            Place("foreign", self.beta, self.beta.tenants[0]),
            Place("neighbour", self.alpha, self.alpha.tenants[1]),
        ]

    def changed(self, world: World, written: set[str]) -> list[str]:
        """Of the tables that were written to those in which a world is no longer as it was."""
        found = fingerprint(world, written)
        return [table for table, rows in found.items() if rows != self.baseline[world.name][table]]

    # --- one route ---------------------------------------------------------------------------------

    def faults_of(self, route: Route) -> list[str]:
        """What is wrong with a route, one line for each fault."""
        return [fault for caller in self.callers_of(route) for fault in self._faults(route, caller)]

    def _faults(self, route: Route, caller: Caller) -> Iterator[str]:
        places = self.places(route, caller)
        # To the API a valid body, to a page its own form as the caller sees it filled in.
        is_page = route.door != "api"
        body = (
            {}
            if is_page
            else self.body_of(route, Place("own", caller.home, caller.home.tenants[caller.tenant]))
        )
        for method in METHODS if caller.thorough else ("GET", "POST"):
            data = None if method == "GET" else body
            answers = {}
            for label in self.asked(route, caller, method):
                values = self.values_of(route, *places[label])
                answers[label], page = yield from self._call(route, caller, method, label, values, data)
                if is_page and caller.user is not None and (method, label) == ("GET", "own"):
                    body = form_data(page)
            yield from self._tell_apart(route, caller, method, answers)

    def values_of(self, route: Route, tenant: Place, object_of: Place) -> dict[str, str]:
        """The parameters of a route, looked up once: every call is rolled back."""
        asked = (route, *((place.name, place.mine and place.mine.tenant.pk) for place in (tenant, object_of)))
        if asked not in self._values:
            self._values[asked] = values_for(route, tenant, object_of)
        return self._values[asked]

    def body_of(self, route: Route, place: Place) -> Any:
        """A valid body with objects of a place, looked up once likewise."""
        assert place.world is not None
        assert place.mine is not None
        key = place.mine.tenant.pk
        if key not in self._bodies:
            self._bodies[key] = api_bodies(place.world, place.mine)
        return api_body(route, self._bodies[key])

    def asked(self, route: Route, caller: Caller, method: str) -> list[str]:
        """Whose objects are asked for: where nobody looks at them, or anybody may, one stands for all."""
        places = list(self.places(route, caller))
        foreign = [label for label in places if label in ("foreign", "foreign tenant")]
        turned_away = caller.name in TURNED_AWAY.get(route.door, ())
        if not route.serves(method) or (route.door != "api" and method not in ("GET", "POST")):
            return [] if turned_away or caller.name not in TRIES_ALL else foreign
        if turned_away:
            return foreign or places
        out = {"own"} if caller.attacks_only else set()
        if caller.everywhere:  # nothing is foreign, or forbidden to be shown
            out |= {"foreign", "neighbour", "foreign tenant"}
        if not caller.thorough:
            out |= {"foreign tenant", "absent tenant", "neighbour tenant"}
        return [label for label in places if label not in out]

    def places(self, route: Route, caller: Caller) -> dict[str, tuple[Place, Place]]:
        """Whose pages and whose objects: (tenant of the address, owner of the object), by label."""
        world, other = caller.home, self.other(caller.home)
        own = Place("own", world, world.tenants[caller.tenant])
        neighbour = Place("neighbour", world, world.tenants[1 - caller.tenant])
        foreign, absent = Place("foreign", other, other.tenants[0]), Place("absent")
        found = {"own": (own, own)}
        objects = [name for name in route.parameters if name != "tenant"]
        if objects and not is_published(route):
            found |= {"foreign": (own, foreign), "absent": (own, absent)}
            if not is_shared(route) and route.door != "admin":
                found["neighbour"] = (own, neighbour)
        if "tenant" in route.parameters:
            found |= {"foreign tenant": (foreign, foreign), "absent tenant": (absent, foreign)}
            found["neighbour tenant"] = (neighbour, neighbour)
        return found

    def _call(
        self, route: Route, caller: Caller, method: str, label: str, values: dict[str, str], data: Any
    ) -> Any:
        """Call once; yields the faults, returns what may be compared of the answer, and its page if it shows one."""
        path = route.path(values)
        what = f"{caller.name}: {method} {path} ({label})"
        self.requests += 1
        with transaction.atomic(), writing() as written:
            try:
                response = caller.call(method, path, data)
                text = text_of(response)
            except Exception as error:
                yield f"{what} raised {type(error).__name__}: {error}"
                transaction.set_rollback(True)
                return None, ""
            touched = written - BOOKKEEPING
            if touched and not caller.everywhere:
                taken_out = AUDITED_READS in path and touched == {"core_auditentry"}
                if method == "GET" and not taken_out:
                    yield f"{what} wrote to {sorted(touched)}"
                if self.changed(self.other(caller.home), touched):
                    yield f"{what} changed the world of others"
            transaction.set_rollback(True)
        if response.status_code >= 500:
            yield f"{what} answered {response.status_code}"
        if label == "own" and response.status_code < 400:
            self.succeeded.add((route.key, method))
        shown = without(text, [path, *values.values()])
        # Published places carry the marks of both worlds, and everybody with a role may read them.
        marks = [] if is_published(route) else self._leaks(route, caller, shown)
        yield from (f"{what} shows “{mark}”" for mark in marks)
        is_shown = response.status_code == 200 and not response.streaming
        page = response.content.decode(errors="replace") if is_shown else ""
        return (response.status_code, normal(shown)), page

    def _leaks(self, route: Route, caller: Caller, text: str) -> list[str]:
        found = set(caller.foreign.findall(text))
        if not any(route.key in exempt.routes for exempt in NEIGHBOURS_ARE_NAMED):
            found |= set(caller.neighbours.findall(text))
        return sorted(found)[:3]

    def _tell_apart(
        self, route: Route, caller: Caller, method: str, answers: dict[str, Any]
    ) -> Iterator[str]:
        """Foreign and absent objects get the same answer, byte for byte."""
        if caller.everywhere:
            return
        pairs = [("foreign", "absent"), ("foreign tenant", "absent tenant")]
        if caller.forbidden_neighbour:
            pairs += [("neighbour", "absent"), ("neighbour tenant", "absent tenant")]
        for other, absent in pairs:
            if other in answers and absent in answers and answers[other] != answers[absent]:
                one, two = answers[other], answers[absent]
                detail = (
                    f"{one[0]} and {two[0]}" if one and two and one[0] != two[0] else difference(one, two)
                )
                yield f"{caller.name}: {method} {route.pattern} tells {other} from {absent}: {detail}"


def one_of(marks: list[str]) -> re.Pattern[str]:
    """A pattern that finds any of these texts; without any it finds nothing."""
    return re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))) or r"(?!)")


# --- what may not be shown ---------------------------------------------------------------------------


def public_names(world: World) -> list[str]:
    """Places are public geography, whatever they are called; longer names first."""
    places = (world.province, world.city, world.town)
    names = [name for place in places for name in (place.name_zh, place.name_en, place.node.code) if name]
    return sorted({*names, world.province.code}, key=len, reverse=True)[:-1]


def marks(world: World) -> list[str]:
    """Everything that betrays a world: its canary, codes, amounts, and the uid of each of its rows."""
    found = [world.canary, f"{world.name}-"]
    for amount in (AMOUNTS[world.name], AMOUNTS[world.name] * 2, COSTS[world.name]):
        found += amount_marks(amount)
    return found + uids_below(world.province.node.path)


def amount_marks(amount: Decimal) -> list[str]:
    """An amount as programs and people write it."""
    return [str(amount), f"{amount:,}"]


def marks_of_tenant(world: World, number: int) -> list[str]:
    """What betrays one tenant of a world to another one. Amounts are the same for both."""
    tenant = world.tenants[number].tenant
    return [f"{world.canary}{tenant.code[-1]}", f"{tenant.code}-", *uids_below(tenant.node.path)]


def uids_below(path: str) -> list[str]:
    found: list[str] = []
    for model in apps.get_models():
        rows = rows_in(model, path) if issubclass(model, PublicIdMixin) else None
        if (
            rows is not None and "tenant" in {field.name for field in model._meta.fields}
        ) or model.__name__ == "Tenant":
            found += [str(uid) for uid in (rows or model._base_manager.none()).values_list("uid", flat=True)]
    return found


def text_of(response: Any) -> str:
    """Body and headers of an answer as one text."""
    chunks = response.streaming_content if getattr(response, "streaming", False) else [response.content]
    body = b"".join(chunks).decode(errors="replace")
    headers = "\n".join(f"{name}: {value}" for name, value in response.items() if name not in MOMENTARY)
    return f"{headers}\n\n{body}"


def without(text: str, asked: Any) -> str:
    """The text without what the caller itself said: an address may stand in the answer to it."""
    for value in sorted({str(value) for value in asked if len(str(value)) > 3}, key=len, reverse=True):
        for spelling in {value, escape(value), quote(value), quote(value, safe="")}:
            text = text.replace(spelling, "ASKED")
    return text


def normal(text: str) -> str:
    """The text without what differs from request to request."""
    for pattern, instead in TOKENS:
        text = pattern.sub(instead, text)
    return text


def difference(one: Any, two: Any) -> str:
    """The first place at which two answers differ."""
    if one is None or two is None:
        return "one of them raised"
    at = next((i for i, (a, b) in enumerate(zip(one[1], two[1], strict=False)) if a != b), 0)
    return f"…{one[1][max(at - 40, 0) : at + 40]!r} / …{two[1][max(at - 40, 0) : at + 40]!r}"
