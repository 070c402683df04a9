"""Keys, roles and passwords in the admin: shown once or never, and given within the park only."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from core.choices import Role
from core.clock import DAY, today
from core.models import AuditEntry, Membership, ToolKey, User
from core.services import tool_key_by_secret
from livestreams.models import HostAccount
from tests.admin.conftest import Worlds, errors_of, url_of
from tests.factories import PASSWORD, make_host, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_the_days_of_an_account_are_asked_as_they_are_and_moved(manager: Client, worlds: Worlds) -> None:
    firm, named = worlds.mine.tenants[0], {"platform": "jd", "account": "handed-on"}
    said, truth = today() - 3 * DAY, today() - 8 * DAY
    left = HostAccount.objects.create(host=firm.host, closed_on=said, **named)
    came = HostAccount.objects.create(host=make_host(firm.tenant, "came"), opened_on=said, **named)
    close, begin = (
        url_of(HostAccount, f"{row.pk}/do/{name}/") for row, name in ((left, "close"), (came, "begin"))
    )
    assert close in manager.get(url_of(HostAccount, f"{left.pk}/change/")).text

    def asked(page: str) -> dict[str, Any]:
        form = manager.get(page).context["form"]
        return {name: form[name].value() for name in form.fields}

    for page, answer in ((close, {"closed_on": f"{truth}"}), (begin, {"opened_on": f"{truth}"})):
        assert asked(page) == dict.fromkeys(answer, said)
        assert manager.post(page, answer).status_code == 302
    left.refresh_from_db()
    came.refresh_from_db()
    assert (left.closed_on, came.opened_on) == (truth, truth)
    page = url_of(HostAccount, f"{came.pk}/do/close/")
    assert asked(page) == {"closed_on": today()}, "an open one is closed today, unless another day is said"


def test_what_an_empty_beginning_means_is_said_where_it_is_asked(manager: Client, worlds: Worlds) -> None:
    """A new account begins when another host left it; one that is said to have no beginning was always the host's."""
    longer = "Empty: as long as anybody knows, or since another host of the firm left it."
    account = worlds.mine.tenants[0].host.accounts.earliest("pk")
    manager.cookies["django_language"] = "en"
    pages = [manager.get(url_of(HostAccount, rest)).text for rest in ("add/", f"{account.pk}/do/begin/")]
    assert [longer in page for page in pages] == [True, False]
    assert "Empty: as long as anybody knows." in pages[1]


def test_a_key_is_shown_once_and_revoked(manager: Client, worlds: Worlds) -> None:
    values = {"node": worlds.mine.park.pk, "name": "编码器", "scopes": ["orders:write"], "rooms": ""}
    page = manager.post(url_of(ToolKey, "add/"), values, follow=True).content.decode()
    key = ToolKey.objects.latest("pk")
    (secret,) = set(re.findall(r"lpk_[0-9a-f]{12}_[\w-]+", page))
    assert tool_key_by_secret(secret) == key
    assert key.secret_hash not in page
    assert secret not in manager.get(url_of(ToolKey, f"{key.pk}/change/")).content.decode()
    assert manager.post(url_of(ToolKey, f"{key.pk}/do/revoke/")).status_code == 302
    assert tool_key_by_secret(secret) is None


def test_people_get_roles_within_the_park_only(manager: Client, worlds: Worlds) -> None:
    mine, other = worlds.mine.park, worlds.other.park
    values = {
        "role": Role.PARK_VIEWER,
        "node": mine.pk,
        "username": "xiaoli",
        "password": "",
        "display_name": "小李",
    }
    assert "username" in errors_of(manager.post(url_of(Membership, "add/"), values))
    assert not User.objects.filter(username="xiaoli").exists()
    weak = {**values, "password": "12345678"}
    assert "password" in errors_of(manager.post(url_of(Membership, "add/"), weak))
    values["password"] = "a long enough phrase"
    assert manager.post(url_of(Membership, "add/"), values).status_code == 302
    held = Membership.objects.get(user__username="xiaoli")
    assert (held.node_id, held.role) == (mine.pk, Role.PARK_VIEWER)
    assert "node" in errors_of(
        manager.post(url_of(Membership, "add/"), {**values, "username": "b", "node": other.pk})
    )
    assert "role" in errors_of(
        manager.post(url_of(Membership, "add/"), {**values, "username": "c", "role": "host2"})
    )
    wrong_kind = {**values, "username": "d", "role": Role.TENANT_OWNER}
    assert "role" in errors_of(manager.post(url_of(Membership, "add/"), wrong_kind))
    assert not User.objects.filter(username="d").exists()  # the log-in goes with the role that was refused
    manager.post(url_of(Membership, f"{held.pk}/do/end/"))
    held.refresh_from_db()
    assert held.ended_at is not None


def test_a_park_opens_a_firm_to_its_first_owner_and_to_nobody_else(manager: Client, worlds: Worlds) -> None:
    firm = worlds.mine.tenants[0].tenant
    newcomer = make_tenant(worlds.mine.park, "newcomer")
    values = {
        "role": Role.TENANT_OWNER,
        "node": newcomer.pk,
        "username": "laoban",
        "password": "a long enough phrase",
        "display_name": "老板",
    }
    assert manager.post(url_of(Membership, "add/"), values).status_code == 302
    assert Membership.objects.filter(user__username="laoban", node=newcomer.node).exists()
    refused = manager.post(url_of(Membership, "add/"), {**values, "node": firm.pk, "username": "second"})
    assert refused.status_code == 200
    assert not User.objects.filter(username="second").exists()
    assert "role" in errors_of(
        manager.post(url_of(Membership, "add/"), {**values, "role": Role.TENANT_STAFF})
    )
    key = {"node": firm.pk, "name": "k", "scopes": ["orders:read"], "rooms": ""}
    made = ToolKey.objects.count()
    assert errors_of(manager.post(url_of(ToolKey, "add/"), key))
    assert ToolKey.objects.count() == made


def test_passwords_are_set_and_never_shown(root: Client, worlds: Worlds) -> None:
    user = User.objects.get(pk=worlds.mine.users[Role.PARK_VIEWER].pk)
    for address in (url_of(User), url_of(User, f"{user.pk}/change/"), url_of(User, "export/csv/")):
        answer = root.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert user.password.encode() not in content
    assert (
        root.post(url_of(User, f"{user.pk}/do/password/"), {"password": "a quite new phrase"}).status_code
        == 302
    )
    user.refresh_from_db()
    assert user.check_password("a quite new phrase")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.after) == ("user.password", None)


def test_own_password_is_changed_with_audit(manager: Client) -> None:
    new = "another fine phrase"
    posted = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert manager.post("/admin/password_change/", posted).status_code == 302
    assert AuditEntry.objects.latest("pk").verb == "user.password"
    assert manager.get("/admin/").status_code == 200  # this session goes on
