#!/bin/sh
# Sets up a checkout: .venv with the locked dependencies, and bubblewrap. Run by `make install`.
set -eu
PYTHON=${PYTHON:-python3}

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Journeyman needs Python 3.11 or newer: make install PYTHON=/path/to/python3" >&2
    exit 2
}
[ -x .venv/bin/python ] || "$PYTHON" -m venv .venv || {
    echo "python3 has no venv module: install it (Debian: apt-get install python3-venv)" >&2
    exit 2
}
.venv/bin/python -m pip install -q --disable-pip-version-check "uv==0.13.8"
.venv/bin/uv pip sync -q --compile-bytecode --python .venv/bin/python --require-hashes requirements/locked.txt
.venv/bin/uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .

[ "$(uname -s)" = Linux ] || {
    echo "Commands run in a sandbox that needs Linux; .venv/bin/journeyman doctor tells what is missing here."
    exit 0
}
command -v bwrap >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    apt-get install -y -qq bubblewrap >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -y -qq bubblewrap; } >/dev/null
    exit 0
fi
echo "bubblewrap is missing: install it (Debian and Ubuntu: sudo apt-get install bubblewrap; Fedora: sudo dnf install bubblewrap)"
