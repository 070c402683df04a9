"""A user's own mapping: which column of a file nobody foresaw holds which field of a sales fact.

    {"columns": {"单号": "order_no", "货品": "sku_code", "件数": "qty", "单价": "unit_price", "时间": "occurred_at"},
     "constants": {"channel": "live"}, "kind": {"已付款": "paid", "已退款": "refunded", "待付款": null},
     "net_of_refunds": false, "timezone": "Asia/Shanghai", "currency": "CNY"}

Beside the fields of SaleFact a column may hold `unit_price` (the amount is then price times quantity), and,
in exports that show an order with its current refund, `refunded_amount` and `refunded_at`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import strict
from core.strict import StrictError
from supplychain.facts import KINDS, SaleFact
from supplychain.importing.errors import FileError
from supplychain.importing.profiles.base import Profile, is_personal, plain_header
from supplychain.importing.profiles.generic import (
    AMOUNT_FIELDS,
    COLUMNS,
    KIND_WORDS,
    GenericBuilder,
    Rules,
    plain_word,
)
from supplychain.importing.profiles.generic import PROFILE as GENERIC

MAX_BYTES = 64 * 1024
SOURCE_LENGTH = 32
# What a column may hold, in words; the codes are those of the importer.
FIELD_NAMES: dict[str, Any] = {
    "order_no": gettext_lazy("order number"),
    "occurred_at": gettext_lazy("time of payment or event"),
    "qty": gettext_lazy("quantity"),
    "amount": gettext_lazy("amount of the line"),
    "unit_price": gettext_lazy("price of one unit"),
    "kind": gettext_lazy("state: paid, refunded ..."),
    "refunded_amount": gettext_lazy("amount refunded so far"),
    "refunded_at": gettext_lazy("time of the refund"),
    "sku_code": gettext_lazy("SKU code"),
    "title": gettext_lazy("name of the goods"),
    "line_no": gettext_lazy("line number"),
    "line_type": gettext_lazy("goods or freight"),
    "channel": gettext_lazy("channel"),
    "session_ref": gettext_lazy("live id of the session"),
    "host_ref": gettext_lazy("host id of the platform"),
    "owner": gettext_lazy("code of the goods' owner"),
    "destination": gettext_lazy("destination"),
    "customs_mode": gettext_lazy("customs mode"),
    "currency": gettext_lazy("currency"),
    "amount_foreign": gettext_lazy("foreign amount"),
    "rate": gettext_lazy("rate"),
    "rate_day": gettext_lazy("day of the rate"),
    "ref_order_no": gettext_lazy("refunded order"),
    "ref_line": gettext_lazy("refunded line"),
    "external_id": gettext_lazy("external id"),
    "version": gettext_lazy("version"),
}


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """See the head of this module. An empty `timezone` or `currency` leaves the choice to the caller.

    `constants` hold where the column is not there or its cell is empty. `kind` is one kind for all rows, or
    the kind of each text in the column mapped to `kind` (null: the row is no fact), beside the words that any table
    may use. `net_of_refunds` says that
    the amounts have the refunded ones deducted already. `trust_ids` accepts ids that look ruined by a
    spreadsheet. `source` becomes part of the facts' keys.
    """

    columns: dict[str, str]
    constants: dict[str, str] = {}
    kind: str | dict[str, str | None] | None = None
    net_of_refunds: bool = False
    timezone: str = ""
    currency: str = ""
    source: str = GENERIC.source
    trust_ids: bool = False


def load_mapping(body: bytes) -> Mapping:
    """The mapping of a JSON text. Raises FileError that says what is wrong with it."""
    try:
        mapping = msgspec.convert(strict.load_json(body, max_bytes=MAX_BYTES), Mapping)
        _check(mapping)
    except (StrictError, msgspec.ValidationError) as error:
        raise FileError("mapping", _("The mapping is not valid: %(reason)s") % {"reason": error}) from None
    return mapping


def mapping_profile(mapping: Mapping) -> Profile[SaleFact]:
    """The profile that reads a file by a mapping; all mapped columns must be there."""
    if isinstance(mapping.kind, dict):
        own = {plain_word(word): kind for word, kind in mapping.kind.items()}
        rules = Rules(
            kinds={**KIND_WORDS, **own}, net_of_refunds=mapping.net_of_refunds, rows_are_orders=True
        )
    else:
        rules = Rules(
            default_kind=mapping.kind or "paid",
            net_of_refunds=mapping.net_of_refunds,
            rows_are_orders=mapping.kind is None,
        )
    return Profile(
        code="mapping",
        name=gettext_lazy("Own mapping"),
        source=mapping.source,
        columns={field: (header,) for header, field in mapping.columns.items()},
        required=tuple(mapping.columns.values()),
        build=lambda options: GenericBuilder(rules, options),
        constants=mapping.constants,
        examples=("mapping.csv", "mapping.json"),
    )


def _check(mapping: Mapping) -> None:
    fields = [*mapping.columns.values(), *mapping.constants]
    _refuse(_("there is no field %(names)s"), (name for name in fields if name not in COLUMNS))
    _refuse(
        _("more than one column or constant for %(names)s"),
        (name for name in fields if fields.count(name) > 1),
    )
    _refuse(_("personal data is not imported: %(names)s"), filter(is_personal, mapping.columns))
    headers = [plain_header(header) for header in mapping.columns]
    _refuse(_("the same header twice: %(names)s"), (name for name in headers if headers.count(name) > 1))
    _refuse(_("missing: %(names)s"), (name for name in GENERIC.required if name not in fields))
    if not set(fields) & set(AMOUNT_FIELDS):
        _refuse(_("missing: %(names)s"), ["amount"])
    kinds = mapping.kind.values() if isinstance(mapping.kind, dict) else [mapping.kind]
    _refuse(
        _("there is no kind %(names)s"), (kind for kind in kinds if kind is not None and kind not in KINDS)
    )
    if isinstance(mapping.kind, dict) and "kind" not in fields:
        _refuse(_("missing: %(names)s"), ["kind"])
    if isinstance(mapping.kind, str) and "kind" in fields:
        _refuse(_("both a column and one kind for all rows: %(names)s"), ["kind"])
    if mapping.net_of_refunds and "refunded_amount" not in fields:
        _refuse(_("net_of_refunds needs a column for %(names)s"), ["refunded_amount"])
    if mapping.timezone:
        strict.zone(mapping.timezone)
    if mapping.currency:
        strict.currency(mapping.currency)
    if not strict.code(mapping.source, SOURCE_LENGTH):
        _refuse(_("missing: %(names)s"), ["source"])


def _refuse(message: str, names: Iterable[str]) -> None:
    found = [strict.shown(name) for name in dict.fromkeys(names)]
    if found:
        raise StrictError("mapping", message % {"names": ", ".join(found)})
