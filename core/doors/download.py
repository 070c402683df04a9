"""A kept file as a download: what others handed in is stored by the browser and never shown as a page of this site."""

from __future__ import annotations

from django.http import FileResponse

from core import storage
from core.errors import NotFound


def kept_file(stored: str, name: str) -> FileResponse:
    """The file of a row that the caller may see, under the name it was handed in with. NotFound without one."""
    if not stored:
        raise NotFound
    return FileResponse(storage.opened(stored), as_attachment=True, filename=name)
