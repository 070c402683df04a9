"""One machine, nothing to configure: what `make run` uses. The secret is made once and kept in the data folder."""

from __future__ import annotations

import secrets

from config.env import BASE_DIR, read
from config.settings.base import *  # noqa: F403
from config.settings.deployed import from_environment


def _local_secret() -> str:
    """The secret of this installation, created on first use so that no two installations share one."""
    import os
    from pathlib import Path

    path = Path(os.environ.get("LIVEPARK_DATA_DIR") or BASE_DIR / "var") / "secret-key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        return path.read_text()
    return path.read_text()


ENVIRONMENT = read(secret_key=_local_secret(), allowed_hosts=["*"])
globals().update(from_environment(ENVIRONMENT))
DEBUG = False
# A park's intranet gives this machine any address; the admin and portal check the session, not the host.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
