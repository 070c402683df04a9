"""Keys of bookings and secrets of nodes: who gets them, what is stored, how long they are good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from django.db import connection
from django.test import override_settings
from django.utils import translation

from core.clock import DAY, HOUR, now
from core.errors import InvalidInput, NotFound, Refused
from core.models import AuditEntry
from livestreams import services
from livestreams.choices import BookingState, MediaServer
from livestreams.errors import WrongState
from livestreams.models import Booking, MediaNode, StreamKey
from livestreams.publishing import KEY
from tests.factories import SYSTEM, World, make_media_node, make_world

pytestmark = pytest.mark.both_databases


def credentials(world: World, actor=None) -> services.Credentials:
    mine = world.tenants[0]
    return services.stream_credentials(actor=actor or mine.owner, booking=mine.booking)


def test_a_key_is_shown_to_its_tenant_and_stored_nowhere(world: World) -> None:
    mine, node = world.tenants[0], world.media_node
    shown = credentials(world)
    assert KEY.fullmatch(shown.key)
    assert (shown.server, shown.test_server) == (node.address, "rtmp://alpha-node.example/test")
    assert shown.stream_name == shown.key
    assert shown.valid_from == mine.booking.starts_at - HOUR / 4
    assert shown.valid_until == mine.booking.ends_at + HOUR / 12
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM livestreams_streamkey")
        assert shown.key not in str(cursor.fetchall())
    assert not AuditEntry.objects.filter(after__icontains=shown.key[4:]).exists()
    # a host of the booking reads it; the park never does, nor does another tenant
    for role, sees in (("host", True), ("tenant_staff", True), ("tenant_finance", False)):
        from core.actors import user_actor

        assert bool(credentials(world, user_actor(mine.users[role])).key) is sees, role
    assert credentials(world, world.manager).key == ""
    assert credentials(world, world.tenants[1].owner).key == ""


def test_a_new_key_replaces_the_old_one(world: World) -> None:
    mine, first = world.tenants[0], credentials(world)
    key = services.stream_key_renew(actor=mine.owner, booking=mine.booking)
    assert credentials(world).key == services.secret_of(key) != first.key
    assert key.platform == first.platform  # nothing else was chosen
    changed = services.stream_key_renew(actor=mine.owner, booking=mine.booking, platform="taobao")
    assert changed.platform == "taobao"
    assert StreamKey.objects.filter(booking=mine.booking, replaced_at__isnull=True).get() == changed
    with pytest.raises(InvalidInput):
        services.stream_key_renew(actor=mine.owner, booking=mine.booking, platform="nowhere")


def test_who_may_renew_a_key(world: World) -> None:
    from core.actors import user_actor

    mine, stranger = world.tenants[0], make_world("beta")
    for actor in (
        world.manager,
        world.tenants[1].owner,
        stranger.tenants[0].owner,
        user_actor(mine.users["host"]),
    ):
        with pytest.raises((Refused, NotFound)):
            services.stream_key_renew(actor=actor, booking=mine.booking)
    assert services.stream_key_renew(actor=mine.tool, booking=mine.booking)


@pytest.mark.parametrize("state", [BookingState.CANCELLED, BookingState.NO_SHOW, BookingState.COMPLETED])
def test_a_key_dies_with_its_booking(world: World, state: str) -> None:
    mine = world.tenants[0]
    Booking.objects.filter(pk=mine.booking.pk).update(state=state)
    mine.booking.refresh_from_db()
    with pytest.raises(WrongState) as refusal:
        credentials(world)
    assert refusal.value.code == "no_stream"
    with pytest.raises(WrongState):
        services.stream_key_renew(actor=mine.owner, booking=mine.booking)


def test_under_another_secret_of_the_installation_a_new_key_is_needed(world: World) -> None:
    mine = world.tenants[0]
    with override_settings(SECRET_KEY="another" * 10):
        assert credentials(world).key == ""
        services.stream_key_renew(actor=mine.owner, booking=mine.booking)
        assert KEY.fullmatch(credentials(world).key)


def test_which_node_a_room_is_served_by(world: World) -> None:
    mine, room = world.tenants[0], world.rooms[0]
    own, _secret = make_media_node(world.park, "alpha-second", kind=MediaServer.SRS)
    foreign = make_world("beta").media_node
    with pytest.raises(InvalidInput):
        services.room_update(actor=world.manager, room=room, media_node=foreign)
    services.room_update(actor=world.manager, room=room, media_node=own)
    mine.booking.refresh_from_db()
    shown = credentials(world)
    assert shown.server == own.address
    assert shown.stream_name == f"{room.code}?token={shown.key}"
    MediaNode.objects.update(closed_on=now().date())
    with pytest.raises(WrongState) as refusal:
        credentials(world)
    assert refusal.value.code == "no_node"


def test_a_node_proves_itself_by_its_secret(world: World) -> None:
    node, secret = world.media_node, world.media_secret
    assert services.node_by_secret(secret) == node
    assert services.node_by_secret("") is None
    assert services.node_by_secret(secret + "x") is None
    assert secret not in str(MediaNode.objects.filter(pk=node.pk).values())
    _node, new = services.node_secret_renew(actor=world.manager, node=node)
    assert services.node_by_secret(secret) == services.node_by_secret(new) == node
    with time_machine.travel(now() + DAY):
        assert services.node_by_secret(secret) is None
        assert services.node_by_secret(new) == node
    services.node_secret_renew(actor=world.manager, node=node)
    assert services.node_by_secret(secret) is None  # two are good at once, not three
    MediaNode.objects.update(closed_on=now().date() - DAY)
    assert services.node_by_secret(new) is None


def test_what_a_node_may_be(world: World, at: Callable[..., datetime]) -> None:
    with pytest.raises(InvalidInput):
        make_media_node(world.park, "alpha-node")
    for address in ("http://a/live", "rtmp://a/live?x=1", "rtmp://a/live/key", "rtmp://a", "rtmp:///live"):
        with pytest.raises(InvalidInput):
            make_media_node(world.park, "alpha-new", address=address)
    with pytest.raises(InvalidInput):
        make_media_node(world.park, "alpha-new", address="rtmp://a/test")
    for control, wrong in (
        ("file:///etc/passwd", "http://"),
        ("127.0.0.1:80", "http://"),
        ("http://127.0.0.1:99999", "port"),
        ("http://127.0.0.1:x", "port"),
        ("http:///stat", "machine"),
        ("http://not a name", "machine"),
        ("http://user:word@127.0.0.1", "password"),
        ("http://127.0.0.1/?key=1", "path"),
    ):
        with translation.override("en"), pytest.raises(InvalidInput, match=wrong) as refused:
            make_media_node(world.park, "alpha-new", control_url=control)
        assert refused.value.field == "control_url", control
    # this site calls the control address: no park chooses it
    chosen = {"control_url": "http://127.0.0.1:8935"}
    with pytest.raises(Refused):
        services.node_update(actor=world.manager, node=world.media_node, **chosen)
    node = services.node_update(actor=SYSTEM, node=world.media_node, **chosen)
    services.node_update(actor=world.manager, node=node, name_en="Cellar", **chosen)
    stranger = make_world("beta")
    with pytest.raises(Refused):
        services.node_create(
            actor=stranger.manager, park=world.park, code="x", name_zh="x", address="rtmp://a/b"
        )
    with pytest.raises(NotFound):
        services.node_secret_renew(actor=stranger.manager, node=world.media_node)
