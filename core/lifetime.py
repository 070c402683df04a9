"""Whether this process is about to end. What never ends by itself, such as an event stream, looks here."""

from __future__ import annotations

import threading

stopping = threading.Event()
