"""SaleFact: one line of the sales ledger, and what makes two of them the same."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from core.strict import MAX_QUANTITY, StrictError
from core.words import gettext as _

Kind = Literal["created", "paid", "refunded", "cancelled", "adjusted"]
Channel = Literal["live", "product_card", "short_video", "outside_host", "shop", "offline", "other"]
CustomsMode = Literal["domestic", "1210", "1239", "9610", "9710", "9810", "0110"]
LineType = Literal["goods", "freight"]

KINDS: tuple[str, ...] = get_args(Kind)
CHANNELS: tuple[str, ...] = get_args(Channel)
CUSTOMS_MODES: tuple[str, ...] = get_args(CustomsMode)
LINE_TYPES: tuple[str, ...] = get_args(LineType)

EXTERNAL_ID_LENGTH = 128
CODE_LENGTH = 64
TITLE_LENGTH = 200
BASE_CURRENCY = "CNY"
Code = Annotated[str, Meta(max_length=CODE_LENGTH)]
UNITS = 10_000  # amounts have at most 4 decimals: as integers of 1/10,000 equal amounts look equal


class SaleFact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What one order line did once: it was created, paid, refunded, cancelled or adjusted.

    Quantities and amounts are >= 0 and take their sign from the kind; those of `adjusted` may be negative.
    `amount` is CNY. With another `currency` the fact carries `amount_foreign`, `amount` stays None, and the
    ledger converts by `rate` or, where that is None too, by the rate of the day. A `cancelled` or `refunded`
    amount is money given back: 0 where an unpaid order was cancelled.

    `session_ref` is the uid of a live session or the platform's live id, `host_ref` the platform's host id,
    `owner` the code of the tenant whose goods they are (empty: the seller's). An empty `external_id` is
    derived. Raises StrictError when amounts, currency and kind contradict each other.
    """

    kind: Kind
    order_no: Annotated[Code, Meta(min_length=1)]
    qty: Annotated[int, Meta(ge=-MAX_QUANTITY, le=MAX_QUANTITY)]
    occurred_at: datetime
    amount: Decimal | None = None
    external_id: Annotated[str, Meta(max_length=EXTERNAL_ID_LENGTH)] = ""
    version: Annotated[int, Meta(ge=1, le=MAX_QUANTITY)] = 1
    line_no: Code = ""
    line_type: LineType = "goods"
    ref_order_no: Code = ""
    ref_line: Code = ""
    sku_code: Code = ""
    title: Annotated[str, Meta(max_length=TITLE_LENGTH)] = ""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = BASE_CURRENCY
    amount_foreign: Decimal | None = None
    rate: Decimal | None = None
    rate_day: date | None = None
    channel: Channel = "other"
    session_ref: Code = ""
    host_ref: Code = ""
    owner: Code = ""
    destination: Code = ""
    customs_mode: CustomsMode = "domestic"

    def __post_init__(self) -> None:
        domestic = self.currency == BASE_CURRENCY
        if domestic and (self.amount is None or self.amount_foreign is not None or self.rate is not None):
            raise _wrong_domestic(self)
        if not domestic and (self.amount is not None or self.amount_foreign is None or self.rate is not None):
            _check_foreign(self)
        if self.rate_day is not None and self.rate is None:
            raise StrictError("required", _("A day of the rate needs its rate."), field="rate")
        if self.kind != "adjusted":
            if self.qty < 0:
                raise _wrong_sign(self, "qty")
            if (self.amount if domestic else self.amount_foreign) < 0:  # type: ignore[operator]  # one is set
                raise _wrong_sign(self, "amount" if domestic else "amount_foreign")
        if not self.external_id:
            msgspec.structs.force_setattr(self, "external_id", derive_external_id(self))

    @property
    def key(self) -> tuple[str, int]:
        """What identifies the fact within its seller and source."""
        return self.external_id, self.version


def _wrong_domestic(fact: SaleFact) -> StrictError:
    if fact.amount is None:
        return StrictError("required", _("An amount is required."), field="amount")
    field = "rate" if fact.amount_foreign is None else "amount_foreign"
    return StrictError("currency", _("This goes with a currency other than CNY."), field=field)


def _check_foreign(fact: SaleFact) -> None:
    if fact.amount_foreign is None:
        message = _("An amount in %(currency)s is required.") % {"currency": fact.currency}
        raise StrictError("required", message, field="amount_foreign")
    if fact.amount is not None:
        message = _("With another currency the CNY amount follows from the rate; send amount_foreign alone.")
        raise StrictError("currency", message, field="amount")
    if fact.rate is not None and fact.rate <= 0:
        raise StrictError("rate", _("A rate is greater than 0."), field="rate")


def _wrong_sign(fact: SaleFact, field: str) -> StrictError:
    message = _("Negative only where the kind is “adjusted”; for “%(kind)s” the kind gives the sign.")
    return StrictError("negative", message % {"kind": fact.kind}, field=field)


def derive_external_id(fact: SaleFact) -> str:
    """`order:line:kind[:ref order[:ref line]]`, the same for the same line of the same order.

    Colons inside a part are escaped, so that two different facts never meet in one id; what would be longer
    than the column becomes a hash.
    """
    kind = fact.kind if fact.line_type == "goods" else f"{fact.line_type}-{fact.kind}"
    parts = [fact.order_no, fact.line_no, kind]
    if fact.ref_order_no or fact.ref_line:
        parts.append(fact.ref_order_no)
    if fact.ref_line:
        parts.append(fact.ref_line)
    found = ":".join(parts)
    if "%" in found or found.count(":") >= len(parts):
        found = ":".join(part.replace("%", "%25").replace(":", "%3A") for part in parts)
    if len(found) > EXTERNAL_ID_LENGTH:
        found = "hash:" + blake2b(found.encode(), digest_size=32).hexdigest()
    return found


def content_hash(fact: SaleFact) -> bytes:
    """16 bytes over everything that carries meaning: equal hash, same content.

    Left out are the key itself and the title, which a shop may reword without changing the sale. Amounts are
    hashed as the sender gave them, before any conversion, so a new rate does not make an old fact another.
    """
    content = (
        fact.kind,
        fact.order_no,
        fact.line_no,
        fact.line_type,
        fact.ref_order_no,
        fact.ref_line,
        fact.sku_code,
        fact.qty,
        None if fact.amount is None else int(fact.amount * UNITS),
        fact.currency,
        None if fact.amount_foreign is None else int(fact.amount_foreign * UNITS),
        str(fact.rate.normalize()) if fact.rate is not None else None,
        fact.rate_day,
        fact.occurred_at,
        fact.channel,
        fact.session_ref,
        fact.host_ref,
        fact.owner,
        fact.destination,
        fact.customs_mode,
    )
    return blake2b(_encode(content), digest_size=16).digest()


_encode = msgspec.msgpack.Encoder().encode
