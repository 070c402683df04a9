"""What a shop calls with, what is kept of it, and what it may mean."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar

from core.clock import SKEW
from core.strict import StrictError, code, load_json, shown, stamp
from core.words import gettext as _
from supplychain.choices import ShopFault, ShopNews, ShopRefusal
from supplychain.facts import CODE_LENGTH, SaleFact

MOST_BYTES = 256 * 1024
MESSAGE_ID_LENGTH = 128
MOST_DROPPED = 20
RETRIED_FOR = timedelta(days=4)
"""Platforms try again for hours or days and sign no new time for it, so their old messages are good for so long."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as it came: names of headers in lower case, the body to the byte."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Secret:
    """What a shop signs with and, of WeChat, the key that opens its messages."""

    secret: str
    aes_key: str = ""


@dataclass(frozen=True)
class Keys:
    """By what a connection knows its shop: the key of the app, and every secret that is good at `now`."""

    app_key: str
    secrets: tuple[Secret, ...]
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Told:
    """One message as it is kept: without what is not needed, `dropped` names that. `wrong` says why it has no shape."""

    message_id: str
    event: str = ""
    shop_id: str = ""
    sent_at: datetime | None = None
    body: Any = None
    dropped: list[str] = field(default_factory=list)
    wrong: str = ""


class Untrusted(Exception):
    """The call is not from the shop, or not from now: nothing of it is kept."""

    def __init__(self, reason: ShopRefusal) -> None:
        super().__init__(reason)
        self.reason = reason


class Unclear(Exception):
    """A message that is kept and not understood, with the reason for people."""

    def __init__(self, fault: ShopFault, detail: str = "") -> None:
        super().__init__(detail or fault.label)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True)
class Facts:
    """What is to be in the ledger. `states`: an order's state, which finer exports of its source may say better."""

    facts: list[SaleFact]
    order_no: str = ""
    states: bool = False


@dataclass(frozen=True)
class News:
    """Something became of an order; what it is worth its export tells."""

    news: ShopNews
    order_no: str


@dataclass(frozen=True)
class Nothing:
    """Nothing about sales."""

    order_no: str = ""


Meaning = Facts | News | Nothing


class Shop:
    """The rules of one kind of shop: how it signs, what is kept, what that means, what it is answered."""

    source: ClassVar[str] = ""
    """The source of its facts, that of its exports; "" where the connection names it."""
    has_app_key: ClassVar[bool] = True
    has_aes_key: ClassVar[bool] = False
    answer: ClassVar[tuple[int, str, str]] = (200, "", "text/plain")
    """Status, body and content type that say: we have it."""

    def greet(self, call: Call, keys: Keys) -> str | None:
        """The answer to a question whether the address is right; None where the shop asks none. Raises Untrusted."""
        return None

    def hear(self, call: Call, keys: Keys) -> list[Told]:
        """The messages of a call. Raises Untrusted."""
        raise NotImplementedError

    def read(self, event: str, body: Any, source: str) -> Meaning:
        """What a kept message means. Raises Unclear, StrictError, FactError."""
        raise NotImplementedError


def signed_by(given: str, expected: Iterable[str]) -> bool:
    """Whether a signature in hexadecimal digits is one of those expected; a near miss takes as long as any other."""
    found = given.strip().lower().encode(errors="replace")
    return any([hmac.compare_digest(found, text.encode()) for text in expected])  # noqa: C419  # all of them


def check_time(sent_at: datetime, now: datetime, tolerance: timedelta) -> None:
    """Raises Untrusted for a message that is older than `tolerance`, or of a time to come."""
    if not now - tolerance <= sent_at <= now + SKEW:
        raise Untrusted(ShopRefusal.STALE)


def opened(body: bytes, shape: type) -> Any:
    """The JSON value of a body that is an object or array. Raises StrictError."""
    value = load_json(body, max_bytes=MOST_BYTES)
    if not isinstance(value, shape):
        raise StrictError("type", _("The message is not of the shape that was agreed."))
    return value


def digest_id(body: bytes) -> str:
    """A name for a message that has none: the same bytes, the same message."""
    return f"sha256:{sha256(body).hexdigest()}"


def id_of(value: object, body: bytes) -> str:
    """The id that a platform gives a message, or what names it where that is none."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and text and text.isprintable() and len(text) <= MESSAGE_ID_LENGTH:
        return text
    return digest_id(body)


def order_of(value: object, name: str = "order_id") -> str:
    """The number of an order, which platforms write as a text or as a whole number. Raises StrictError."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = code(text, CODE_LENGTH) if isinstance(text, str) else ""
    if not found:
        raise StrictError("required", _("The message names no order."), field=name)
    return found


def word(value: object) -> str:
    """A name or number of a message as a short text, "" for anything else."""
    return shown(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def sent(value: object) -> datetime | None:
    """A Unix time, None for what is none."""
    try:
        return stamp(value)
    except StrictError:
        return None


Shape = Mapping[str, Any]
"""Field name -> None for a plain value, a Shape for an object, a list of one Shape for an array of objects."""


def keep(value: Any, shape: Any) -> tuple[Any, list[str]]:
    """What a shape names of a value, and the names of everything else: buyers' data never get further than this."""
    dropped: dict[str, None] = {}
    kept = _keep(value, shape, dropped)
    return kept, sorted(dropped)[:MOST_DROPPED]


def _keep(value: Any, shape: Any, dropped: dict[str, None]) -> Any:
    if isinstance(shape, list):
        return [_keep(each, shape[0], dropped) for each in value] if isinstance(value, list) else None
    if shape is None:
        return value if value is None or isinstance(value, str | int | float) else None
    if not isinstance(value, dict):
        return None
    dropped.update(dict.fromkeys(shown(name) for name in value.keys() - shape.keys()))
    return {name: _keep(value[name], shape[name], dropped) for name in shape if name in value}
