"""One machine, nothing to configure: what `make run` uses. The secret is made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from config.env import read
from config.settings.base import *  # noqa: F403
from config.settings.deployed import from_environment


def _local_secret(data_dir: Path) -> str:
    """The secret of this installation, created on first use so that no two installations share one."""
    path = data_dir / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written whole before it has its name: of two processes that begin at once, both read the first one's.
        with NamedTemporaryFile("w", dir=path.parent, prefix=".secret-") as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text()


# A park's intranet gives this machine any address; the admin and portal check the session, not the host.
ENVIRONMENT = read(local_secret=_local_secret, allowed_hosts=["*"])
globals().update(from_environment(ENVIRONMENT))
DEBUG = False
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
