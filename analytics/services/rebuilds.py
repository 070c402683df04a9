"""Rebuilding all figures as a job with progress."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from analytics import rollup
from core import jobs
from core.actors import Actor
from core.errors import Refused
from core.jobs import JobContext
from core.models import Job

REBUILD = "analytics.rebuild"


def figures_rebuild(*, actor: Actor) -> Job:
    """Queue a rebuild of every figure from the ledger. Refused to all but the operator of the installation."""
    if not actor.unrestricted:
        raise Refused(_("You may not do this here."))
    return jobs.job_start(actor=actor, kind=REBUILD, params={})


@jobs.handles(REBUILD)
def run_rebuild(context: JobContext) -> dict[str, Any]:
    """Rebuild some tenants at a time; a worker that takes over goes on after the last step that was committed."""
    lines = rollup.rebuild(
        lambda done, total, tenant: context.progress(done, total, checkpoint={"after": tenant}),
        after=context.checkpoint.get("after", 0),
    )
    return {"lines": lines}
