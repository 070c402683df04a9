"""Fixtures for every app: the parts that a test may stand on, real ones, or a skip that says what is missing.

`make test` starts PostgreSQL and Redis once and names them in LIVEPARK_TEST_PG_URL and LIVEPARK_TEST_REDIS_URL;
under plain pytest the fixtures start what they need.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
import time_machine
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import migrated, servers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django import Settings

    from tests.factories import World

hypothesis_settings.register_profile(
    "livepark", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("livepark")

CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
REQUIRE_ALL = bool(os.environ.get("REQUIRE_ALL"))
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave files unread that have none of the marks which a part of the suite takes: most have none of a browser."""
    marks = os.environ.get("LIVEPARK_TEST_MARKS", "").split()
    if not marks or not collection_path.name.startswith("test_"):
        return None
    text = collection_path.read_text("utf-8")
    return None if any(f"mark.{mark}" in text for mark in marks) else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the long tests first, skip the other database's."""
    items.sort(key=lambda item: item.get_closest_marker("gate") is None)
    for item in items:
        if not ON_POSTGRES and (item.get_closest_marker("postgres") or item.get_closest_marker("worker")):
            item.add_marker(
                pytest.mark.skip(reason="needs DATABASE_URL to name a PostgreSQL (make test does)")
            )


def pytest_collection_finish() -> None:
    """Leave what is loaded by now to no garbage collector: it would walk through all of it again and again."""
    gc.collect()
    gc.freeze()


def commits(item: pytest.Item) -> bool:
    """Whether a test writes for other connections to see."""
    mark = item.get_closest_marker("django_db")
    fixtures = getattr(item, "fixturenames", ())
    return "transactional_db" in fixtures or bool(mark and mark.kwargs.get("transaction"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """End the transaction of the file before a test that commits, and would wait for it."""
    if commits(item):
        for kept in item.session._fixturemanager.getfixturedefs("file_transaction", item) or ():
            kept.finish(item._request)  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under REQUIRE_ALL a skip is a failure: a suite that quietly tests less is not green.

    What a machine forbids whatever is installed is named in the table of what ran, and fails nothing.
    """
    report = yield
    forbidden = servers.FORBIDS in str(report.longrepr)
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail") and not forbidden:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped although REQUIRE_ALL is set: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _language_of_the_site() -> None:
    """A request leaves its language to the thread, and so to the test that comes next in it."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_emptied() -> Iterator[None]:
    """Between transactional tests Django empties every table, which append-only tables refuse: lift them meanwhile."""
    from django.test import TransactionTestCase

    from core.dbrules import lifted

    teardown = TransactionTestCase._fixture_teardown

    def lift_and_empty(case: TransactionTestCase) -> None:
        with lifted():
            teardown(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lift_and_empty)
        yield


@pytest.fixture(scope="session", autouse=True)
def _work_tables_stand() -> Iterator[None]:
    """Give each connection to SQLite the work tables of the figures from its start.

    A table made within a transaction lets SQLite read its whole schema again after every roll-back to a savepoint.
    """
    from django.db.backends.signals import connection_created

    from analytics.rollup.sql import WORK_TABLES

    def make(connection: Any, **_kwargs: Any) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                for name, columns in WORK_TABLES.items():
                    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} ({columns})")

    connection_created.connect(make)
    yield
    connection_created.disconnect(make)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Let the test database begin as a copy of a migrated one, in which migrate finds nothing left to do."""
    from django.db import connection

    create = connection.creation._create_test_db

    def create_copy(*args: Any, **kwargs: Any) -> str:
        name = create(*args, **kwargs)
        migrated.copy_sqlite(Path(name))
        return name

    with pytest.MonkeyPatch.context() as patch:
        if ON_POSTGRES:
            template = migrated.postgres_template(os.environ["DATABASE_URL"])
            patch.setitem(connection.settings_dict["TEST"], "TEMPLATE", template)
        else:
            patch.setattr(connection.creation, "_create_test_db", create_copy)
        yield


@pytest.fixture(scope="module")
def file_transaction(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """What is made once for a file: each test's own transaction lies inside, and nothing of it is kept."""
    from django.db import transaction

    users = (item for item in request.session.items if request.fixturename in item.fixturenames)
    waiting = [item.name for item in users if item.path == request.path and commits(item)]
    assert not waiting, f"what they commit waits for the transaction of their file: {waiting}"
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def mid_month() -> Iterator[None]:
    """A noon in the middle of a month, for what is recorded: on its first days a month holds little yet."""
    with time_machine.travel(datetime(2026, 11, 18, 4, tzinfo=UTC)):
        yield


@pytest.fixture(scope="module")
def told_world(file_transaction: None) -> World:
    """A world, which takes longer to tell than most tests to run, at the time that the file is in."""
    from tests.factories import make_world

    return make_world("alpha")


@pytest.fixture
def world(told_world: World, db: None) -> World:
    """The world in which most stories are told, for this test alone."""
    return deepcopy(told_world)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real sample data beside the checkout, which the project itself never reads."""
    folder = servers.ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip(f"no sample data at {folder}")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of an empty PostgreSQL database on a server made for this run."""
    with ExitStack() as stack:
        yield os.environ.get("LIVEPARK_TEST_PG_URL") or _start(stack, servers.postgres_server)


@pytest.fixture(scope="session")
def redis_url(worker_id: str) -> Iterator[str]:
    """The address of a Redis database that no other test process uses."""
    with ExitStack() as stack:
        address = os.environ.get("LIVEPARK_TEST_REDIS_URL") or _start(stack, servers.redis_server)
        yield f"{address}/{int(worker_id.removeprefix('gw')) if worker_id != 'master' else 0}"


def _start(stack: ExitStack, server: Callable[[], Any]) -> str:
    try:
        return str(stack.enter_context(server()))
    except servers.NotInstalled as missing:
        pytest.skip(str(missing))


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The address of the PostgreSQL database that this test writes to, for another process to use."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    user, password, host, port = (
        quote(str(connection.settings_dict[key])) for key in ("USER", "PASSWORD", "HOST", "PORT")
    )
    return f"postgres://{user}:{password}@{host}:{port}/{name}"


@pytest.fixture
def celery_worker(
    database_url: str, redis_url: str, tmp_path: Path, settings: Settings
) -> Iterator[Callable[..., servers.Server]]:
    """Start real Celery workers on this test's database and files: `celery_worker(beat=True)`; each is stopped.

    One takes the messages of every queue, or as `process` does in deploy/start. `under` names other settings than
    those of an installation.
    """
    settings.MEDIA_ROOT = tmp_path / "media"
    env = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "LIVEPARK_DATA_DIR": str(tmp_path),
    }
    routes = settings.CELERY_TASK_ROUTES.values()
    queues = sorted({settings.CELERY_TASK_DEFAULT_QUEUE, *(route["queue"] for route in routes)})

    with ExitStack() as stack:

        def start(
            *, under: str = "config.settings.dev", beat: bool = False, process: str = ""
        ) -> servers.Server:
            own = {**env, "DJANGO_SETTINGS_MODULE": under}
            taken = servers.queues_of(process) if process else queues
            return stack.enter_context(servers.celery_worker(own, queues=taken, beat=beat))

        yield start


@pytest.fixture(scope="session")
def live_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Site]:
    """A whole embedded site with the small demo, shared by the tests of one process."""
    with servers.live_site(tmp_path_factory.mktemp("site"), ("demo", "--tiny")) as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless, with an empty profile and no road to any other machine."""
    try:
        executable = servers.chromium_program()
    except servers.NotInstalled as missing:
        pytest.skip(str(missing))
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, which Django would take for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages, each in a browser of its own: `open_page(viewport={...}, locale="en")`.

    Fails the test when a page throws an error, breaks its content policy or asks another machine for anything.
    """
    faults: list[str] = []

    def asked(address: str) -> None:
        if urlsplit(address).hostname not in (None, "", "127.0.0.1"):
            faults.append(f"asked another machine for {address}")

    with ExitStack() as stack:

        def new(**options: Any) -> Page:
            context = chromium.new_context(**{"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options})
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: faults.append(f"threw {error}"))
            page.on(
                "console", lambda line: "Content Security Policy" in line.text and faults.append(line.text)
            )
            page.on("request", lambda request: asked(request.url))
            return page

        yield new
    assert not faults, faults


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """One page of a desk-sized browser."""
    return open_page(viewport={"width": 1280, "height": 800})
