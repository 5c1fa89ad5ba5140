"""`journeyman mcp`: offer the code index and the memory to editors and agents."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("mcp")(mcp)


def mcp(
    root: Annotated[
        list[Path] | None,
        typer.Option("--root", metavar="PATH", help="What may be asked about, with all below; this repository."),
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP instead of the standard streams.")] = False,
    host: Annotated[
        str, typer.Option("--host", help="Where to listen; beyond this machine it needs JOURNEYMAN_MCP_TOKEN.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8765,
    name: Annotated[
        list[str] | None, typer.Option("--name", metavar="HOST", help="A name that clients reach it by; repeatable.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="provider:model that `intent` has read tasks too; it is paid for. Else none is asked.")
    ] = "none",
) -> None:
    """Serve the code index and the memory to editors and agents, by the Model Context Protocol."""
    words = [f"--root={each}" for each in root or ()] + [f"--name={each}" for each in name or ()]
    words.append(f"--model={model}")
    words += ["--http", f"--host={host}", f"--port={port}"] if http else []
    # The server takes this process's place, and no module of the folder it is started in takes that of one of ours.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "journeyman.mcp", *words])
