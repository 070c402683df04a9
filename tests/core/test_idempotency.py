"""The same key and body get the same bytes and one effect; another body is refused; a failure keeps nothing."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from core.audit import record
from core.errors import Unprocessable
from core.idempotency import Answer, answer_once
from core.models import AuditEntry, IdempotencyRecord
from tests.factories import SYSTEM


def once(key: str = "k", body: bytes = b"{}", credential: str = "key:1") -> Answer:
    def effect() -> Answer:
        record(actor=SYSTEM, verb="effect", object_type="test")
        return Answer(201, f'{{"n": {AuditEntry.objects.filter(verb="effect").count()}}}')

    return answer_once(credential=credential, path="/x", key=key, body=body, effect=effect)


@pytest.mark.both_databases
@pytest.mark.django_db
def test_the_first_answer_is_repeated_to_the_byte() -> None:
    first, again = once(), once()
    assert (again.status, again.text) == (first.status, first.text) == (201, '{"n": 1}')
    assert (first.replayed, again.replayed) == (False, True)
    assert AuditEntry.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db
def test_keys_belong_to_their_credential_and_their_body() -> None:
    once()
    assert not once(credential="key:2").replayed
    with pytest.raises(Unprocessable):
        once(body=b"[]")
    for bad in ("x" * 201, "a\x00b"):
        with pytest.raises(Unprocessable):
            once(key=bad)
    assert AuditEntry.objects.count() == 2


@pytest.mark.both_databases
@pytest.mark.django_db
def test_a_failed_effect_keeps_nothing() -> None:
    def effect() -> Answer:
        record(actor=SYSTEM, verb="effect", object_type="test")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer_once(credential="key:1", path="/x", key="k", body=b"", effect=effect)
    assert not IdempotencyRecord.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_many_at_once_have_one_effect() -> None:
    answers: list[Answer] = []

    def call() -> None:
        try:
            answers.append(once())
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.text for answer in answers} == {'{"n": 1}'}
    assert len(answers) == 16
    assert sum(not answer.replayed for answer in answers) == 1
    assert AuditEntry.objects.count() == 1
