"""`python -m journeyman.mcp`: what `journeyman mcp` becomes."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from pathlib import Path
from typing import NoReturn

from journeyman.config import load
from journeyman.domain.errors import BadRequest, JourneymanError, WrongUse
from journeyman.domain.redaction import Redactor
from journeyman.lookup import top_of
from journeyman.mcp.calling import Desk
from journeyman.mcp.grounds import Grounds
from journeyman.mcp.hosts import check_host
from journeyman.mcp.offered import end_searches
from journeyman.mcp.streams import serve_streams


def main(arguments: list[str]) -> int:
    """Serve until the client goes or the process is told to end; return the exit code."""
    parser = argparse.ArgumentParser(prog="journeyman mcp")
    parser.add_argument("--root", action="append", type=Path, default=[])
    parser.add_argument("--http", action="store_true")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--name", action="append", default=[])
    parser.add_argument("--model", default="")
    try:
        asyncio.run(serve(parser.parse_args(arguments)))
    except JourneymanError as error:
        say(error.line())
        return 2 if isinstance(error, WrongUse) else 1
    except KeyboardInterrupt:
        return 0
    return 0


async def serve(given: argparse.Namespace) -> None:
    """Open the grounds and serve them."""
    roots = given.root or [await asyncio.to_thread(top_of, Path())]
    for root in roots:
        if not root.is_dir():
            raise BadRequest(
                "--root", f"{root} is no folder", "name the folder of a repository, or one that holds some"
            )
    model = "" if given.model == "none" else given.model
    if model:
        await check_model(model)
    config = load()
    token = config.mcp_token
    if given.http:
        check_host(given.host, given.name, token)
    desk = Desk(Grounds(roots, model), Redactor(config.secrets))
    if given.http:
        await _serve_http(desk, given, token)
    else:
        await serve_streams(desk, end)
    sys.stderr.flush()
    end()


async def _serve_http(desk: Desk, given: argparse.Namespace, token: str) -> None:
    gc.disable()  # a tenth of the start: the vendor's types are many, and none of them is garbage
    from journeyman.mcp import serving

    gc.enable()
    server = serving.server_of(desk)
    await serving.serve_http(server, given.host, given.port, given.name, token, lambda at: say(f"MCP at {at}"))


def end() -> NoReturn:
    """End this process and what it has started, at once. An index that is being built is written in transactions."""
    end_searches()
    os._exit(0)


async def check_model(model: str) -> None:
    """Raise ModelRefused if a model cannot be used as it is named."""
    from journeyman.wiring import open_house

    async with open_house() as house:
        house.refining.check_model(model, None)


def say(line: str) -> None:
    """Tell whoever runs the server."""
    print(f"journeyman: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
