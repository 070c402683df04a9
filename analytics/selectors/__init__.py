"""Scoped reads of analytics, one module per aggregate. Figures counted from the ledger stand in analytics.figures."""
