"""The tenant's bookings, the rooms' day, series, sessions by hand, and how an encoder goes on air."""
