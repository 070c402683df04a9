"""Django's backend of SQLite, whose writers stand in a queue instead of asking again and again."""
