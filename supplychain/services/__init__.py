"""Writes of goods and sales: what other apps and doors may call."""

from supplychain.services.agreements import (
    agreement_end,
    agreement_propose,
    agreement_sign,
    agreement_withdraw,
)
from supplychain.services.answers import offer_answer
from supplychain.services.backorders import backorder_fill
from supplychain.services.certificates import (
    certificate_accept,
    certificate_add,
    certificate_refuse,
    certificate_withdraw,
)
from supplychain.services.commission import agreements_beside, commission_propose
from supplychain.services.events import item_enter, item_withdraw
from supplychain.services.explains import explain_record
from supplychain.services.factories import factory_create, factory_update
from supplychain.services.fees import fees_charge, tariff_set
from supplychain.services.goods import SkuLine, product_create, product_update, sku_create
from supplychain.services.imports import import_confirm, import_run, import_stage
from supplychain.services.inbound import inbound_announce, inbound_receive, inbound_withdraw
from supplychain.services.launches import drop_create, launch_create, launch_update
from supplychain.services.lines import LineResult
from supplychain.services.parcels import (
    goods_return,
    parcel_dispatch,
    parcel_empty,
    parcel_scan,
    parcels_named,
)
from supplychain.services.picks import Pick, pick_list
from supplychain.services.placing import window_set
from supplychain.services.pool import goods_offer, goods_offer_withdraw
from supplychain.services.references import lock_facts
from supplychain.services.reorders import (
    reorder_advance,
    reorder_cancel,
    reorder_confirm,
    reorder_decline,
    reorder_produce,
    reorder_receive,
)
from supplychain.services.resolution import attribution_set, resolve_all_pending, resolve_pending, sku_resolve
from supplychain.services.runs import run_line_drop, run_line_move, run_line_put
from supplychain.services.sales import BatchResult, sales_record
from supplychain.services.samples import (
    sample_agree,
    sample_ask,
    sample_charge,
    sample_hand_out,
    sample_refuse,
    sample_take_back,
    sample_withdraw,
)
from supplychain.services.shelves import stock_place
from supplychain.services.shophooks import (
    shop_hook_create,
    shop_hook_renew,
    shop_hook_revoke,
    shop_hook_secret,
    shop_hook_update,
)
from supplychain.services.shopinbox import shop_call, shop_greeting
from supplychain.services.shopreading import shop_message_close, shop_message_replay, shop_messages_read
from supplychain.services.statements import (
    months_to_count,
    statement_approve,
    statement_count,
    statement_dispute,
    statement_invoice,
    statement_pay,
    statements_count,
)
from supplychain.services.stock import (
    stock_adjust,
    stock_count,
    stock_move,
    stock_receive,
    stock_transfer,
)
from supplychain.services.undo import import_undo
from supplychain.services.waves import line_missing, refunded_release, wave_make, wave_picked

__all__ = [
    "BatchResult",
    "LineResult",
    "Pick",
    "SkuLine",
    "agreement_end",
    "agreement_propose",
    "agreement_sign",
    "agreement_withdraw",
    "agreements_beside",
    "attribution_set",
    "backorder_fill",
    "certificate_accept",
    "certificate_add",
    "certificate_refuse",
    "certificate_withdraw",
    "commission_propose",
    "drop_create",
    "explain_record",
    "factory_create",
    "factory_update",
    "fees_charge",
    "goods_offer",
    "goods_offer_withdraw",
    "goods_return",
    "import_confirm",
    "import_run",
    "import_stage",
    "import_undo",
    "inbound_announce",
    "inbound_receive",
    "inbound_withdraw",
    "item_enter",
    "item_withdraw",
    "launch_create",
    "launch_update",
    "line_missing",
    "lock_facts",
    "months_to_count",
    "offer_answer",
    "parcel_dispatch",
    "parcel_empty",
    "parcel_scan",
    "parcels_named",
    "pick_list",
    "product_create",
    "product_update",
    "refunded_release",
    "reorder_advance",
    "reorder_cancel",
    "reorder_confirm",
    "reorder_decline",
    "reorder_produce",
    "reorder_receive",
    "resolve_all_pending",
    "resolve_pending",
    "run_line_drop",
    "run_line_move",
    "run_line_put",
    "sales_record",
    "sample_agree",
    "sample_ask",
    "sample_charge",
    "sample_hand_out",
    "sample_refuse",
    "sample_take_back",
    "sample_withdraw",
    "shop_call",
    "shop_greeting",
    "shop_hook_create",
    "shop_hook_renew",
    "shop_hook_revoke",
    "shop_hook_secret",
    "shop_hook_update",
    "shop_message_close",
    "shop_message_replay",
    "shop_messages_read",
    "sku_create",
    "sku_resolve",
    "statement_approve",
    "statement_count",
    "statement_dispute",
    "statement_invoice",
    "statement_pay",
    "statements_count",
    "stock_adjust",
    "stock_count",
    "stock_move",
    "stock_place",
    "stock_receive",
    "stock_transfer",
    "tariff_set",
    "wave_make",
    "wave_picked",
    "window_set",
]
