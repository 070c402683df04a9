"""Webhooks on a real receiver: what is written, sent, tried again, given up and switched off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.db.utils import IntegrityError

from core import maintenance
from core.actors import user_actor
from core.choices import DeliveryFault, DeliveryState, Role, WebhookEvent, WebhookState
from core.clock import now
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.models import AuditEntry, WebhookDelivery, WebhookEndpoint
from core.webhooks import delivering, sending
from core.webhooks.delivering import DELAYS, GIVE_UP_AFTER, HELD_FOR, deliver_due
from core.webhooks.endpoints import (
    MOST,
    delivery_again,
    webhook_create,
    webhook_pause,
    webhook_renew_secret,
    webhook_resume,
    webhook_secret,
    webhook_try,
    webhook_update,
)
from core.webhooks.outbox import tell
from core.webhooks.signing import signature
from tests.factories import SYSTEM, TenantWorld, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


class Receiver(ThreadingHTTPServer):
    """A receiver on this machine that answers with what it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[int] = []
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.before: Any = None

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if self.server.before:
            self.server.before(self)
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Location", self.server.url("/elsewhere"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.LIVEPARK_WEBHOOK_NETWORKS = (ip_network("127.0.0.0/8"),)
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(world: World) -> World:
    WebhookDelivery.objects.all().delete()
    WebhookEndpoint.objects.all().delete()
    return world


@pytest.fixture
def firm(world: World) -> TenantWorld:
    return world.tenants[0]


EVENTS = ["session.ended", "stock.low", "statement.ready"]


def make(firm: TenantWorld, url: str, **values: Any) -> tuple[WebhookEndpoint, str]:
    values = {"name": "ERP", "events": EVENTS} | values
    return webhook_create(actor=SYSTEM, node=firm.tenant.node, url=url, **values)


def news(firm: TenantWorld, key: str = "fact") -> WebhookDelivery:
    tell(WebhookEvent.SESSION_ENDED, [firm.tenant.pk], key=key, data=lambda: {"a": "直播"})
    return WebhookDelivery.objects.get(key=key)


@contextmanager
def later(**time: float) -> Iterator[None]:
    with time_machine.travel(now() + timedelta(**time), tick=True):
        yield


def test_a_message_arrives_signed_once(firm: TenantWorld, receiver: Receiver) -> None:
    endpoint, secret = make(firm, receiver.url("/hook?token=1"))
    message = news(firm)
    assert deliver_due() == 1
    ((path, headers, body),) = receiver.got
    assert path == "/hook?token=1"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == str(message.uid)
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert headers["webhook-signature"] == signature(
        secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body
    )
    assert headers["host"] == f"127.0.0.1:{receiver.server_port}"
    told = json.loads(body)
    assert (told["type"], told["data"]) == ("session.ended", {"a": "直播"})
    message.refresh_from_db()
    endpoint.refresh_from_db()
    assert (message.state, message.status, message.fault, message.next_try_at) == ("delivered", 200, "", None)
    assert endpoint.last_delivered_at is not None
    assert deliver_due() == 0
    assert len(receiver.got) == 1


def test_a_message_stands_and_falls_with_its_fact(firm: TenantWorld, receiver: Receiver) -> None:
    make(firm, receiver.url())
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        news(firm)
        raise ZeroDivisionError
    assert not WebhookDelivery.objects.exists()
    news(firm)
    news(firm)
    assert WebhookDelivery.objects.count() == 1


def test_only_who_listens_there_is_told(world: World, receiver: Receiver) -> None:
    first, second = world.tenants
    make(first, receiver.url("/a"))
    make(second, receiver.url("/b"))
    make(first, receiver.url("/c"), events=["stock.low"])
    paused, _secret = make(first, receiver.url("/d"))
    webhook_pause(actor=SYSTEM, endpoint=paused)
    webhook_create(
        actor=SYSTEM, node=world.park.node, name="park", url=receiver.url("/e"), events=["session.ended"]
    )
    news(first)
    deliver_due()
    assert [path for path, _headers, _body in receiver.got] == ["/a"]


def test_a_refused_message_is_tried_again_later_each_time_and_given_up(
    firm: TenantWorld, receiver: Receiver
) -> None:
    make(firm, receiver.url())
    message = news(firm)
    receiver.answers = [500] * 20
    start, waits = now(), []
    with time_machine.travel(start, tick=False) as clock:
        for _number in range(len(DELAYS) + 1):
            deliver_due()
            message.refresh_from_db()
            if message.next_try_at is None:
                break
            waits.append((message.next_try_at - now()).total_seconds())
            clock.shift(waits[-1] - 1)
            assert deliver_due() == 0
            clock.shift(1)
    assert waits == list(DELAYS)
    assert waits == sorted(waits)
    assert (message.state, message.attempts, message.status) == (DeliveryState.DEAD, 10, 500)
    assert len(receiver.got) == 10
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.got}) == 1


def test_a_message_can_be_sent_again(firm: TenantWorld, receiver: Receiver) -> None:
    make(firm, receiver.url())
    message = news(firm)
    deliver_due()
    owner = user_actor(firm.users[Role.TENANT_OWNER])
    delivery_again(actor=owner, delivery=message)
    assert deliver_due() == 1
    first, second = receiver.got
    assert (first[1]["webhook-id"], first[2]) == (second[1]["webhook-id"], second[2])
    with pytest.raises(NotFound):
        delivery_again(actor=user_actor(firm.users[Role.TENANT_STAFF]), delivery=message)


def test_what_is_sent_again_meanwhile_begins_anew(firm: TenantWorld, receiver: Receiver) -> None:
    make(firm, receiver.url())
    message = news(firm)
    receiver.answers = [500]
    held = delivering._take(set())
    assert held is not None
    delivery_again(actor=SYSTEM, delivery=message)
    delivering._note(held, delivering._send(held))
    message.refresh_from_db()
    assert (message.state, message.attempts) == (DeliveryState.WAITING, 0)
    assert deliver_due() == 1


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (302, "redirect"),
        (307, "redirect"),
        (400, "status"),
        (401, "status"),
        (503, "status"),
        (199, "status"),
    ],
)
def test_nothing_but_success_is_success_and_nobody_is_followed(
    firm: TenantWorld, receiver: Receiver, status: int, fault: str
) -> None:
    make(firm, receiver.url())
    message = news(firm)
    receiver.answers = [status]
    assert deliver_due() == 0
    message.refresh_from_db()
    assert (message.state, message.fault) == ("waiting", fault)
    assert [path for path, _headers, _body in receiver.got] == ["/hook"]


def test_a_receiver_that_fails_for_days_is_switched_off_and_says_so(
    firm: TenantWorld, receiver: Receiver
) -> None:
    endpoint, _secret = make(firm, receiver.url())
    receiver.answers = [500] * 3
    news(firm, "first")
    deliver_due()
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.fault) == ("active", "status")
    since = endpoint.failing_since
    with later(days=GIVE_UP_AFTER.days, minutes=-5):
        deliver_due()
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failing_since) == ("active", since)
    with later(days=GIVE_UP_AFTER.days, hours=1):
        deliver_due()
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.failing_since) == (WebhookState.DISABLED, since)
        entry = AuditEntry.objects.get(verb="webhook.disable")
        assert (entry.node_id, entry.after["fault"]) == (firm.tenant.pk, "status")
        assert tell(WebhookEvent.SESSION_ENDED, [firm.tenant.pk], key="missed", data=dict) == 0
        with pytest.raises(Conflict):
            webhook_try(actor=SYSTEM, endpoint=endpoint)
        webhook_resume(actor=SYSTEM, endpoint=endpoint)
    with later(days=GIVE_UP_AFTER.days + 2):
        assert deliver_due() == 1


def test_success_ends_a_failure(firm: TenantWorld, receiver: Receiver) -> None:
    endpoint, _secret = make(firm, receiver.url())
    news(firm)
    receiver.answers = [500]
    deliver_due()
    with later(minutes=1):
        assert deliver_due() == 1
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.fault) == (None, "")


def test_who_is_gone_is_switched_off_at_once(firm: TenantWorld, receiver: Receiver) -> None:
    endpoint, _secret = make(firm, receiver.url())
    news(firm)
    receiver.answers = [410]
    deliver_due()
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.fault) == ("disabled", DeliveryFault.GONE)


def test_what_somebody_died_over_is_taken_up_by_the_next(firm: TenantWorld, receiver: Receiver) -> None:
    make(firm, receiver.url())
    message = news(firm)
    assert delivering._take(set()) == message
    assert delivering._take(set()) is None
    with later(seconds=HELD_FOR.total_seconds() + 1):
        assert deliver_due() == 1


def test_a_failing_receiver_keeps_nobody_else_waiting(world: World, receiver: Receiver) -> None:
    first, second = world.tenants
    make(first, "http://127.0.0.1:1/")
    make(second, receiver.url())
    for number in range(5):
        news(first, f"lost-{number}")
    message = news(second)
    assert deliver_due() == 1
    message.refresh_from_db()
    assert message.state == "delivered"
    lost = WebhookDelivery.objects.filter(endpoint__node=first.tenant.pk)
    assert sorted(lost.values_list("attempts", flat=True)) == [0, 0, 0, 0, 1]
    assert lost.get(attempts=1).fault == DeliveryFault.CONNECTION


def test_who_takes_its_messages_comes_first_and_who_fails_rests(world: World, receiver: Receiver) -> None:
    first, second = world.tenants
    broken, _secret = make(first, "http://127.0.0.1:1/")
    make(second, receiver.url())
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        for number in range(4):
            news(first, f"lost-{number}")
        deliver_due()
        clock.shift(40)
        deliver_due()
        message = news(second)
        held = delivering._take(set())
        assert held == message  # though others have waited longer
        deliver_due()
        lost = WebhookDelivery.objects.filter(endpoint=broken)
        assert sum(lost.values_list("attempts", flat=True)) == 2  # whenever somebody rings
        clock.shift(61)
        deliver_due()
        assert sum(lost.values_list("attempts", flat=True)) == 3


def test_a_slow_receiver_is_cut_off(
    firm: TenantWorld, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "DONE_WITHIN", 0.5)

    def dripping(handler: Handler) -> None:
        for _number in range(100):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.05)

    receiver.before = dripping
    make(firm, receiver.url())
    message = news(firm)
    began = time.monotonic()
    assert deliver_due() == 0
    assert time.monotonic() - began < 3
    message.refresh_from_db()
    assert (message.state, message.fault) == ("waiting", DeliveryFault.SLOW)


def test_an_answer_may_take_longer_than_the_connection(
    firm: TenantWorld, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "CONNECT_WITHIN", 0.2)
    receiver.before = lambda _handler: time.sleep(0.5)
    make(firm, receiver.url())
    news(firm)
    assert deliver_due() == 1


def test_an_inner_receiver_needs_the_operator(firm: TenantWorld, receiver: Receiver, settings: Any) -> None:
    make(firm, receiver.url())
    message = news(firm)
    settings.LIVEPARK_WEBHOOK_NETWORKS = ()
    assert deliver_due() == 0
    message.refresh_from_db()
    assert (message.fault, receiver.got) == (DeliveryFault.ADDRESS, [])
    with pytest.raises(InvalidInput) as refused:
        make(firm, receiver.url("/other"))
    assert refused.value.field == "url"


def test_it_is_the_checked_address_that_is_called(
    firm: TenantWorld, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def lead(target: Any, flags: int) -> list[str]:
        asked.append(target.host)
        return ["127.0.0.1"] if len(asked) < 3 else ["127.0.0.9"]

    monkeypatch.setattr("core.webhooks.targets._look_up", lead)
    make(firm, f"http://rebinding.example:{receiver.server_port}/hook")
    news(firm)
    assert deliver_due() == 1
    assert asked == ["rebinding.example"] * 2
    assert receiver.got[0][1]["host"] == f"rebinding.example:{receiver.server_port}"


def test_a_certificate_has_to_be_good(firm: TenantWorld, receiver: Receiver) -> None:
    make(firm, receiver.url().replace("http:", "https:"))
    message = news(firm)
    assert deliver_due() == 0
    message.refresh_from_db()
    assert message.fault == DeliveryFault.CONNECTION


def test_a_secret_is_sealed_read_by_who_may_change_it_and_renewed(
    firm: TenantWorld, receiver: Receiver, settings: Any
) -> None:
    endpoint, secret = make(firm, receiver.url())
    row = WebhookEndpoint.objects.filter(pk=endpoint.pk).values_list().get()
    assert not any(secret in str(value) for value in row)
    assert not any(secret in str(entry.after) for entry in AuditEntry.objects.all())
    owner = user_actor(firm.users[Role.TENANT_OWNER])
    assert webhook_secret(actor=owner, endpoint=endpoint) == secret
    with pytest.raises(Refused):
        webhook_secret(actor=user_actor(firm.users[Role.TENANT_STAFF]), endpoint=endpoint)
    endpoint, renewed = webhook_renew_secret(actor=owner, endpoint=endpoint)
    assert renewed != secret
    news(firm)
    deliver_due()
    headers, body = receiver.got[0][1:]
    signed = signature(renewed, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == signed
    settings.SECRET_KEY = "another" * 10
    message = news(firm, "unreadable")
    assert deliver_due() == 0
    message.refresh_from_db()
    assert message.fault == DeliveryFault.SECRET
    with pytest.raises(Conflict):
        webhook_secret(actor=owner, endpoint=endpoint)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"events": []}, "events"),
        ({"events": ["session.ended", "everything"]}, "events"),
        ({"events": ["webhook.tried"]}, "events"),
        ({"low_stock": -1}, "low_stock"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://user@example.com/"}, "url"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(
    firm: TenantWorld, values: dict[str, Any], field: str
) -> None:
    endpoint, _secret = make(firm, "https://erp.example.com/")
    for write in (
        lambda: make(firm, **{"url": "https://other.example.com/"} | values),
        lambda: webhook_update(actor=SYSTEM, endpoint=endpoint, **values),
    ):
        with pytest.raises(InvalidInput) as refused:
            write()
        assert refused.value.field == field


def test_an_address_is_a_receiver_once_and_there_are_not_many(firm: TenantWorld) -> None:
    make(firm, "https://erp.example.com/0")
    with pytest.raises(Conflict):
        make(firm, "https://erp.example.com/0")
    for number in range(1, MOST):
        make(firm, f"https://erp.example.com/{number}")
    with pytest.raises(Conflict) as refused:
        make(firm, "https://erp.example.com/more")
    assert refused.value.code == "webhooks_most"


def test_the_park_neither_sees_nor_makes_receivers_of_its_tenants(world: World, firm: TenantWorld) -> None:
    endpoint, _secret = make(firm, "https://erp.example.com/")
    manager = user_actor(world.users[Role.PARK_MANAGER])
    with pytest.raises(NotFound):
        webhook_pause(actor=manager, endpoint=endpoint)
    with pytest.raises(Refused):
        webhook_create(
            actor=manager, node=firm.tenant.node, name="x", url="https://x.example/", events=EVENTS
        )
    webhook_create(actor=manager, node=world.park.node, name="x", url="https://x.example/", events=EVENTS)


def test_the_database_keeps_a_waiting_message_on_its_way(firm: TenantWorld) -> None:
    make(firm, "https://erp.example.com/")
    message = news(firm)
    for values in ({"next_try_at": None}, {"state": "dead"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            WebhookDelivery.objects.filter(pk=message.pk).update(**values)


def test_old_messages_are_forgotten_and_waiting_ones_are_not(firm: TenantWorld, receiver: Receiver) -> None:
    make(firm, receiver.url())
    news(firm, "delivered")
    deliver_due()
    news(firm, "waiting")
    with later(days=29):
        assert maintenance.forget_old_deliveries() == 0
    with later(days=31):
        assert maintenance.forget_old_deliveries() == 1
    assert WebhookDelivery.objects.get().key == "waiting"
