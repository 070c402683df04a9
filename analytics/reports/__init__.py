"""Platforms' reports on live sessions: which session a row is about, and when a report is due again. No database."""
