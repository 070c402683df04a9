"""What the admin, the portal and the API of this app have in common: work at the shelves, statements as files."""
