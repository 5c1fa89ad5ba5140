#!/bin/sh
# Installs what tests need besides Python: servers to start (sshd and PostgreSQL on loopback ports, Docker on a unix
# socket), a C compiler, a browser, and the toolchains of the repositories that are worked on: Node, Go, Rust, make.
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
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # The run level keeps the packages from starting services: the tests start their own.
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    export DEBIAN_FRONTEND RUNLEVEL
    apt-get update -qq >/dev/null
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "some tests need:$missing (Debian and Ubuntu: sudo apt-get install$missing)"
