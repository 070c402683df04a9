"""Writes of live streams: rooms, hosts, bookings, sessions, samples, media nodes, keys, streams, the studio's day."""

from __future__ import annotations

from livestreams.readings import Reading
from livestreams.services.bookings import (
    booking_cancel,
    booking_check_in,
    booking_confirm,
    booking_create,
)
from livestreams.services.broadcasts import Target, broadcast_choose, broadcast_target
from livestreams.services.exchange import (
    exchange_offer_make,
    exchange_offer_withdraw,
    exchange_request_accept,
    exchange_request_decline,
    exchange_request_make,
    exchange_request_withdraw,
    expire_exchange,
)
from livestreams.services.faults import fault_close, fault_repaired, fault_report, fault_take_up
from livestreams.services.frames import encoder_sample_record, encoder_samples_forget
from livestreams.services.hostaccounts import (
    Followers,
    account_begin,
    account_close,
    account_create,
    account_reopen,
    followers_record,
)
from livestreams.services.hosts import (
    absence_create,
    absence_withdraw,
    engagement_begin,
    engagement_end,
    host_create,
    host_update,
)
from livestreams.services.hostshifts import shift_begin, shift_end
from livestreams.services.loans import loan_begin, loan_return
from livestreams.services.locks import settings_of, terms_of
from livestreams.services.maintenance import maintenance_create, maintenance_end
from livestreams.services.moves import booking_move, booking_swap, cost_of_leaving, costs_of_leaving
from livestreams.services.nodes import node_by_secret, node_create, node_secret_renew, node_update
from livestreams.services.plannedshifts import shift_drop, shift_plan
from livestreams.services.plans import (
    plan_publish,
    plan_repair,
    plan_resume,
    plan_start,
    plan_stop,
    plan_what_if,
)
from livestreams.services.publishes import Answer, publish_ask, publish_done, publish_refuse
from livestreams.services.reported import (
    session_name_live_id,
    session_tell,
    session_unname_live_id,
    session_untell,
)
from livestreams.services.rooms import room_create, room_update
from livestreams.services.samples import samples_record
from livestreams.services.screens import screen_make, screen_of, screen_revoke
from livestreams.services.series import series_cancel, series_create
from livestreams.services.sessions import session_end, session_open
from livestreams.services.slot_sessions import follow_slots, turn_slots
from livestreams.services.slots import slot_request_make, slot_request_rank, slot_request_withdraw
from livestreams.services.spend import SpendHour, spend_record
from livestreams.services.steps import booking_charge, release_expired
from livestreams.services.stream_keys import Credentials, secret_of, stream_credentials, stream_key_renew
from livestreams.services.stream_watch import drop_streams, publish_cut, publish_readmit, watch_streams
from livestreams.services.training import (
    certificate_record,
    host_advance,
    host_enrol,
    result_record,
    stage_create,
    stage_update,
)
from livestreams.services.turnaround import cleaning_assign, room_check, room_cleaned
from livestreams.services.upkeep import studio_upkeep
from livestreams.services.versions import BatchCounts
from livestreams.services.visits import visit_announce, visit_arrive, visit_leave, visit_withdraw
from livestreams.services.waitlist import offer_waitlist, waitlist_join, waitlist_withdraw

__all__ = [
    "Answer",
    "BatchCounts",
    "Credentials",
    "Followers",
    "Reading",
    "SpendHour",
    "Target",
    "absence_create",
    "absence_withdraw",
    "account_begin",
    "account_close",
    "account_create",
    "account_reopen",
    "booking_cancel",
    "booking_charge",
    "booking_check_in",
    "booking_confirm",
    "booking_create",
    "booking_move",
    "booking_swap",
    "broadcast_choose",
    "broadcast_target",
    "certificate_record",
    "cleaning_assign",
    "cost_of_leaving",
    "costs_of_leaving",
    "drop_streams",
    "encoder_sample_record",
    "encoder_samples_forget",
    "engagement_begin",
    "engagement_end",
    "exchange_offer_make",
    "exchange_offer_withdraw",
    "exchange_request_accept",
    "exchange_request_decline",
    "exchange_request_make",
    "exchange_request_withdraw",
    "expire_exchange",
    "fault_close",
    "fault_repaired",
    "fault_report",
    "fault_take_up",
    "follow_slots",
    "followers_record",
    "host_advance",
    "host_create",
    "host_enrol",
    "host_update",
    "loan_begin",
    "loan_return",
    "maintenance_create",
    "maintenance_end",
    "node_by_secret",
    "node_create",
    "node_secret_renew",
    "node_update",
    "offer_waitlist",
    "plan_publish",
    "plan_repair",
    "plan_resume",
    "plan_start",
    "plan_stop",
    "plan_what_if",
    "publish_ask",
    "publish_cut",
    "publish_done",
    "publish_readmit",
    "publish_refuse",
    "release_expired",
    "result_record",
    "room_check",
    "room_cleaned",
    "room_create",
    "room_update",
    "samples_record",
    "screen_make",
    "screen_of",
    "screen_revoke",
    "secret_of",
    "series_cancel",
    "series_create",
    "session_end",
    "session_name_live_id",
    "session_open",
    "session_tell",
    "session_unname_live_id",
    "session_untell",
    "settings_of",
    "shift_begin",
    "shift_drop",
    "shift_end",
    "shift_plan",
    "slot_request_make",
    "slot_request_rank",
    "slot_request_withdraw",
    "spend_record",
    "stage_create",
    "stage_update",
    "stream_credentials",
    "stream_key_renew",
    "studio_upkeep",
    "terms_of",
    "turn_slots",
    "visit_announce",
    "visit_arrive",
    "visit_leave",
    "visit_withdraw",
    "waitlist_join",
    "waitlist_withdraw",
    "watch_streams",
]
