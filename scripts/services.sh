#!/bin/bash
# Install the servers and programs of the scaled site and of the whole suite from Debian, without starting any.
set -euo pipefail

packages=(
    postgresql redis-server             # the scaled database, broker and cache
    nginx libnginx-mod-rtmp ffmpeg      # the way in for encoders, and the way on to the platforms
    chromium fonts-noto-cjk             # tests look at pages, and pages are Chinese
)
missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} = 0 ]; then
    echo "All services are installed: ${packages[*]}"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "This is no Debian. Install by your own package manager: PostgreSQL 15 or later, Redis 7, Chromium, nginx, ffmpeg." >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Installing needs root, and there is no sudo. As root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

# Debian starts what it installs unless this file says no. One that is there already has its own reasons and stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi

echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends \
    -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
echo "Installed. Nothing was started: tests start their own."
