"""What every registered admin keeps, found by walking the registry: a new one is tested by being registered."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.utils import label_for_field
from django.db import models
from django.forms import SplitDateTimeField
from django.http import HttpRequest
from django.test import Client
from django.utils.translation import override
from openpyxl import load_workbook

from core.actors import user_actor
from core.choices import Role
from core.doors.admin import ScopedModelAdmin
from core.doors.admin.filters import field_at, parameters_of
from core.models import AuditEntry, User
from core.policy import VIEW
from core.scoping import may, scope_of, visible_to
from livestreams.models import LiveSession
from parks.models import Park
from tests.admin.conftest import REGISTERED, Worlds, absent_key, hidden_row, url_of

pytestmark = pytest.mark.django_db
every_admin = pytest.mark.parametrize(
    ("model", "model_admin"), REGISTERED, ids=[model._meta.label for model, _admin in REGISTERED]
)
# Read by everybody with a role, so no row of them is foreign.
SHARED_BY_ALL = {model for model, _admin in REGISTERED if (scope := scope_of(model)) and scope.reference}

OF_SESSIONS = [
    pytest.param(model, name.removesuffix("__title"), id=model._meta.label)
    for model, model_admin in REGISTERED
    for name in model_admin.search_fields
    if name.endswith("session__title")
]

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAME_IN_CHINESE = {"SKU"}


def test_only_scoped_admins_are_registered() -> None:
    assert all(isinstance(model_admin, ScopedModelAdmin) for _model, model_admin in REGISTERED)
    assert len(REGISTERED) > 40


@every_admin
def test_columns_are_named_in_chinese(model: type[models.Model], model_admin: ScopedModelAdmin) -> None:
    with override("zh-hans"):
        labels = [str(label_for_field(column, model, model_admin)) for column in model_admin.list_display]
    assert [label for label in labels if not CHINESE.search(label) and label not in SAME_IN_CHINESE] == []


@every_admin
@pytest.mark.both_databases
def test_list_search_and_export_hold_own_rows_only(
    model: type[models.Model], model_admin: ScopedModelAdmin, manager: Client, worlds: Worlds
) -> None:
    allowed = may(worlds.manager, VIEW, model)
    canary = worlds.other.canary
    # The page repeats what was searched for: in small letters, which find the same rows.
    for query in ("", f"?q={canary.lower()}", "?q=%00", "?p=99999&all=", "?p=abc&o=-99.1.x&_facets=1"):
        answer = manager.get(url_of(model, query))
        assert shows_list(answer) if allowed else answer.status_code == 403, query
        assert model in SHARED_BY_ALL or canary not in answer.content.decode()
    for kind in ("csv", "xlsx"):
        answer = manager.get(url_of(model, f"export/{kind}/"))
        assert answer.status_code == (200 if allowed else 403)
        if allowed and model not in SHARED_BY_ALL:
            assert canary not in _cells(kind, b"".join(answer.streaming_content))
    assert manager.get(url_of(model, "export/pdf/")).status_code == (404 if allowed else 403)


@pytest.mark.parametrize(("model", "session"), OF_SESSIONS)
@pytest.mark.both_databases
def test_what_is_said_of_a_session_is_found_by_the_id_of_the_platform(
    model: type[models.Model], session: str, manager: Client, worlds: Worlds
) -> None:
    row = visible_to(model._default_manager.all(), worlds.manager).first()
    assert row is not None
    pk = model._default_manager.values_list(session, flat=True).get(pk=row.pk)
    LiveSession.objects.filter(pk=pk).update(platform_live_id="shaxi-20261129-001")
    found = manager.get(url_of(model, "?q=SHAXI-20261129-001")).context["cl"].queryset
    assert set(found.values_list(session, flat=True)) == {pk}


def test_a_row_is_shown_by_its_key_where_an_address_names_no_column(manager: Client, worlds: Worlds) -> None:
    assert manager.get(url_of(Park, f"{worlds.mine.park.pk}/change/?_to_field=")).status_code == 200


def shows_list(answer: Any) -> bool:
    """Whether a list is shown, or its reader sent to the plain one as with an address that nobody understands."""
    return answer.status_code == 200 or (answer.status_code == 302 and answer.url.endswith("?e=1"))


def _cells(kind: str, content: bytes) -> str:
    if kind == "csv":
        return content.decode()
    sheet = load_workbook(BytesIO(content)).active
    return "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)


@every_admin
def test_a_foreign_row_is_like_an_absent_one(
    model: type[models.Model], model_admin: ScopedModelAdmin, manager: Client, worlds: Worlds
) -> None:
    """To operations after the first: that one, and the pages of a row, are tried by tests/contracts/test_matrix."""
    foreign = hidden_row(model, worlds.manager)
    for operation in model_admin.operations[1:] if model not in SHARED_BY_ALL else ():
        assert foreign is not None, "the other world has no row of this model: add one in conftest"
        for method in (manager.get, manager.post):
            first, second = (
                _without(method(url_of(model, f"{key}/do/{operation.name}/")), key)
                for key in (foreign.pk, absent_key(model))
            )
            assert first == second, (operation.name, method)
            assert first[0] in (403, 404)
            assert worlds.other.canary not in first[1]
    for malformed in ("abc", "1.5", "9" * 30, "%00", "0x1"):
        assert manager.get(url_of(model, f"{malformed}/change/")).status_code in (403, 404)


def _without(answer: Any, key: Any) -> tuple[int, str]:
    """Status and body of an answer without the key asked for and without what differs from page to page."""
    body = re.sub(r"\w{32,}|[0-9a-f-]{36}", "", answer.content.decode())
    return answer.status_code, body.replace(f"/{key}/", "/")


@every_admin
def test_rights_follow_the_policy(
    model: type[models.Model],
    model_admin: ScopedModelAdmin,
    as_user: Callable[[User], Client],
    worlds: Worlds,
) -> None:
    for role in (Role.PARK_FINANCE, Role.PROVINCE_ANALYST):
        user = worlds.mine.users[role]
        actor, client = user_actor(user), as_user(user)
        adds = "add" in model_admin.writes and may(actor, "add", model)
        assert client.get(url_of(model, "add/")).status_code == (200 if adds else 403)
        row = visible_to(model._default_manager.all(), actor).order_by("pk").first()
        if row is not None:
            assert client.get(url_of(model, f"{row.pk}/change/")).status_code == 200
            assert client.get(url_of(model, f"{row.pk}/delete/")).status_code == 403
            sees_audit = may(actor, VIEW, AuditEntry)
            assert client.get(url_of(model, f"{row.pk}/history/")).status_code == (200 if sees_audit else 403)


@every_admin
def test_own_rows_can_be_opened_by_the_superuser(
    model: type[models.Model], model_admin: ScopedModelAdmin, root: Client
) -> None:
    row = model._default_manager.order_by("pk").first()
    assert row is not None, "no row of this model: add one in conftest"
    assert root.get(url_of(model, f"{row.pk}/change/")).status_code == 200
    assert root.get(url_of(model, f"{row.pk}/history/")).status_code == 200
    for operation in model_admin.operations:
        assert root.get(url_of(model, f"{row.pk}/do/{operation.name}/")).status_code == 200
    if "add" in model_admin.writes:
        assert root.post(url_of(model, "add/"), {}).status_code == 200


@every_admin
def test_only_declared_lookups_are_understood(
    model: type[models.Model], model_admin: ScopedModelAdmin, manager: Client, worlds: Worlds
) -> None:
    asked = HttpRequest()
    asked.actor = worlds.manager  # type: ignore[attr-defined]
    for field in model._meta.fields:
        for lookup in ("", "__startswith", "__contains", "__regex", "__gt", "__in", "__isnull"):
            assert not model_admin.lookup_allowed(f"{field.name}{lookup}", "1", asked)
        if field.is_relation:
            for inner in field.related_model._meta.fields:  # type: ignore[union-attr]
                assert not model_admin.lookup_allowed(f"{field.name}__{inner.name}__startswith", "1", asked)
    if may(worlds.manager, VIEW, model):
        assert manager.get(url_of(model, f"?{model._meta.pk.name}__gt=1")).status_code == 400
        assert manager.get(url_of(model, "?_to_field=password")).status_code == 400


@every_admin
@pytest.mark.both_databases
def test_a_filter_does_not_name_a_foreign_row(
    model: type[models.Model], model_admin: ScopedModelAdmin, manager: Client, worlds: Worlds
) -> None:
    if not may(worlds.manager, VIEW, model):
        return
    filters = _related_filters(model, model_admin)
    if not filters:
        return
    foreign = {
        name: getattr(hidden_row(field.related_model, worlds.manager), "pk", 1) for name, field in filters
    }
    for keys in (
        foreign,
        dict.fromkeys(foreign, "abc"),
        dict.fromkeys(foreign, "\0"),
        dict.fromkeys(foreign, "9" * 30),
    ):
        answer = manager.get(url_of(model), keys)
        assert shows_list(answer)
        shared = {model, *(field.related_model for _name, field in filters)} & SHARED_BY_ALL
        assert shared or worlds.other.canary not in answer.content.decode()


def _related_filters(model: type[models.Model], model_admin: ScopedModelAdmin) -> list[tuple[str, Any]]:
    paths = [item for item in model_admin.list_filter if isinstance(item, tuple)]
    fields = [(item, field_at(model, item[0])) for item in paths]
    return [(parameters_of(model, item).pop(), field) for item, field in fields if field.is_relation]


@every_admin
def test_autocomplete_offers_own_rows_only(
    model: type[models.Model], model_admin: ScopedModelAdmin, manager: Client, worlds: Worlds
) -> None:
    """Each relation of the model, whether a form uses it or not."""
    for field in model._meta.fields:
        if not field.is_relation:
            continue
        query = {
            "app_label": model._meta.app_label,
            "model_name": model._meta.model_name,
            "field_name": field.name,
        }
        for term in ("", worlds.other.canary.lower(), "\0"):
            answer = manager.get("/admin/autocomplete/", {**query, "term": term})
            assert answer.status_code in (200, 403, 404)
            assert field.related_model in SHARED_BY_ALL or worlds.other.canary not in answer.content.decode()


@every_admin
def test_a_row_of_an_add_form_holds_one_moment(
    model: type[models.Model], model_admin: ScopedModelAdmin, root: Client
) -> None:
    """Two with their dates and times are wider than a laptop's screen: the second has no label then."""
    if "add" in model_admin.writes:
        form = root.get(url_of(model, "add/")).context["adminform"]
        wide = [
            [one.field.name for one in line] for fieldset in form for line in fieldset if _moments(line) > 1
        ]
        assert wide == []


def _moments(line: Any) -> int:
    return sum(isinstance(one.field.field, SplitDateTimeField) for one in line)


def test_declared_autocompletes_answer(root: Client) -> None:
    """Those of the lists and forms, and those of the pages that ask before an operation."""
    for _model, model_admin in REGISTERED:
        for operation in model_admin.operations:
            for name, field in operation.form.base_fields.items():
                relation = getattr(field.widget, "field", None)
                if relation is not None:
                    where = {"app_label": relation.model._meta.app_label, "field_name": relation.name}
                    query = {**where, "model_name": relation.model._meta.model_name}
                    answer = root.get("/admin/autocomplete/", query)
                    assert answer.status_code == 200, (operation.name, name)
    for model, model_admin in REGISTERED:
        declared = set(model_admin.autocomplete_fields)
        declared |= {
            item[0] for item in model_admin.list_filter if isinstance(item, tuple) and "__" not in item[0]
        }
        for name in declared:
            if not model._meta.get_field(name).is_relation:
                continue
            query = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": name,
            }
            assert root.get("/admin/autocomplete/", query).status_code == 200, (model, name)


def test_site_pages_reveal_nothing_of_the_other_world(manager: Client, worlds: Worlds) -> None:
    for address in ("/admin/", "/admin/parks/", "/admin/search/?s=a", "/admin/jsi18n/", "/admin/?park=beta"):
        answer = manager.get(address)
        assert answer.status_code == 200
        assert worlds.other.canary not in answer.content.decode()
    assert site.site_title
