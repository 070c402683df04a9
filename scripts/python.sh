#!/bin/sh
# Run a script with a Python that Livepark works with; say what to install when there is none.
# PYTHON=/path/to/python chooses one by hand.
works() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if [ -n "${PYTHON:-}" ]; then
    works "$PYTHON" && exec "$PYTHON" "$@"
    echo "PYTHON=$PYTHON is not a Python of version 3.11 or later." >&2
    exit 1
fi
for python in python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
    works "$python" && exec "$python" "$@"
done
echo "Livepark needs Python 3.11 or later, and none was found on PATH." >&2
echo "Debian 12: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.11 ..." >&2
exit 1
