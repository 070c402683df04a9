"""The tenant's orders and imports."""
