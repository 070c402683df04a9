"""The file seam: uploads and results go through here and nowhere else.

Names are random, so an address tells nothing; access is checked by the door that serves the file. Another
store (object storage, NAS) is a change of Django's default storage and of nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import IO

import uuid6
from django.core.files.base import File
from django.core.files.storage import default_storage

from core.errors import NotFound, TooLarge
from core.words import gettext as _


class _Capped(File):
    """A stream that refuses to grow over a limit, whatever length was announced."""

    def __init__(self, chunks: Iterable[bytes], limit: int) -> None:
        super().__init__(None)
        self._source, self._limit = chunks, limit

    def chunks(self, chunk_size: int | None = None) -> Iterable[bytes]:  # type: ignore[override]
        seen = 0
        for chunk in self._source:
            seen += len(chunk)
            if seen > self._limit:
                raise TooLarge(_("The file is larger than %(limit)d MiB.") % {"limit": self._limit // 2**20})
            yield chunk


def keep(folder: str, chunks: Iterable[bytes], *, suffix: str, limit: int) -> str:
    """Store a stream under a random name and return it. TooLarge beyond `limit` bytes.

    Nothing stays when it breaks off, whatever the reason.
    """
    name = f"{folder}/{uuid6.uuid7().hex}{PurePosixPath('x' + suffix).suffix}"
    try:
        return default_storage.save(name, _Capped(chunks, limit))
    except BaseException:
        default_storage.delete(name)
        raise


def opened(name: str) -> IO[bytes]:
    """Open a kept file for reading. NotFound when it is gone."""
    try:
        return default_storage.open(name, "rb")
    except FileNotFoundError as error:
        raise NotFound(_("The file is no longer there.")) from error


def discard(name: str) -> None:
    """Delete a kept file; nothing happens when it is gone."""
    default_storage.delete(name)
