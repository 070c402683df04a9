"""Rules of the house that no single app can keep alone: imports, migrations, tasks."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django import forms
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.forms import BaseForm
from django.urls import get_resolver

from config.beat import BEAT, ON_RING
from tests import servers

APPS = ("core", "parks", "tenants", "livestreams", "supplychain", "analytics")


def test_imports_point_one_way() -> None:
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-logo", "--no-cache"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


@pytest.mark.django_db
@pytest.mark.both_databases
def test_models_and_database_agree_with_the_migrations() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_migrations_are_named() -> None:
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app / "migrations").glob("[0-9]*.py"):
            assert "_auto_" not in path.name, path
            assert not path.stem.endswith("_initial"), path


def test_no_message_hides_in_a_format_string() -> None:
    """Babel, which makes the catalogue, does not look into f-strings: such a text is never translated."""
    hidden = []
    for app in (*APPS, "config"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            for text in (
                node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.JoinedStr)
            ):
                names = {ast.unparse(node.func) for node in ast.walk(text) if isinstance(node, ast.Call)}
                if names & {"_", "gettext", "ngettext", "gettext_lazy", "ngettext_lazy"}:
                    hidden.append(f"{path}:{text.lineno}")
    assert hidden == []


# Written by hand, "closed" soon means two things: that a day is set, and that it has come.
BY_HAND = re.compile(r"(^|__)closed_on(__isnull|__gte?|__lte?)?$")


def test_what_is_closed_is_asked_by_one_condition() -> None:
    """`core.days.open_on`, for which a day to come closes nothing yet."""
    found = []
    for app in (*APPS, "config"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            place = path.relative_to(settings.BASE_DIR)
            if {"models", "migrations"} & set(place.parts):
                continue
            found += [
                f"{place}:{call.lineno}"
                for call in ast.walk(ast.parse(path.read_text()))
                if isinstance(call, ast.Call)
                and ast.unparse(call.func).rpartition(".")[2] in ("Q", "filter", "exclude", "get")
                and any(BY_HAND.search(word.arg or "") for word in call.keywords)
            ]
    assert found == []


# They read a stream or a file that is gone after the first attempt; what import_run writes is tried again by itself.
READ_ONCE = {"reports_keep", "import_stage", "import_run"}


def opens_transaction(node: ast.AST) -> bool:
    """Whether a function does so itself, as a whole or in part."""
    nested = (ast.FunctionDef, ast.Lambda, ast.ClassDef)
    if isinstance(node, ast.expr) and ast.unparse(node).startswith("transaction.atomic"):
        return True
    return any(
        opens_transaction(child) for child in ast.iter_child_nodes(node) if not isinstance(child, nested)
    )


def test_a_service_is_tried_again_as_a_whole() -> None:
    """`@retried` stands outside of its transaction: a deadlock with somebody else is no answer to a caller."""
    lacking = set()
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            if {"migrations", "demo"} & set(path.parts):
                continue
            for node in ast.parse(path.read_text()).body:
                if (
                    isinstance(node, ast.FunctionDef)
                    and not node.name.startswith("_")
                    and "actor" in {each.arg for each in node.args.kwonlyargs}
                    and opens_transaction(node)
                    and [ast.unparse(each) for each in node.decorator_list[:1]] != ["retried"]
                ):
                    lacking.add(node.name)
    assert lacking == READ_ONCE


def own_tasks() -> dict[str, object]:
    current_app.loader.import_default_modules()
    return {name: task for name, task in current_app.tasks.items() if name.split(".")[0] in APPS}


def test_tasks_are_doors() -> None:
    """A name of its own, a queue, at most ids in, one call out."""
    tasks = own_tasks()
    assert tasks
    for name, task in tasks.items():
        function = task.run  # type: ignore[attr-defined]
        assert name == f"{function.__module__}.{function.__name__}"
        for parameter in inspect.signature(function).parameters.values():
            assert parameter.annotation in ("int", "str"), f"{name}({parameter})"
        tree = ast.parse(inspect.getsource(function)).body[0]
        assert isinstance(tree, ast.FunctionDef)
        statements = [
            node for node in tree.body if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call)
        ]
        assert len(statements) == 1, f"{name} does more than call one service"
        assert 'name="' in inspect.getsource(sys.modules[function.__module__]), f"{name} has no explicit name"


def test_every_task_runs_by_itself() -> None:
    """By the beat table, so that a lost message is repaired; what is rung is also in the table."""
    assert set(own_tasks()) == set(BEAT)
    assert set(BEAT) >= ON_RING


def test_every_task_is_routed() -> None:
    router = current_app.amqp.router
    queues = {name: router.route({}, name)["queue"].name for name in own_tasks()}
    assert set(queues.values()) == {"rollup", "jobs", "webhooks", "default"}
    assert queues["analytics.tasks.drain"] == "rollup"
    assert [name for name, queue in queues.items() if queue == "webhooks"] == ["core.tasks.send_webhooks"]


def test_a_line_of_text_is_one_in_every_form() -> None:
    """Without control characters, as in the API."""
    assert get_resolver().url_patterns, "all pages are known, and with them their forms"

    def below(kind: type) -> Iterator[Any]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    ours = [form for form in below(BaseForm) if form.__module__.partition(".")[0] in APPS]
    assert len(ours) > 50
    assert not [
        f"{form.__module__}.{form.__qualname__}.{name}"
        for form in ours
        for name, field in form.base_fields.items()
        if type(field) is forms.CharField and isinstance(field.widget, forms.TextInput)
    ]


def test_no_log_of_the_proxy_has_the_secret_of_a_node() -> None:
    """It may be the last part of the address, which nginx writes into both of its logs."""
    proxy = (servers.ROOT / "deploy/nginx.conf").read_text("utf-8")
    logs = dict(re.findall(r"log_format (\w+) '([^']*)'", proxy))
    (hooks,) = re.findall(r"location /api/v1/stream-hooks/ \{(.*?)\n    \}", proxy, re.DOTALL)
    (log,) = re.findall(r"access_log \S+ (\w+);", hooks)
    assert "$status" in logs[log]
    for told in ("uri", "request_uri", "request ", "args", "document_uri", "http_referer"):
        assert f"${told}" not in logs[log]
    assert "error_log /dev/null" in hooks
    assert re.search(r"server \{\n[^{}]*^    error_log \S+ crit;", proxy, re.MULTILINE), "keys of screens"


def test_every_queue_has_one_process_that_takes_its_messages() -> None:
    """By deploy/start, whose processes deploy/livepark@.service and docs/operations.md name."""
    router = current_app.amqp.router
    processes = ("worker", "jobs", "deliveries")
    taken = [queue for process in processes for queue in servers.queues_of(process)]
    assert sorted(taken) == sorted({router.route({}, name)["queue"].name for name in own_tasks()})
    assert servers.queues_of("deliveries") == ["webhooks"], "whoever waits for others does nothing else"
    assert servers.queues_of("jobs") == ["jobs"], "two imports of an hour must not stop the count"
    start, unit, proxy, manual = (
        (servers.ROOT / path).read_text("utf-8")
        for path in ("deploy/start", "deploy/livepark@.service", "deploy/nginx.conf", "docs/operations.md")
    )
    for process in (*processes, "beat"):
        assert re.search(rf"^ +{process}\) ", start, re.MULTILINE), process
    for process in ("pages", "hooks", "events"):
        port = re.search(rf"^ +{process}\) .* --port (\d+) ", start, re.MULTILINE)
        assert port, process
        assert re.search(rf"upstream livepark_{process} +{{ server 127.0.0.1:{port[1]};", proxy), process
        assert f"proxy_pass http://livepark_{process};" in proxy
    for process in (*processes, "pages", "hooks", "events", "beat"):
        assert f"livepark@{process}" in unit
        assert re.search(rf"`(livepark@)?{process}`", manual), process
