"""Exports of platforms and other files -> SaleFact, SessionRow, PayoutLine. No database: services store them."""

from supplychain.importing.errors import FileError
from supplychain.importing.files import (
    CustomsOf,
    ImportPreview,
    RowResult,
    SalesFile,
    SessionFile,
    iter_facts,
    iter_payouts,
    iter_sessions,
    preview,
)
from supplychain.importing.mapping import Mapping, load_mapping, mapping_profile
from supplychain.importing.payouts import PAYOUT_PROFILES, SETTLING, PayoutLine
from supplychain.importing.profiles import PROFILES, profile, recognise
from supplychain.importing.profiles.base import Known, Profile, Standing
from supplychain.importing.report import FileReport, note_texts
from supplychain.importing.sessions import REPORT_PLATFORMS, SESSION_PROFILES, SessionRow, session_profile

__all__ = [
    "PAYOUT_PROFILES",
    "PROFILES",
    "REPORT_PLATFORMS",
    "SESSION_PROFILES",
    "SETTLING",
    "CustomsOf",
    "FileError",
    "FileReport",
    "ImportPreview",
    "Known",
    "Mapping",
    "PayoutLine",
    "Profile",
    "RowResult",
    "SalesFile",
    "SessionFile",
    "SessionRow",
    "Standing",
    "iter_facts",
    "iter_payouts",
    "iter_sessions",
    "load_mapping",
    "mapping_profile",
    "note_texts",
    "preview",
    "profile",
    "recognise",
    "session_profile",
]
