"""The ways by which order lines come in, and what each says to them, in one form: a verdict that can be compared."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from core.errors import DomainError
from core.models import AuditEntry
from supplychain.models import ImportBatch
from supplychain.services.imports import import_run
from tests.contracts.matrix import Matrix
from tests.factories import SYSTEM

# What a refused file leaves behind: the file itself, and who sent it.
OF_FILES = (ImportBatch, AuditEntry)


class Says(NamedTuple):
    """A verdict. Rows are counted as the sender counts: from 0 in a request, by line in a file."""

    status: int | str
    code: str
    field: str = ""
    row: int | None = None


def nothing_stored(besides: tuple[type, ...], do: Callable[[], Says]) -> Says:
    """The verdict on something; where it changes how many rows a table has, that takes the place of its code."""
    models = [model for model in apps.get_models() if model not in besides]
    with transaction.atomic():
        before = {model._meta.label: model._base_manager.count() for model in models}
        verdict = do()
        changed = [
            model._meta.label for model in models if model._base_manager.count() != before[model._meta.label]
        ]
        transaction.set_rollback(True)
    return verdict._replace(code=f"{verdict.code} and stored {changed}") if changed else verdict


def call(
    matrix: Matrix, path: str, body: bytes, content_type: str = "application/json", key: str = ""
) -> Any:
    headers = {"Authorization": f"Bearer {key or matrix.caller('tool').secret}"}
    return Client().generic("POST", f"/api/v1/{path}", body, content_type, headers=headers)


def said(answer: Any) -> Says:
    """The verdict of an answer of the API; of several reasons the first."""
    body = answer.json()
    if answer.status_code < 400:
        return Says(answer.status_code, "")
    assert answer["Content-Type"] == "application/problem+json"
    reason = next(iter(body.get("errors", [])), body)
    return Says(answer.status_code, reason["code"], reason.get("field", ""), reason.get("row"))


def of_batch(batch: ImportBatch) -> Says:
    """The verdict on a file that could be read: on its first bad row, or that it is imported."""
    problem = next(iter(batch.report["problems"]), {"code": "", "field": "", "row": None})
    return Says(batch.state, problem["code"], problem["field"], problem["row"])


def send(content_type: str, matrix: Matrix, body: bytes, folder: Path) -> Says:
    return said(call(matrix, "orders/bulk?atomic=true", body, content_type))


def upload(matrix: Matrix, body: bytes, folder: Path) -> Says:
    address = reverse("portal-imports", args=[matrix.alpha.tenants[0].tenant.code])
    file = SimpleUploadedFile("f.csv", body)
    page: Any = matrix.caller("owner").call("POST", address, {"file": file})
    if page.status_code != 302:
        ((reason,),) = page.context["form"].errors.as_data().values()
        return Says(page.status_code, reason.code)
    batch = ImportBatch.objects.latest("id")
    import_run(actor=SYSTEM, batch=batch, progress=lambda *_: None)
    return of_batch(batch)


def command(matrix: Matrix, body: bytes, folder: Path) -> Says:
    path = folder / "f.csv"
    path.write_bytes(body)
    out = StringIO()
    tenant = matrix.alpha.tenants[0].tenant.code
    try:
        with translation.override("en"):
            call_command("import_orders", str(path), tenant=tenant, stdout=out, skip_checks=True)
    except CommandError as error:
        if isinstance(error.__cause__, DomainError):
            return Says(error.__cause__.status, error.__cause__.code)
    with translation.override("en"):
        verdict = of_batch(ImportBatch.objects.latest("id"))
    assert verdict.row is None or f"line {verdict.row}: {verdict.field} " in out.getvalue()
    return verdict


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    out = StringIO()
    table = csv.DictWriter(out, rows[0])
    table.writeheader()
    table.writerows(rows)
    return out.getvalue().encode()


class Door(NamedTuple):
    """A way for order lines: how rows are written, what takes them, what it says where one row is bad, its number."""

    write: Callable[[list[dict[str, Any]]], bytes]
    send: Callable[[Matrix, bytes, Path], Says]
    refused: int | str
    second_row: int


DOORS = {
    "json": Door(lambda rows: json.dumps(rows).encode(), partial(send, "application/json"), 400, 2),
    "ndjson": Door(
        lambda rows: "\n".join(map(json.dumps, rows)).encode(), partial(send, "application/x-ndjson"), 400, 2
    ),
    "csv": Door(as_csv, partial(send, "text/csv"), 400, 2),
    "upload": Door(as_csv, upload, "refused", 3),
    "command": Door(as_csv, command, "refused", 3),
}
FILES = ("upload", "command")
