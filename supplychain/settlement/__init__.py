"""What an agreement says of sales: pure rules in whole units of 1/10,000 CNY, no database and no clock."""

from supplychain.settlement.apportion import apportion
from supplychain.settlement.dues import Due, Kept, Key, Part, Sale, Slot, cut, difference, dues_of, total
from supplychain.settlement.terms import Terms

__all__ = [
    "Due",
    "Kept",
    "Key",
    "Part",
    "Sale",
    "Slot",
    "Terms",
    "apportion",
    "cut",
    "difference",
    "dues_of",
    "total",
]
