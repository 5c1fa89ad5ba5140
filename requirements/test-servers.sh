#!/bin/sh
# Installs what tests need besides Python: servers to start (sshd and PostgreSQL on loopback ports, Docker on a unix
# socket), a C compiler, a browser, and the toolchains of the repositories that are worked on: Node, Go, Rust, make;
# and package clients: pnpm, both yarns, poetry, pip-tools.
# Run by `make test` and `make test-long`.
set -eu

missing=""
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -x /usr/sbin/dockerd ] || [ -x /usr/bin/dockerd ] || missing="$missing docker.io"
command -v npm >/dev/null 2>&1 || missing="$missing nodejs npm"
command -v go >/dev/null 2>&1 || missing="$missing golang-go"
command -v cargo >/dev/null 2>&1 || missing="$missing cargo rustfmt"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v make >/dev/null 2>&1 || missing="$missing make"
install_clients() {  # package clients whose lock files are made again in tests, in a folder of this user's
    clients="${XDG_CACHE_HOME:-$HOME/.cache}/journeyman-tests"
    command -v npm >/dev/null 2>&1 || return 0
    [ -x "$clients/pnpm/node_modules/.bin/pnpm" ] || npm install -s --prefix "$clients/pnpm" pnpm@10
    [ -x "$clients/classic/node_modules/.bin/yarn" ] || npm install -s --prefix "$clients/classic" yarn@1
    [ -x "$clients/berry/node_modules/.bin/yarn" ] || npm install -s --prefix "$clients/berry" @yarnpkg/cli-dist@4
    [ -x "$clients/poetry/bin/poetry" ] || [ ! -x .venv/bin/uv ] || {
        .venv/bin/uv venv -q "$clients/poetry"
        .venv/bin/uv pip install -q --python "$clients/poetry/bin/python" 'poetry>=2.1,<3'
    }
    [ -x "$clients/pip-tools/bin/pip-compile" ] || [ ! -x .venv/bin/uv ] || {
        .venv/bin/uv venv -q "$clients/pip-tools"
        .venv/bin/uv pip install -q --python "$clients/pip-tools/bin/python" "pip-tools>=7.5,<8"
    }
}

[ -n "$missing" ] || { install_clients; exit 0; }

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # The run level keeps the packages from starting services: the tests start their own.
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    export DEBIAN_FRONTEND RUNLEVEL
    apt-get update -qq >/dev/null
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
    install_clients
    exit 0
fi
echo "some tests need:$missing (Debian and Ubuntu: sudo apt-get install$missing)"
