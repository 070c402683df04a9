#!/bin/sh
# Run a script with a Python that Livepark works with; say what to install when there is none.
# PYTHON=/path/to/python chooses one by hand.
for python in "${PYTHON:-}" python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
    if [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" "$@"
    fi
done
echo "Livepark needs Python 3.11 or later, and none was found on PATH." >&2
echo "Debian 12: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.11 ..." >&2
exit 1
