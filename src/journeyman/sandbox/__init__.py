"""Owns where commands run and what they need to run; refuses to know why they run."""

from journeyman.sandbox.contract import (
    SANDBOX_GID,
    SANDBOX_UID,
    TREE,
    CommandResult,
    DirectoryEntry,
    Environment,
    Environments,
    Heard,
    Mount,
    Remedy,
    Sandbox,
    Sandboxes,
    SandboxLimits,
    SandboxSpec,
    lighter,
)

__all__ = [
    "SANDBOX_GID",
    "SANDBOX_UID",
    "TREE",
    "CommandResult",
    "DirectoryEntry",
    "Environment",
    "Environments",
    "Heard",
    "Mount",
    "Remedy",
    "Sandbox",
    "SandboxLimits",
    "SandboxSpec",
    "Sandboxes",
    "lighter",
]
