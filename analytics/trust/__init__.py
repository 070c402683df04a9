"""Verdicts on what is stated of live sessions, from witnesses that do not draw on each other. docs/trust.md."""
