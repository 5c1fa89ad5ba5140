"""Go, Rust and make: their dependencies are fetched once, then they work without a network."""

from __future__ import annotations

from pathlib import Path

from journeyman.sandbox.ecosystems.plan import Plan, Step, digests, text, walk
from journeyman.sandbox.ecosystems.toolchains import Toolchains, absent, shown

GO_TARGET = "/env/go"
GO_VARIABLES = {"GOCACHE": "/tmp/go-build", "GOTOOLCHAIN": "local", "GOPATH": "/tmp/go"}
WITHOUT_SUMS = {"GOFLAGS": "-mod=mod", "GOSUMDB": "off"}
"""The download was checked against the database of sums, which cannot be asked again without a network."""

RUST_TARGET = "/env/rust"


def go(tree: Path, toolchains: Toolchains) -> Plan | None:
    """Return how to fetch a Go module's dependencies; None if the tree has none at its top."""
    if not text(tree, "go.mod"):
        return None
    if toolchains.go is None:
        return Plan("go", notes=(absent("go", "go.mod", "go", "golang-go"),))
    tools = shown(toolchains.go)
    own_path = (f"{toolchains.go}/bin",) if tools else ()
    variables = {"GOMODCACHE": f"{GO_TARGET}/mod", **GO_VARIABLES}
    inputs = digests(tree, ("go.mod", "go.sum", "go.work", "go.work.sum"))
    vendored = bool(text(tree, "vendor/modules.txt"))
    if vendored or (not text(tree, "go.sum") and "require" not in text(tree, "go.mod")):
        return Plan("go", tools=tools, inputs=inputs, variables=variables, path=own_path)
    return Plan(
        "go",
        GO_TARGET,
        steps=(Step("go mod download"),),
        tools=tools,
        inputs=inputs,
        variables={**variables, "GOPROXY": "off", **({} if text(tree, "go.sum") else WITHOUT_SUMS)},
        install_variables={"GOMODCACHE": f"{GO_TARGET}/mod", "GOFLAGS": "-modcacherw"},
        path=own_path,
    )


def rust(tree: Path, toolchains: Toolchains) -> Plan | None:
    """Return how to fetch a crate's dependencies; None if the tree has none at its top."""
    if not text(tree, "Cargo.toml"):
        return None
    if toolchains.rust is None:
        return Plan("rust", notes=(absent("rust", "Cargo.toml", "cargo", "cargo"),))
    manifests = [name for name in walk(tree) if name.rpartition("/")[2] in ("Cargo.toml", "Cargo.lock")]
    tools = shown(toolchains.rust)
    own_path = (f"{toolchains.rust}/bin",) if tools else ()
    offline = {"CARGO_HOME": RUST_TARGET, "CARGO_TARGET_DIR": "/tmp/target", "CARGO_NET_OFFLINE": "true"}
    lock = text(tree, "Cargo.lock")
    if lock and 'source = "' not in lock:
        return Plan("rust", tools=tools, variables=offline | {"CARGO_HOME": "/tmp/cargo"}, path=own_path)
    return Plan(
        "rust",
        RUST_TARGET,
        steps=(Step("cargo fetch --locked" if lock else "cargo fetch"),),
        tools=tools,
        inputs=digests(tree, (*manifests, "rust-toolchain", "rust-toolchain.toml", ".cargo/config.toml")),
        variables=offline,
        install_variables={"CARGO_HOME": RUST_TARGET, "CARGO_NET_OFFLINE": "false"},
        path=own_path,
    )


def make(tree: Path, toolchains: Toolchains) -> Plan | None:
    """Return a plan without steps: make needs nothing but the system."""
    there = any(text(tree, name) for name in ("Makefile", "makefile", "GNUmakefile"))
    return Plan("make") if there else None
