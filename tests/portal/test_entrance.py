"""Landing page, log-in and where it leads, languages, error pages."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from axes.models import AccessLog
from django.test import Client
from django.urls import reverse

from analytics.demo.logins import DEMO_LOGINS, DEMO_PASSWORD
from analytics.silence import SILENT
from core.choices import Role
from core.clock import HOUR, now
from core.models import User
from core.services import membership_grant
from livestreams.choices import SessionState
from parks.models import Park
from tenants.models import Tenant
from tests.factories import PASSWORD, SYSTEM, TenantWorld, World, make_session, make_user, make_world

LOGIN = reverse("portal-login")


def test_the_landing_page_speaks_chinese_until_english_is_chosen(client: Client, db: None) -> None:
    page = client.get("/", headers={"accept-language": "en-US,en"})
    assert page.headers["Content-Language"] == "zh-hans"
    chosen = client.post(reverse("set_language"), {"language": "en", "next": "/"}, follow=True)
    assert chosen.headers["Content-Language"] == "en"
    assert "Choose your role" in chosen.text


def test_demo_figures_and_log_ins_show_for_demo_parks_only(client: Client, world: World) -> None:
    make_user(DEMO_LOGINS[0].username, Role.PARK_MANAGER, world.park.node)
    assert client.get("/").context["demo"] is None
    assert 'name="password"' not in client.get("/").text
    Park.objects.filter(pk=world.park.pk).update(is_synthetic=True)
    page = client.get("/")
    assert page.context["demo"]["live"] == 0
    assert 'class="stamp"' in page.text
    assert f'name="password" value="{DEMO_PASSWORD}"' in page.text


@pytest.mark.both_databases
def test_the_landing_page_counts_no_session_as_live_of_which_nothing_is_heard(
    client: Client, world: World
) -> None:
    Park.objects.filter(pk=world.park.pk).update(is_synthetic=True)
    tenant = world.tenants[0].tenant
    Tenant.objects.filter(pk=tenant.pk).update(is_synthetic=True)
    for hours in (1, SILENT / HOUR + 1):
        make_session(tenant, starts_at=now() - hours * HOUR, state=SessionState.LIVE)
    assert client.get("/").context["demo"]["live"] == 1


def test_the_landing_page_can_be_opened_by_a_phone(client: Client, db: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page = client.get("/", headers={"host": "192.168.1.5:8000"})
    assert page.context["address"] == "http://192.168.1.5:8000/"
    assert 'src="data:image/svg+xml' in page.text


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_the_landing_page_leads_phones_nowhere_while_its_machine_alone_reaches_it(
    client: Client, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr("core.doors.addresses.lan_address", lambda: "192.168.1.5")
    page = client.get("/", headers={"host": host})
    assert page.context["address"] is None
    assert 'src="data:image/svg+xml' not in page.text
    opened = Event()
    opened.set()
    monkeypatch.setattr("core.doors.addresses.open_to_network", opened)
    assert client.get("/", headers={"host": host}).context["address"] == "http://192.168.1.5:8000/"


@pytest.mark.parametrize(
    ("role", "target"),
    [(Role.TENANT_OWNER, "portal"), (Role.HOST, "portal"), (Role.PARK_MANAGER, "admin:index")],
)
def test_log_in_leads_each_role_to_its_first_answer(
    client: Client, world: World, role: str, target: str
) -> None:
    firm = world.tenants[0]
    user = firm.users.get(role) or world.users[role]
    page = client.post(LOGIN, {"username": user.username, "password": PASSWORD})
    assert page["Location"] == reverse("after-login")
    assert client.get(page["Location"])["Location"] == reverse(target)


def test_an_analyst_lands_on_analytics(world: World, browser_of: Callable[[User], Client]) -> None:
    page = browser_of(world.users[Role.PROVINCE_ANALYST]).get(reverse("after-login"))
    assert page["Location"] == reverse("analytics-home")


def test_somebody_with_several_parts_chooses_and_somebody_without_is_told_whom_to_ask(
    world: World, browser_of: Callable[[User], Client]
) -> None:
    both = make_user("both", Role.TENANT_OWNER, world.tenants[0].tenant.node)
    membership_grant(actor=SYSTEM, user=both, role=Role.PARK_VIEWER, node=world.park.node)
    page = browser_of(both).get(reverse("after-login"))
    assert [door.url for door in page.context["doors"]] == [reverse("portal"), reverse("admin:index")]
    nobody = browser_of(make_user("nobody")).get(reverse("after-login"))
    assert nobody.status_code == 200
    assert nobody.context["doors"] == []


def test_wrong_name_and_wrong_password_look_the_same(client: Client, world: World) -> None:
    known = world.tenants[0].users[Role.TENANT_OWNER].username

    def answer(username: str) -> str:
        page = Client().post(LOGIN, {"username": username, "password": "wrong"})
        assert page.status_code == 200
        return page.text.replace(username, "")

    first, second = answer(known), answer("no-such-person")
    token = 'name="csrfmiddlewaretoken"'
    assert [line for line in first.splitlines() if token not in line and "csrf" not in line.lower()] == [
        line for line in second.splitlines() if token not in line and "csrf" not in line.lower()
    ]


def test_log_in_closes_after_too_many_attempts_for_known_and_unknown_names(
    client: Client, world: World, settings: Any
) -> None:
    for username in (world.tenants[0].users[Role.TENANT_OWNER].username, "no-such-person"):
        answers = [
            client.post(LOGIN, {"username": username, "password": "wrong"}).status_code
            for _attempt in range(settings.AXES_FAILURE_LIMIT + 1)
        ]
        assert answers[-1] == 429
    assert client.post(LOGIN, {"username": "other\0", "password": "wrong"}).status_code == 200


def test_who_guesses_a_password_behind_the_proxy_shuts_out_nobody_else(
    client: Client, world: World, settings: Any
) -> None:
    settings.LIVEPARK_TRUSTED_PROXIES = 1
    username = world.tenants[0].users[Role.TENANT_OWNER].username

    def answer(address: str, password: str) -> int:
        given = {"username": username, "password": password}
        return client.post(LOGIN, given, headers={"X-Forwarded-For": address}).status_code

    for _attempt in range(settings.AXES_FAILURE_LIMIT + 1):
        answer("192.0.2.1, 203.0.113.9", "wrong")
    assert answer("203.0.113.9", PASSWORD) == 429
    assert answer("what a proxy should not write", "wrong") == 200
    assert answer("203.0.113.9, 198.51.100.7", PASSWORD) == 302
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        " //evil.example",
    ],
)
def test_next_stays_on_this_site(client: Client, world: World, target: str) -> None:
    user = world.tenants[0].users[Role.TENANT_OWNER]
    page = client.post(LOGIN, {"username": user.username, "password": PASSWORD, "next": target})
    assert page["Location"] == reverse("after-login")


def test_strangers_are_sent_to_log_in_and_back(client: Client, firm: TenantWorld) -> None:
    address = reverse("portal-bookings", args=[firm.tenant.code])
    assert client.get(address)["Location"] == f"{LOGIN}?next={address}"
    part = client.get(address, headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == LOGIN


def test_log_out_needs_a_post_and_ends_the_session(owner: Client, firm: TenantWorld) -> None:
    assert owner.get(reverse("portal-logout")).status_code == 405
    owner.post(reverse("portal-logout"))
    assert owner.get(reverse("portal-today", args=[firm.tenant.code])).status_code == 302


def test_a_foreign_tenant_and_an_absent_one_get_the_same_page(owner: Client, firm: TenantWorld) -> None:
    stranger = make_world("beta").tenants[0].tenant

    def answer(code: str) -> tuple[int, str]:
        page = owner.get(reverse("portal-today", args=[code]))
        return page.status_code, page.text.replace(code, "")

    status, text = answer(stranger.code)
    assert status == 404
    assert "CANARYBETA" not in text
    other_status, other_text = answer("no-such-tenant")
    assert other_status == 404
    assert len(other_text) == len(text)


def test_the_portal_remembers_the_firm_and_offers_the_others(
    world: World, browser_of: Callable[[User], Client]
) -> None:
    first, second = (firm.tenant for firm in world.tenants)
    user = make_user("both", Role.TENANT_OWNER, first.node)
    membership_grant(actor=SYSTEM, user=user, role=Role.TENANT_STAFF, node=second.node)
    client = browser_of(user)
    assert len(client.get(reverse("portal")).context["nodes"]) == 2
    client.get(reverse("portal-today", args=[second.code]))
    assert client.get(reverse("portal"))["Location"] == reverse("portal-today", args=[second.code])
    assert len(client.get(reverse("portal"), {"choose": ""}).context["nodes"]) == 2


def test_a_closed_firm_has_no_portal(owner: Client, firm: TenantWorld) -> None:
    Tenant.objects.filter(pk=firm.tenant.pk).update(closed_on="2020-01-01")
    assert owner.get(reverse("portal-today", args=[firm.tenant.code])).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_error_pages_speak_and_keep_the_style(client: Client, db: None, method: str) -> None:
    page = getattr(client, method)("/no/such/page")
    assert page.status_code == 404
    assert "livepark.css" in page.text


def test_a_form_without_its_token_is_refused_in_words(firm: TenantWorld) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(firm.users[Role.TENANT_OWNER], backend="django.contrib.auth.backends.ModelBackend")
    page = client.post(reverse("portal-keys", args=[firm.tenant.code]), {"name": "x"})
    assert page.status_code == 403
    assert "livepark.css" in page.text


def test_a_broken_page_answers_without_help_of_anything_else(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analytics.views.landing import Landing

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(Landing, "get_context_data", broken)
    client.raise_request_exception = False
    page = client.get("/")
    assert page.status_code == 500
    assert "livepark.css" in page.text
    assert "RuntimeError" not in page.text


def test_every_link_of_the_chain_leads_to_its_page(client: Client, world: World) -> None:
    """For a stranger by the log-in; who may not open a page sees its step without a link."""
    for step in client.get("/").context["chain"]:
        assert client.get(step.url)["Location"].startswith((LOGIN, reverse("admin:login"))), step.name
    shown: dict[str, set[str]] = {}
    firm = world.tenants[0]
    for who in (
        world.users[Role.PARK_MANAGER],
        world.users[Role.PROVINCE_ANALYST],
        firm.users[Role.TENANT_OWNER],
    ):
        client.force_login(who)
        steps = client.get("/").context["chain"]
        for step in steps:
            if step.url:
                assert client.get(step.url, follow=True).status_code == 200, (who, step.name)
        shown[who.username] = {step.url for step in steps if step.url}
    manager, analyst, owner = shown.values()
    assert reverse("admin:tenants_lease_changelist") in manager - owner
    assert reverse("analytics-home") in manager & analyst
    assert reverse("portal") in owner - manager


def test_the_roles_on_the_landing_page_lead_to_what_one_may_open(client: Client, world: World) -> None:
    assert len(client.get("/").context["cards"]) == 7, "a stranger chooses a role"
    firm = world.tenants[0]
    shown: dict[str, set[str]] = {}
    for role, who in {
        Role.PARK_MANAGER: world.users[Role.PARK_MANAGER],
        Role.PARK_WAREHOUSE: world.users[Role.PARK_WAREHOUSE],
        Role.PROVINCE_ANALYST: world.users[Role.PROVINCE_ANALYST],
        Role.TENANT_OWNER: firm.users[Role.TENANT_OWNER],
        Role.HOST: firm.users[Role.HOST],
    }.items():
        client.force_login(who)
        page = client.get("/")
        shown[role] = {card.url for card in page.context["cards"]}
        for url in shown[role]:
            assert f'href="{url}"' in page.text
            assert client.get(url, follow=True).status_code == 200, (role, url)
    everybody = {reverse("api-docs"), reverse("walls")}
    desk = {reverse("admin:index"), reverse("admin:warehouse_day")}
    assert shown == {
        Role.PARK_MANAGER: {*desk, *everybody},
        Role.PARK_WAREHOUSE: {*desk, *everybody},
        Role.PROVINCE_ANALYST: {reverse("analytics-home"), *everybody},
        Role.TENANT_OWNER: {reverse("portal"), *everybody},
        Role.HOST: {reverse("portal"), *everybody},
    }
