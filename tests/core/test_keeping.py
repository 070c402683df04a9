"""What is kept, and what goes: files that broke off, log-ins that are over."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage

from core import clock, storage, tasks
from core.jobs import JobPaused
from core.management.commands.serve import Command


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


def test_a_site_may_listen_by_the_new_protocol_too() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    Command()._require_free("::1", 0)
