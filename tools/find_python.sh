#!/bin/sh
# Prints the path of a Python that can run the project, or says in one sentence why there is none.
# PYTHON=/path/to/python chooses one; otherwise the first that is new enough serves.
set -u

enough='import sys
if sys.version_info < (3, 11):
    raise SystemExit(1)
print(sys.executable)'

if [ -n "${PYTHON:-}" ]; then
    "$PYTHON" -c "$enough" 2>/dev/null && exit 0
    echo "PYTHON is set to '$PYTHON', which is not a working Python 3.11 or newer." >&2
    exit 1
fi

for candidate in python3 python3.14 python3.13 python3.12 python3.11 python .venv/bin/python; do
    "$candidate" -c "$enough" 2>/dev/null && exit 0
done

found=$(python3 -V 2>&1) || found="no python3 at all"
echo "Epic Events CRM needs Python 3.11 or newer, and this machine has $found." >&2
echo "Install one (on Debian or Ubuntu: apt install python3 python3-venv), or name one: make PYTHON=/path/to/python" >&2
exit 1
