"""Disks that become full."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.servers.processes import FORBIDS, NotInstalled


@dataclasses.dataclass
class SmallDisk:
    """A file system of its own, and how it becomes full."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Leave so many bytes of room, or what others have written meanwhile leaves of them."""
        with self._filler.open("ab") as file:
            while (more := shutil.disk_usage(self.folder).free - leave) > 0:
                with contextlib.suppress(OSError):
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, more)

    def make_room(self) -> None:
        self._filler.unlink()


@contextlib.contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Give a folder a file system of its own, in memory. NotInstalled where nobody, or not this user, may do so."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0:
        raise NotInstalled("a small disk is made by root alone")
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(f"{FORBIDS}root to make a small disk: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
