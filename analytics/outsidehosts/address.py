"""An account as a part of an address. It may be any text; addresses hold letters, digits, - and _."""

from __future__ import annotations

import re

from supplychain.models import SalesEvent

LONGEST = SalesEvent._meta.get_field("host_ref").max_length or 0
_PLAIN = re.compile(r"[A-Za-z0-9-]")
_BYTE = re.compile(rb"_([0-9a-f]{2})")


def address_of(ref: str) -> str:
    """ASCII letters, digits and - as they are, each byte (UTF-8) of everything else as _ and two hex digits."""
    return "".join(
        each if _PLAIN.fullmatch(each) else "".join(f"_{byte:02x}" for byte in each.encode()) for each in ref
    )


def ref_of(address: str) -> str | None:
    """The account of an address; None for what no account is written as."""
    try:
        ref = _BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), address.encode()).decode()
    except UnicodeDecodeError:
        return None
    fits = 0 < len(ref) <= LONGEST and ref.isprintable()
    return ref if fits and address_of(ref) == address else None
