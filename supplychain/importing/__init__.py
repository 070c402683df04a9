"""Platform exports and other sales files -> SaleFact. No database: the importer service stores what comes out."""

from supplychain.importing.errors import FileError
from supplychain.importing.files import ImportPreview, RowResult, SalesFile, iter_facts, preview
from supplychain.importing.mapping import Mapping, load_mapping, mapping_profile
from supplychain.importing.profiles import PROFILES, profile, recognise
from supplychain.importing.profiles.base import Profile
from supplychain.importing.report import FileReport

__all__ = [
    "PROFILES",
    "FileError",
    "FileReport",
    "ImportPreview",
    "Mapping",
    "Profile",
    "RowResult",
    "SalesFile",
    "iter_facts",
    "load_mapping",
    "mapping_profile",
    "preview",
    "profile",
    "recognise",
]
