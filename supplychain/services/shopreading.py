"""Messages of shops become what the ledger knows: read one by one, each in one transaction with what it changes.

Whoever dies over a message leaves it as it was, and two who read at once read those of different sellers: each seller's
are read in the order in which they came. A seller whose facts somebody holds, as an import does, is passed over and
waited for once all others are read. What cannot be understood is put aside with its reason, and read again when
somebody has mended the cause.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from msgspec.structs import replace

from core import audit, clock, doorbell
from core.actors import Actor, system_actor
from core.errors import Busy, Conflict, DomainError, InvalidInput
from core.locking import is_transient, is_unavailable, lock_row, retried
from core.policy import CHANGE
from core.scoping import get_visible
from core.words import gettext as _
from core.words import join, unpack
from supplychain.attribution.lines import order_of
from supplychain.choices import SHOP_MESSAGE_UNREAD, SalesKind, ShopFault, ShopMessageState
from supplychain.facts import SaleFact
from supplychain.importing import PROFILES
from supplychain.models import SalesEvent, ShopMessage
from supplychain.samenumber import PLATFORMS
from supplychain.services.lines import DUPLICATE, STORED
from supplychain.services.references import try_lock_facts, wait_for_facts
from supplychain.services.sales import record_facts
from supplychain.services.standing import Rows, give_way
from supplychain.services.toldelsewhere import BACK, sources_told, told_by
from supplychain.services.undone import Undone
from supplychain.shophooks import SHOPS, Facts, Meaning, News, Unclear
from supplychain.shophooks.standard import EXPORTED, reasons

log = structlog.get_logger("livepark.shops")
SYSTEM = system_actor("shops")
# Which facts of a source give way to those of a finer export, whatever door they come through.
STANDING = {profile.source: profile.standing for profile in PROFILES.values() if profile.standing is not None}
OUTCOME = (
    "state",
    "order_no",
    "news",
    "stored",
    "known",
    "fault",
    "detail",
    "note",
    "tries",
    "read_at",
    "updated_at",
)
NOTHING: dict[str, Any] = {"news": "", "fault": "", "detail": "", "note": "", "stored": 0, "known": 0}
MOST_SHOWN = 5
PATIENCE = 1.0
"""Seconds to wait for the facts of one seller, as do messages of others that come meanwhile. Whoever holds them for
longer is no batch, but a file."""


@dataclass
class Passed:
    """Sellers whose facts somebody held: those who are waited for at the end, and those who were, in vain."""

    held: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)


def shop_messages_read(*, seconds: float = math.inf) -> int:
    """Read what waits, for about so many seconds at most; returns how many messages were read.

    Those of sellers whose facts are held come after all others; those of whom they are held for long stay for later.
    """
    ends, done, passed = time.monotonic() + seconds, 0, Passed()
    while time.monotonic() < ends and _read_next(passed):
        done += 1
    return done


@retried
@transaction.atomic
def shop_message_replay(*, actor: Actor, message: ShopMessage) -> ShopMessage:
    """Read a message again that was not understood, also one set aside. Conflict for one that was, or that waits."""
    held = _lock(actor, message)
    if held.state not in SHOP_MESSAGE_UNREAD:
        raise Conflict(_("Only a message that was not understood is read again."), code="message_state")
    _note(held, state=ShopMessageState.WAITING)
    _record(actor, "shop.replay", held)
    doorbell.ring(doorbell.SHOPS)
    return held


@retried
@transaction.atomic
def shop_message_close(*, actor: Actor, message: ShopMessage, note: str) -> ShopMessage:
    """Set a message aside that was not understood and need not be, with the reason; what it said stays.

    Raises InvalidInput without a reason, Conflict for a message that was understood, waits, or is set aside already.
    """
    held = _lock(actor, message)
    if not note.strip():
        raise InvalidInput(_("Say why it is set aside."), code="note", field="note")
    if held.state != ShopMessageState.DEAD:
        raise Conflict(_("Only a message that was not understood is set aside."), code="message_state")
    _note(held, state=ShopMessageState.CLOSED, fault=held.fault, detail=held.detail, note=note.strip())
    _record(actor, "shop.set_aside", held, note=held.note)
    return held


def _lock(actor: Actor, message: ShopMessage) -> ShopMessage:
    get_visible(ShopMessage, actor, CHANGE, pk=message.pk)
    return lock_row(ShopMessage, message.pk)


def _record(actor: Actor, verb: str, held: ShopMessage, **after: Any) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=held,
        node_id=held.hook.tenant_id,
        after={"message": held.message_id, **after},
    )


def _read_next(passed: Passed) -> bool:
    """Read the message that has waited longest; False when none is to be read, or the database has no time."""
    try:
        return _read_one(passed)
    except (Busy, DatabaseError) as error:
        if isinstance(error, DatabaseError) and not is_transient(error):
            raise
        log.info("shop messages left for later", reason=str(error))
        return False


@retried
@transaction.atomic
def _read_one(passed: Passed) -> bool:
    message = _oldest(passed)
    if message is None:
        return False
    try:
        with transaction.atomic():
            _note(message, tries=message.tries + 1, read_at=clock.now(), **_outcome(message))
    except Unclear as unclear:
        _put_aside(message, unclear.fault, unclear.detail)
    except DomainError as error:
        _put_aside(message, ShopFault.LINES, _told(error))
    except Exception as error:
        if isinstance(error, DatabaseError) and (is_transient(error) or is_unavailable(error)):
            raise
        log.exception("shop message cannot be read", message=str(message.uid))
        _put_aside(message, ShopFault.ERROR, type(error).__name__)
    return True


def _oldest(passed: Passed) -> ShopMessage | None:
    """The message that has waited longest, of a seller whose facts are held from here on: nobody else reads them.

    Which one that is is asked for under the lock; before it another reader may have had it. Once nothing else waits,
    the sellers who were passed over are waited for, one after the other.
    """
    waiting = ShopMessage.objects.filter(state=ShopMessageState.WAITING).order_by("pk")
    others = waiting.exclude(hook__tenant__in=passed.held | passed.left)
    while (seller := _seller_of(others)) is not None:
        if not try_lock_facts(seller):
            passed.held.add(seller)
        elif message := _first_of(seller, waiting):
            return message
        others = waiting.exclude(hook__tenant__in=passed.held | passed.left)
    while (seller := _seller_of(waiting.filter(hook__tenant__in=passed.held))) is not None:
        passed.held.discard(seller)
        if not wait_for_facts(seller, PATIENCE):
            passed.left.add(seller)
        elif message := _first_of(seller, waiting):
            return message
    return None


def _seller_of(messages: QuerySet[ShopMessage]) -> int | None:
    """Whose message has waited longest."""
    return messages.values_list("hook__tenant", flat=True).first()


def _first_of(seller: int, messages: QuerySet[ShopMessage]) -> ShopMessage | None:
    mine = messages.filter(hook__tenant=seller).select_related("hook__tenant")
    return mine.select_for_update(of=("self",)).first()


def _outcome(message: ShopMessage) -> dict[str, Any]:
    """What becomes of a message, after its facts are in the ledger. Raises Unclear, DomainError."""
    hook = message.hook
    if message.wrong:
        raise Unclear(ShopFault.SHAPE, unpack(message.wrong))
    if hook.shop_id and message.shop_id and message.shop_id != hook.shop_id:
        raise Unclear(ShopFault.SHOP, message.shop_id)
    meaning: Meaning = SHOPS[hook.kind].read(message.event, message.body, hook.source)
    if isinstance(meaning, Facts):
        return {"state": ShopMessageState.STORED, "order_no": meaning.order_no, **_store(message, meaning)}
    if isinstance(meaning, News):
        return {"state": ShopMessageState.NEWS, "order_no": meaning.order_no, "news": meaning.news}
    return {"state": ShopMessageState.IDLE, "order_no": meaning.order_no}


def _store(message: ShopMessage, meaning: Facts) -> dict[str, int]:
    """Write the facts of a message as those of an import are written: all of them, or none. Raises DomainError.

    Its caller holds the facts of the seller.
    """
    seller, source = message.hook.tenant, message.hook.source
    known_as = _check_source(message, meaning)
    if known_as != source:
        meaning, source = _given_back(message, meaning, known_as), known_as
    rows: Rows = list(enumerate(meaning.facts))
    given_way = 0
    if meaning.states:
        _check_lines(message, meaning)
        voids: Rows = []
        if source in STANDING:
            wanted = len(rows)
            rows, voids = give_way(seller, source, STANDING[source], rows)
            given_way = wanted - len(rows)
        rows = [*Undone(seller, source).lifted(rows), *voids]
    facts: list[tuple[int, SaleFact]] = list(enumerate(fact for _row, fact in rows))
    result = record_facts(seller, source, facts, None)
    if result.refused:
        told = ((_named(facts[verdict.index][1]), verdict) for verdict in result.refused)
        raise Unclear(ShopFault.LINES, reasons(told))
    audit.record(
        actor=SYSTEM,
        verb="sales.record",
        object_type=SalesEvent._meta.label,
        label=source,
        node_id=seller.pk,
        after={**result.counts, "message": str(message.uid)},
    )
    return {"stored": result.counts[STORED], "known": result.counts[DUPLICATE] + given_way}


def _check_source(message: ShopMessage, meaning: Facts) -> str:
    """The source under which a message counts. Raises Unclear where its order is known under another one.

    A refund would not find the order with its session and its host, and a whole state would count beside it. So it
    would where a tool posted the order, or a connection told of it before this one got the source of the files:
    what is given back of it counts there, once no connection is left that would tell it so.
    """
    seller, own = message.hook.tenant, message.hook.source
    live = sources_told(seller) if own in PLATFORMS else {}
    told = {order_of(fact.kind, fact.order_no, fact.ref_order_no) for fact in meaning.facts} - {""}
    paid, back = told_by(SalesEvent.objects.current().of_orders(seller.pk, told))
    for number in sorted(told):
        # What is no platform's may be the order of any: a tool's, a mapped file's, that of an older connection.
        other = paid[number] - PLATFORMS if own in PLATFORMS else set()
        of_files = set() if own in PLATFORMS else {*paid[number], *back[number]} & EXPORTED
        elsewhere = sorted((of_files | other) - {own})
        if not elsewhere or (own in PLATFORMS and own in paid[number]):
            continue
        gone = meaning.states and len(elsewhere) == 1 and not live.get(elsewhere[0], True)
        if gone and back[number] <= {*elsewhere}:
            return elsewhere[0]
        if elsewhere[0] in other - live.keys():
            text = _(
                "Order %(order)s counts as “%(source)s” told it: let “%(source)s” tell what is given back of it, too,"
                " and set this message aside."
            )
        else:
            text = _("Order %(order)s is known from %(source)s: tell it by a connection with that source.")
        raise Unclear(ShopFault.LINES, text % {"order": number, "source": elsewhere[0]})
    return own


def _given_back(message: ShopMessage, meaning: Facts, source: str) -> Facts:
    """What the state of an order that is paid under another source says of money given back, as told there.

    Raises Unclear where it says nothing, or refunds are known there that it would count beside.
    """
    order_no = meaning.order_no
    told = SHOPS[message.hook.kind].read(message.event, message.body, source)
    back = [fact for fact in told.facts if fact.kind in BACK] if isinstance(told, Facts) else []
    known = SalesEvent.objects.current().of_orders(message.hook.tenant_id, [order_no]).filter(source=source)
    before = set(known.filter(kind__in=BACK).values_list("external_id", flat=True))
    if not back or before - {fact.external_id for fact in back}:
        text = _(
            "Order %(order)s counts as a connection told of it under “%(source)s”: only what is given back of it is"
            " taken here, where that source has not told it in another way."
        )
        raise Unclear(ShopFault.LINES, text % {"order": order_no, "source": source})
    lines = set(known.filter(kind=SalesKind.PAID).values_list("line_no", flat=True)) | {""}
    # A cancellation takes back what its line was paid: of a line under another number that is nothing.
    facts = [fact if fact.line_no in lines else replace(fact, kind=SalesKind.REFUNDED.value) for fact in back]
    return Facts(facts, order_no, states=True)


def _check_lines(message: ShopMessage, meaning: Facts) -> None:
    """Raises Unclear where a file has the order under other line numbers: both would count."""
    known = SalesEvent.objects.filter(
        seller=message.hook.tenant,
        source=message.hook.source,
        order_no=meaning.order_no,
        kind=SalesKind.CREATED,
        import_batch__isnull=False,
    ).exclude(line_no="")
    of_file = set(known.values_list("line_no", flat=True))
    other = {fact.line_no for fact in meaning.facts} - of_file - {""}
    if of_file and other:
        text = _(
            "The file of the shop has the lines %(known)s, not %(other)s: number lines as the file does."
        )
        raise Unclear(
            ShopFault.LINES,
            text
            % {
                "known": ", ".join(sorted(of_file)[:MOST_SHOWN]),
                "other": ", ".join(sorted(other)[:MOST_SHOWN]),
            },
        )


def _put_aside(message: ShopMessage, fault: ShopFault, detail: str) -> None:
    _note(
        message,
        state=ShopMessageState.DEAD,
        fault=fault,
        detail=detail,
        tries=message.tries + 1,
        read_at=clock.now(),
    )


def _note(message: ShopMessage, **outcome: Any) -> None:
    """Note what became of a message beside what it said."""
    for name, value in {**NOTHING, **outcome}.items():
        setattr(message, name, value)
    message.save(update_fields=OUTCOME)


def _told(error: DomainError) -> str:
    """A refusal in words."""
    return join(": ", [error.field, error.sentence]) if error.field else error.sentence


def _named(fact: SaleFact) -> str:
    """What a fact of a message is about."""
    if not fact.line_no:
        return _("Order %(order)s") % {"order": fact.order_no}
    return _("Order %(order)s, line %(line)s") % {"order": fact.order_no, "line": fact.line_no}
