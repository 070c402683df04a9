"""What the tests run on: fast hashes, a throw-away data folder, and an API that fails loudly on undeclared actions."""

from __future__ import annotations

import atexit
import shutil
import tempfile

from config.env import SQLITE, read
from config.settings.base import *  # noqa: F403
from config.settings.base import REST_FRAMEWORK
from config.settings.deployed import from_environment


def _scratch(name: str) -> str:
    """A folder that is gone with the process."""
    folder = tempfile.mkdtemp(prefix=f"livepark-{name}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


ENVIRONMENT = read(
    local_secret=lambda _folder: "test-" * 12, allowed_hosts=["testserver", "127.0.0.1", "localhost"]
)
_SETTINGS = from_environment(ENVIRONMENT)
_SETTINGS["MEDIA_ROOT"] = _scratch("media")
if _SETTINGS["DATABASES"]["default"]["ENGINE"] == SQLITE:
    _OPTIONS = _SETTINGS["DATABASES"]["default"]["OPTIONS"]
    _OPTIONS["init_command"] = _OPTIONS["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    # A file, as in real life: threads that share an in-memory database meet locks that no installation has.
    _SETTINGS["DATABASES"]["default"]["TEST"] = {"NAME": f"{_scratch('test')}/test.sqlite3"}
else:
    # Each test process opens and drops databases; a pool would keep them busy.
    del _SETTINGS["DATABASES"]["default"]["OPTIONS"]["pool"]
globals().update(_SETTINGS)

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": []}
WHITENOISE_USE_FINDERS = True
UNDECLARED_ACTIONS_RAISE = True
# Static files are looked up when they are asked for: each test client would list them all at its start.
WHITENOISE_AUTOREFRESH = True
