"""/health answers for monitors: fine, or 503 with the part that is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from core import buckets, clock
from core.models import BucketMark, Job
from tests.factories import make_park

# The checks run in threads of their own, which see only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def status(client: Client) -> int:
    return client.get("/health", headers={"Accept": "application/json"}).status_code


def test_a_resting_site_is_healthy(client: Client) -> None:
    assert status(client) == 200


def test_uncounted_work_is_not(client: Client) -> None:
    park = make_park("ill")
    buckets.mark(buckets.SALES, [(park.pk, 1)])
    assert status(client) == 200
    BucketMark.objects.update(marked_at=clock.now() - timedelta(minutes=6))
    assert status(client) in (500, 503)
    BucketMark.objects.all().delete()
    Job.objects.create(kind="x")
    Job.objects.update(created_at=clock.now() - timedelta(minutes=11))
    assert status(client) in (500, 503)
