"""What is kept, and what goes: files that broke off, log-ins that are over."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Event

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage

from core import clock, storage, tasks
from core.jobs import JobPaused
from core.management.commands.serve import Command
from tests.servers import FORBIDS


def test_of_a_file_that_breaks_off_nothing_stays() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise JobPaused

    with pytest.raises(JobPaused):
        storage.keep("broken", chunks(), suffix=".csv", limit=100)
    assert default_storage.listdir("broken")[1] == []


@pytest.mark.both_databases
@pytest.mark.django_db
def test_log_ins_that_are_over_are_forgotten() -> None:
    over, open_ = SessionStore(), SessionStore()
    for session in (over, open_):
        session.save()
    Session.objects.filter(pk=over.session_key).update(expire_date=clock.now() - timedelta(seconds=1))
    assert tasks.forget_old_sessions() == 1
    assert Session.objects.get().pk == open_.session_key


def test_a_site_listens_to_its_own_machine_unless_it_is_opened() -> None:
    parser = Command().create_parser("manage.py", "serve")
    assert parser.parse_args([]).host == "127.0.0.1"


def test_the_makefile_leaves_the_site_to_its_own_machine_too() -> None:
    assert "\nHOST = 127.0.0.1\n" in (Path(settings.BASE_DIR) / "Makefile").read_text("utf-8")


@pytest.mark.parametrize(
    ("host", "opens", "hint"),
    [("0.0.0.0", True, False), ("127.0.0.1", False, True), ("192.168.1.20", False, False)],  # noqa: S104
)
def test_a_site_says_to_whom_it_is_open(
    monkeypatch: pytest.MonkeyPatch, host: str, opens: bool, hint: bool
) -> None:
    opened, out = Event(), StringIO()
    monkeypatch.setattr("core.management.commands.serve.open_to_network", opened)
    Command(stdout=out)._tell_addresses(host, 8000)
    assert opened.is_set() == opens
    assert ("HOST=0.0.0.0" in out.getvalue()) == hint


def test_a_site_may_listen_by_the_new_protocol_too() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip(f"{FORBIDS}IPv6")
    Command()._require_free("::1", 0)
