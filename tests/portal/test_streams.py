"""The stream of a booking in the portal: its key, what the encoder was told, and who sees neither."""

from __future__ import annotations

import re
from collections.abc import Callable

import time_machine
from django.test import Client

from core.choices import Role
from core.clock import HOUR, today
from livestreams import services
from livestreams.models import MediaNode, PublishDecision, StreamKey
from livestreams.publishing import Claim
from tests.factories import TenantWorld, World


def page_of(browser: Client, firm: TenantWorld) -> str:
    return browser.get(f"/portal/{firm.tenant.code}/bookings/{firm.booking.uid}/").content.decode()


def secret(firm: TenantWorld) -> str:
    return services.secret_of(StreamKey.objects.get(booking=firm.booking, replaced_at=None))


def test_the_page_of_a_booking_shows_its_key_until_the_slot_is_over(
    world: World, firm: TenantWorld, owner: Client
) -> None:
    page = page_of(owner, firm)
    assert secret(firm) in page
    assert world.media_node.address in page
    assert world.media_node.address.replace("/live", "/test") in page
    with time_machine.travel(firm.booking.ends_at + HOUR):
        assert secret(firm) not in page_of(owner, firm)


def test_a_new_key_is_made_by_a_button(firm: TenantWorld, owner: Client) -> None:
    old = secret(firm)
    answer = owner.post(
        f"/portal/{firm.tenant.code}/bookings/{firm.booking.uid}/stream-key/", {"platform": "taobao"}
    )
    assert answer.status_code == 302
    page = page_of(owner, firm)
    assert old not in page
    assert secret(firm) in page
    assert StreamKey.objects.get(booking=firm.booking, replaced_at=None).platform == "taobao"


def test_a_spare_key_cuts_nobody_off_and_warns_of_nothing_until_it_replaces_one(
    firm: TenantWorld, owner: Client
) -> None:
    def warning() -> str:
        button = re.search(r'<button[^>]*name="spare"[^>]*>', page_of(owner, firm))
        assert button is not None
        found = re.search(r'data-confirm="([^"]*)"', button[0])
        assert found is not None, "the form's own question would be asked"
        return found[1]

    assert warning() == ""
    services.stream_key_renew(actor=firm.owner, booking=firm.booking, platform="douyin", spare=True)
    assert warning()


def test_a_booking_without_a_key_offers_one(firm: TenantWorld, owner: Client) -> None:
    StreamKey.objects.update(replaced_at="2024-01-01T00:00:00Z")
    page = page_of(owner, firm)
    assert f"/bookings/{firm.booking.uid}/stream-key/" in page
    assert "lsk_" not in page


def test_what_the_encoder_was_told_stands_on_the_page(firm: TenantWorld, owner: Client) -> None:
    shown = PublishDecision.objects.filter(booking=firm.booking).get()
    assert str(shown.get_reason_display()) in page_of(owner, firm)


def test_a_park_without_a_node_has_nothing_to_show(firm: TenantWorld, owner: Client) -> None:
    MediaNode.objects.update(closed_on=today())
    assert "stream-title" not in page_of(owner, firm)


def test_who_sees_the_key(firm: TenantWorld, browser_of: Callable[..., Client]) -> None:
    for role, sees in (
        (Role.TENANT_STAFF, True),
        (Role.HOST, True),
        (Role.TENANT_FINANCE, False),
    ):
        assert (secret(firm) in page_of(browser_of(firm.users[role]), firm)) is sees, role
    # a host reads the key, and does not change it
    host = browser_of(firm.users[Role.HOST])
    address = f"/portal/{firm.tenant.code}/bookings/{firm.booking.uid}/stream-key/"
    assert "stream-key/" not in page_of(host, firm)
    assert host.post(address, {"platform": "taobao"}).status_code == 403


def test_a_running_stream_is_on_the_page(world: World, firm: TenantWorld, owner: Client) -> None:
    with time_machine.travel(firm.booking.starts_at):
        answer = services.publish_ask(
            node=world.media_node,
            call="publish",
            claim=Claim(key=secret(firm), app="live", client="7", address="10.0.0.7"),
        )
        assert answer.let_in
        page = page_of(owner, firm)
    assert 'pill live">' in page
    assert "10.0.0.7" in page
