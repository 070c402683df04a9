"""Base classes of the doors: API, admin and portal. The only place where requests meet scoping."""
