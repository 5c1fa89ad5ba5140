"""Rust: check and test; fmt and clippy where the repository uses them."""

from __future__ import annotations

from collections.abc import Iterator

from journeyman.domain.checks import Check, CheckKind
from journeyman.gates.quality.ecosystems.project import Project


def rust_checks(project: Project) -> Iterator[Check]:
    """Yield the checks of a cargo package or workspace."""
    if "Cargo.toml" not in project.paths:
        return
    if because := project.has("rustfmt.toml", ".rustfmt.toml") or project.mention(r"cargo fmt\b"):
        yield project.check("cargo fmt", "cargo fmt --check", CheckKind.FORMAT, "plain", because)
    if because := project.has("clippy.toml", ".clippy.toml") or project.mention(r"cargo clippy\b"):
        strict = " -- -D warnings" if project.mention(r"cargo clippy\b.*-D warnings") else ""
        yield project.check("cargo clippy", f"cargo clippy --all-targets{strict}", CheckKind.LINT, "cargo", because)
    command = "cargo check --all-targets --message-format=short"
    yield project.check("cargo check", command, CheckKind.BUILD, "cargo", "Cargo.toml")
    yield project.check("cargo test", "cargo test --no-fail-fast", CheckKind.TEST, "cargo", "Cargo.toml")
