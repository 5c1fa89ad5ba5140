"""`journeyman map`: the graph of a folder as a picture, or as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from journeyman.cli.know import Folder, Json
from journeyman.domain.errors import BadRequest


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("map")(draw)


def draw(
    path: Folder = Path("."),
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The page to write; - is standard output.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw a folder's code as a page to zoom into: files and symbols, and who calls, imports and tests what.

    With --json, tell the whole graph.
    """
    from journeyman.lookup import looked

    if output is None and not as_json:
        raise BadRequest("-o", "nowhere to write the page", "name a file, such as -o map.html")
    drawn = looked(path, lambda code: code.map(picture=not as_json))
    if as_json:
        text = json.dumps(drawn, default=msgspec.structs.asdict) + "\n"
    else:
        from journeyman.cli.map_page import page

        text = page(drawn)
    if output is None or str(output) == "-":
        sys.stdout.write(text)
        return
    _write(output, text)
    files = sum(node.kind == "file" for node in drawn.nodes)
    left = "".join(f", {count} more {kind} left out" for kind, count in drawn.left_out.items())
    print(f"{output}: {files} files, {len(drawn.nodes)} nodes, {len(drawn.edges)} edges{left}", file=sys.stderr)


def _write(output: Path, text: str) -> None:
    """Put a page in place of the last one, whole or not at all."""
    if not output.name:
        raise BadRequest("-o", f"{output} is no file", "name one, such as -o map.html")
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadRequest("-o", f"{output} cannot be written ({error.strerror})", "name another file") from None
