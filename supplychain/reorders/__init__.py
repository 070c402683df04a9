"""How many more of a style are worth making: pure rules, told in docs/reorders.md."""

from supplychain.reorders.capacity import Step, Work, free, plan
from supplychain.reorders.demand import Prior, Seen, Spread, estimate, learn, spread_of
from supplychain.reorders.quantity import Choice, Situation, choose
from supplychain.reorders.sharing import share

__all__ = [
    "Choice",
    "Prior",
    "Seen",
    "Situation",
    "Spread",
    "Step",
    "Work",
    "choose",
    "estimate",
    "free",
    "learn",
    "plan",
    "share",
    "spread_of",
]
