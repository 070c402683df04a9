"""/health answers for monitors: fine, or 503 with the part that is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from health_check.exceptions import ServiceUnavailable

from core import buckets, clock, jobs
from core.choices import JobState, WebhookEvent
from core.health import Disk
from core.jobs import job_resume
from core.models import BucketMark, Job, WebhookDelivery
from core.webhooks.endpoints import webhook_create, webhook_pause, webhook_resume
from core.webhooks.outbox import tell
from tests.factories import SYSTEM, make_park
from tests.scaled.conftest import wait_until

# The checks run in threads of their own, which see only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def status(client: Client) -> int:
    return client.get("/health", headers={"Accept": "application/json"}).status_code


def test_a_resting_site_is_healthy(client: Client) -> None:
    assert status(client) == 200


@pytest.mark.postgres
def test_a_monitor_may_ask_as_often_as_it_likes(client: Client) -> None:
    """Checks run beside the request; four questions that kept their connections left no page of the process any."""

    def sessions() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND backend_type = 'client backend'"
            )
            return int(cursor.fetchone()[0])

    before = sessions()
    assert [status(client) for _minute in range(3)] == [200] * 3
    wait_until(lambda: sessions() == before, seconds=5)


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


def test_a_job_that_goes_on_waits_since_then_and_not_since_it_was_made(client: Client) -> None:
    """Resumed by hand, or by who thought better of a pause that its handler had noticed already."""
    long_ago = clock.now() - timedelta(hours=3)
    paused, noticed = (Job.objects.create(kind="x") for _number in range(2))
    Job.objects.update(created_at=long_ago, heartbeat_at=long_ago)
    Job.objects.filter(pk=paused.pk).update(state=JobState.PAUSED)
    job_resume(actor=SYSTEM, uid=str(paused.uid))
    Job.objects.filter(pk=noticed.pk).update(state=JobState.RUNNING)
    jobs._wait(jobs.JobContext(noticed, noticed.attempt))
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.QUEUED}
    assert status(client) == 200
    Job.objects.filter(pk=noticed.pk).update(heartbeat_at=clock.now() - timedelta(minutes=11))
    assert status(client) in (500, 503)


def test_a_data_folder_that_takes_nothing_is_not() -> None:
    Disk(least=1).run()
    with pytest.raises(ServiceUnavailable, match="MiB are free"):
        Disk(least=2**60).run()


def test_messages_that_nobody_sends_are_not(client: Client) -> None:
    park = make_park("ill")
    endpoint, _secret = webhook_create(
        actor=SYSTEM,
        node=park.node,
        name="ERP",
        url="https://erp.example/",
        events=[WebhookEvent.SESSION_ENDED],
    )
    for key in ("one", "two"):
        tell(WebhookEvent.SESSION_ENDED, [park.pk], key=key, data=dict)
    WebhookDelivery.objects.update(next_try_at=clock.now() - timedelta(minutes=9))
    assert status(client) == 200
    WebhookDelivery.objects.update(next_try_at=clock.now() - timedelta(minutes=11))
    assert status(client) in (500, 503)
    WebhookDelivery.objects.filter(key="two").update(last_try_at=clock.now() - timedelta(minutes=9))
    assert status(client) == 200, "somebody sends, and is behind"
    WebhookDelivery.objects.update(last_try_at=clock.now() - timedelta(minutes=11))
    assert status(client) in (500, 503)
    webhook_resume(actor=SYSTEM, endpoint=webhook_pause(actor=SYSTEM, endpoint=endpoint))
    assert status(client) == 200, "what waited for a receiver that was paused is due from now on"
