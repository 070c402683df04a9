"""Display links: made for one wall, shown once, seen, and dark when they are revoked."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags
from structlog.testing import capture_logs

from analytics.models import DisplayLink
from analytics.services import display_link_by_secret, display_link_make, display_link_revoke
from analytics.wall.access import Credential
from core import clock
from core.actors import user_actor
from core.choices import Role
from core.clock import HOUR
from core.errors import InvalidInput, NotFound, Refused
from core.models import AuditEntry
from tests.factories import SYSTEM, make_world

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def test_a_link_is_kept_as_a_hash_and_opens_the_wall_of_its_node_alone() -> None:
    alpha, beta = make_world("alpha"), make_world("beta")
    link, secret = display_link_make(actor=alpha.manager, node=alpha.park.node, name="hall")
    kept = [str(value) for value in DisplayLink.objects.filter(pk=link.pk).values_list().get()]
    assert not any(secret in value or secret.split("_", 2)[2] in value for value in kept)
    screen = Credential(secret=secret)
    assert screen.may_see("alpha") == alpha.park
    for address in ("beta", "nowhere", f"place/{alpha.town.code}", f"place/{alpha.province.node.code}"):
        assert screen.may_see(address) is None
    bureau = user_actor(alpha.users[Role.PROVINCE_ANALYST])
    _link, secret = display_link_make(actor=bureau, node=alpha.province.node, name="bureau")
    screen = Credential(secret=secret)
    assert screen.may_see(f"place/{alpha.province.node.code}") == alpha.province.node
    for address in ("alpha", f"place/{alpha.city.node.code}", f"place/{beta.province.node.code}"):
        assert screen.may_see(address) is None
    alpha.park.closed_on = clock.today()
    alpha.park.save()
    assert Credential(secret=secret).may_see("alpha") is None


@pytest.mark.parametrize(
    ("address", "secret"), [("alpha", "lpd_\0_x"), ("al\0pha", "lpd_x_y"), ("place/a\0", "lpd_x_y")]
)
def test_a_nul_opens_nothing(address: str, secret: str) -> None:
    """PostgreSQL refuses to look for one: the stream has no form before it, and the page took the key as it came."""
    make_world("alpha")
    assert Credential(secret=secret).may_see(address) is None


def test_links_are_made_by_who_runs_the_place() -> None:
    world, other = make_world("alpha"), make_world("beta")
    bureau = user_actor(world.users[Role.PROVINCE_ANALYST])
    refused = (
        (world.manager, other.park.node),
        (world.manager, world.province.node),
        (bureau, world.park.node),
        (bureau, other.province.node),
        (user_actor(world.users[Role.PARK_VIEWER]), world.park.node),
        (world.tenants[0].owner, world.park.node),
        (world.tenants[0].owner, world.tenants[0].tenant.node),
    )
    for actor, node in refused:
        with pytest.raises(Refused):
            display_link_make(actor=actor, node=node, name="hall")
    for wrong in (
        {"node": world.tenants[0].tenant.node},
        {"node": world.park.node, "expires_at": clock.now()},
    ):
        with pytest.raises(InvalidInput):
            display_link_make(actor=SYSTEM, name="hall", **wrong)  # type: ignore[arg-type]
    link, _secret = display_link_make(actor=world.manager, node=world.park.node, name="hall")
    for actor in (other.manager, bureau, world.tenants[0].owner):
        with pytest.raises(NotFound):
            display_link_revoke(actor=actor, link=link)


def test_a_link_ends_when_it_expires_or_is_revoked() -> None:
    world = make_world("alpha")
    link, secret = display_link_make(
        actor=world.manager, node=world.park.node, name="hall", expires_at=clock.now() + HOUR
    )
    assert display_link_by_secret(secret) == link
    for wrong in ("", "lpd_", f"{secret}x", secret.replace("lpd_", "lpk_"), world.secret):
        assert display_link_by_secret(wrong) is None
    with time_machine.travel(clock.now() + HOUR, tick=False):
        assert display_link_by_secret(secret) is None
    display_link_revoke(actor=world.manager, link=link)
    assert display_link_by_secret(secret) is None
    first = display_link_revoke(actor=world.manager, link=link).revoked_at
    assert first == display_link_revoke(actor=world.manager, link=link).revoked_at
    assert [
        row.verb for row in AuditEntry.objects.filter(object_id=link.pk, verb__startswith="display.")
    ] == [
        "display.make",
        "display.revoke",
    ]


def test_a_screen_is_seen_once_a_minute_and_told_to_the_audit_when_it_comes_back() -> None:
    world = make_world("alpha")
    link, secret = display_link_make(actor=world.manager, node=world.park.node, name="hall")
    opened = AuditEntry.objects.filter(verb="display.open", object_id=link.pk)
    start = clock.now()

    def look(after: dt.timedelta) -> tuple[dt.datetime | None, int]:
        with time_machine.travel(start + after, tick=False):
            assert Credential(secret=secret).may_see("alpha") == world.park
        link.refresh_from_db()
        return link.last_seen_at, opened.count()

    second, minute = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
    seen, times = look(second)
    assert (seen, times) == (start + second, 1)
    assert look(30 * second) == (seen, 1)
    for number in range(1, 15):
        assert look(number * minute + second)[1] == 1
    assert look(40 * minute) == (start + 40 * minute, 2)
    entry = opened.latest("id")
    assert (entry.actor, entry.node_id) == (f"display:{link.prefix}", world.park.pk)
    assert Credential(secret=secret).may_see("nowhere") is None


def test_the_page_of_a_link_leaks_it_to_nobody(client: Client) -> None:
    world = make_world("alpha")
    _link, secret = display_link_make(actor=world.manager, node=world.park.node, name="hall")
    page = client.get(reverse("wall", args=["alpha"]), {"key": secret})
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert secret not in page.content.decode()
    assert not page.cookies, "a screen gets no session"


def test_the_key_of_a_link_is_in_no_log(client: Client) -> None:
    world = make_world("alpha")
    _link, secret = display_link_make(actor=world.manager, node=world.park.node, name="hall")
    with capture_logs() as lines:
        client.get(reverse("wall", args=["alpha"]), {"key": secret})
    assert {line["request"] for line in lines if "request" in line} == {"GET /wall/alpha/"}
    assert secret not in str(lines)


def test_an_operator_makes_a_link_in_the_admin_and_revokes_it(client: Client) -> None:
    world = make_world("alpha")
    DisplayLink.objects.all().delete()
    for user, node in (
        (world.users[Role.PARK_MANAGER], world.park.node),
        (world.users[Role.PROVINCE_ANALYST], world.province.node),
    ):
        client.force_login(user)
        made = client.post(
            reverse("admin:analytics_displaylink_add"), {"node": node.pk, "name": "hall"}, follow=True
        )
        link = DisplayLink.objects.get(node=node)
        told = strip_tags(made.content.decode()).replace("&amp;", "&")
        address = next(word for word in told.split() if "?key=lpd_" in word)
        address = address[address.index("http") :]
        secret = parse_qs(urlsplit(address).query)["key"][0]
        again = client.get(reverse("admin:analytics_displaylink_change", args=[link.pk]))
        assert secret not in again.content.decode()
        screen = Client()
        assert screen.get(address).status_code == 200
        listed = client.get(reverse("admin:analytics_displaylink_changelist")).content.decode()
        assert "on a screen now" in listed or "正在展示" in listed
        client.post(reverse("admin:analytics_displaylink_operation", args=[link.pk, "revoke"]))
        assert screen.get(address).status_code == 404
