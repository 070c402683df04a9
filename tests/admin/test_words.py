"""Words, typed with commas between them, and those that lists are searched for."""

from __future__ import annotations

import pytest
from django.test import Client

from core.models import Job
from livestreams.models import LiveRoom
from tests.admin.conftest import Worlds, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize("words", ["camera, a\0b", "x" * 65])
def test_words_that_no_database_keeps_are_refused_at_their_field(
    manager: Client, worlds: Worlds, words: str
) -> None:
    posted = {
        "park": worlds.mine.park.pk,
        "code": "words",
        "name_zh": "词",
        "hourly_rate": "1",
        "capacity": "1",
        "setup_minutes": "0",
        "opens_at": "00:00",
        "closes_at": "00:00",
        "opened_on": "2025-01-01",
    }
    answer = manager.post(url_of(LiveRoom, "add/"), {**posted, "equipment": words})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["equipment"]


@pytest.mark.parametrize("words", ["x" * 60_000, "x " * 1_500])
def test_words_beyond_all_reason_find_nothing(words: str, manager: Client, worlds: Worlds) -> None:
    answer = manager.get(url_of(Job), {"q": words})
    assert (answer.status_code, answer.context["cl"].result_count) == (200, 0)
    assert "超过 200 个字符的内容不予搜索。" in answer.text
