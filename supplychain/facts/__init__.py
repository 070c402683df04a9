"""Sales facts as doors hand them to the ledger: typed, bounded, without a database.

A door parses what it is given (`parse_batch` for the API, `supplychain.importing` for files) into SaleFact
and passes those on; nothing behind the doors looks at raw input again.
"""

from supplychain.facts.batch import MAX_LINES, BatchError, ParsedBatch, parse_batch, parse_rows
from supplychain.facts.fact import (
    CHANNELS,
    CODE_LENGTH,
    CUSTOMS_MODES,
    EXTERNAL_ID_LENGTH,
    KINDS,
    LINE_TYPES,
    TITLE_LENGTH,
    SaleFact,
    content_hash,
    derive_external_id,
)
from supplychain.facts.values import FactError, fact_from_values

__all__ = [
    "CHANNELS",
    "CODE_LENGTH",
    "CUSTOMS_MODES",
    "EXTERNAL_ID_LENGTH",
    "KINDS",
    "LINE_TYPES",
    "MAX_LINES",
    "TITLE_LENGTH",
    "BatchError",
    "FactError",
    "ParsedBatch",
    "SaleFact",
    "content_hash",
    "derive_external_id",
    "fact_from_values",
    "parse_batch",
    "parse_rows",
]
