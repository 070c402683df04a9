"""The tenant's bookings, the rooms' day, series, and sessions by hand."""
