"""Quality certificates: handed in by the firm, accepted or refused by its park."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from pathlib import PurePosixPath

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock, storage
from core.actors import Actor
from core.errors import InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD, CHANGE
from core.records import save_clean
from core.scoping import get_visible, require
from livestreams.errors import WrongState
from supplychain.choices import CERTIFICATE_TRANSITIONS, CertificateState
from supplychain.models import Product, QualityCertificate, Sku

FOLDER = "certificates"
LARGEST_FILE = 10 * 2**20
# How a file begins, by its suffix: a browser is never given anything else under these names.
FILES = {".pdf": b"%PDF-", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff", ".png": b"\x89PNG\r\n\x1a\n"}
HANDED_IN = ("product_id", "sku_id", "kind", "number", "issuer", "valid_from", "valid_until", "file_name")
DECIDED = ("state", "reason")


def certificate_add(
    *,
    actor: Actor,
    product: Product,
    kind: str,
    number: str,
    issuer: str,
    valid_from: date,
    valid_until: date | None = None,
    sku: Sku | None = None,
    file_name: str = "",
    chunks: Iterable[bytes] = (),
) -> QualityCertificate:
    """Hand in a certificate of a product, or of one of its SKUs, with a file (PDF, JPEG or PNG) if there is one.

    InvalidInput for one that is over, impossible days, a file of another kind, and one that is handed in already.
    """
    require(actor, ADD, QualityCertificate, product.tenant_id)
    get_visible(Product, actor, pk=product.pk)
    if sku is not None and sku.product_id != product.pk:
        raise InvalidInput(_("The SKU is of another product."), code="other_product", field="sku")
    if valid_until is not None and valid_until < max(valid_from, clock.today()):
        raise InvalidInput(_("This certificate is over."), code="range", field="valid_until")
    suffix = PurePosixPath(file_name).suffix.lower()
    stored = (
        storage.keep(FOLDER, _plain(chunks, suffix), suffix=suffix, limit=LARGEST_FILE) if file_name else ""
    )
    try:
        return _store(
            actor,
            QualityCertificate(
                tenant_id=product.tenant_id,
                product=product,
                sku=sku,
                kind=kind,
                number=number.strip(),
                issuer=issuer.strip(),
                valid_from=valid_from,
                valid_until=valid_until,
                file_name=PurePosixPath(file_name.replace("\\", "/")).name[:255],
                stored_file=stored,
            ),
        )
    except Exception:
        if stored:
            storage.discard(stored)
        raise


@retried
def certificate_accept(*, actor: Actor, certificate: QualityCertificate) -> QualityCertificate:
    """The park has checked it: from now on its goods may be shown live, as long as it is valid."""
    return _decide(actor, certificate, CertificateState.ACCEPTED, "")


@retried
def certificate_refuse(*, actor: Actor, certificate: QualityCertificate, reason: str) -> QualityCertificate:
    """The park does not accept it, or does so no longer, and says why."""
    if not reason.strip():
        raise InvalidInput(_("Say why."), code="required", field="reason")
    return _decide(actor, certificate, CertificateState.REFUSED, reason.strip())


@retried
def certificate_withdraw(*, actor: Actor, certificate: QualityCertificate) -> QualityCertificate:
    """The firm takes back what was not checked yet."""
    require(actor, CHANGE, QualityCertificate, certificate.tenant_id)
    with transaction.atomic():
        held = _held(actor, certificate, CertificateState.WITHDRAWN)
        return _turn(actor, held, CertificateState.WITHDRAWN, "certificate.withdraw")


def _decide(
    actor: Actor, certificate: QualityCertificate, state: CertificateState, reason: str
) -> QualityCertificate:
    with transaction.atomic():
        held = _held(actor, certificate, state)
        # Of its park: what a firm handed in is not accepted by itself.
        require(actor, CHANGE, QualityCertificate, held.tenant.node.parent_id)
        held.reason, held.decided_at, held.decided_by_id = reason, clock.now(), actor.user_id
        verb = "certificate.accept" if state == CertificateState.ACCEPTED else "certificate.refuse"
        return _turn(actor, held, state, verb)


def _held(actor: Actor, certificate: QualityCertificate, state: CertificateState) -> QualityCertificate:
    lock_row(QualityCertificate, certificate.pk)
    held: QualityCertificate = get_visible(QualityCertificate, actor, pk=certificate.pk)
    if state not in CERTIFICATE_TRANSITIONS[held.state]:
        raise WrongState(
            _("This certificate is %(state)s already.") % {"state": held.get_state_display()}, code="decided"
        )
    return held


def _turn(actor: Actor, held: QualityCertificate, state: CertificateState, verb: str) -> QualityCertificate:
    before = audit.snapshot(held, DECIDED)
    held.state = state
    held.save()
    audit.record(
        actor=actor,
        verb=verb,
        obj=held,
        node_id=held.tenant_id,
        before=before,
        after=audit.snapshot(held, DECIDED),
    )
    return held


@retried
@transaction.atomic
def _store(actor: Actor, row: QualityCertificate) -> QualityCertificate:
    save_clean(row)
    after = audit.snapshot(row, HANDED_IN)
    audit.record(actor=actor, verb="certificate.add", obj=row, node_id=row.tenant_id, after=after)
    return row


def _plain(chunks: Iterable[bytes], suffix: str) -> Iterator[bytes]:
    """The stream of a file that begins as its name says. InvalidInput for any other."""
    stream = iter(chunks)
    first = next(stream, b"")
    if suffix not in FILES or not first.startswith(FILES[suffix]):
        raise InvalidInput(_("Choose a PDF, JPEG or PNG file."), code="file", field="file")
    return chain((first,), stream)
