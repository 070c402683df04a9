#!/usr/bin/env python
"""Livepark's command line: `.venv/bin/python manage.py help`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        advice = "Run `make setup`, then use .venv/bin/python."
        sys.exit(f"Django is not installed for {sys.executable} ({error}). {advice}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
