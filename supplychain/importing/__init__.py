"""Exports of platforms and other files -> SaleFact, or SessionRow. No database: services store what comes out."""

from supplychain.importing.errors import FileError
from supplychain.importing.files import (
    ImportPreview,
    RowResult,
    SalesFile,
    SessionFile,
    iter_facts,
    iter_sessions,
    preview,
)
from supplychain.importing.mapping import Mapping, load_mapping, mapping_profile
from supplychain.importing.profiles import PROFILES, profile, recognise
from supplychain.importing.profiles.base import Known, Profile, Standing
from supplychain.importing.report import FileReport
from supplychain.importing.sessions import SESSION_PROFILES, SessionRow, session_profile

__all__ = [
    "PROFILES",
    "SESSION_PROFILES",
    "FileError",
    "FileReport",
    "ImportPreview",
    "Known",
    "Mapping",
    "Profile",
    "RowResult",
    "SalesFile",
    "SessionFile",
    "SessionRow",
    "Standing",
    "iter_facts",
    "iter_sessions",
    "load_mapping",
    "mapping_profile",
    "preview",
    "profile",
    "recognise",
    "session_profile",
]
