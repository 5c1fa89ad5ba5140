"""Tools that run commands: the shell, and a search through the code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from journeyman.context import cut_middle
from journeyman.domain.conversation import ToolSpec
from journeyman.sandbox import CommandResult, Sandbox
from journeyman.tools.contract import Tool, ToolRefused

OUTPUT_SHOWN = 16_000
MATCHES_SHOWN = 100
LONGEST_SECONDS = 600
USUAL_SECONDS = 120
NO_MATCH = "no line matches"
NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")

Refusal = Callable[[str], str | None]
"""A policy: the name of the rule that refuses a command, or None."""


Known = Callable[[str], Awaitable[str]]
"""A code index: what it knows of a query, one place a line; "" for nothing."""


def command_tools(sandbox: Sandbox, refusal: Refusal, known: Known | None = None) -> tuple[Tool, ...]:
    """Return the tools that run commands in the sandbox. `known` asks the code index, where there is one."""
    commands = Commands(sandbox, refusal, known)
    return (Tool(SHELL, commands.shell, changes_files=True), Tool(SEARCH, commands.search))


class Commands:
    """Runs what a model asks for, after the policy has looked at it."""

    def __init__(self, sandbox: Sandbox, refusal: Refusal, known: Known | None) -> None:
        self._sandbox = sandbox
        self._known = known
        self._refusal = refusal

    async def shell(self, given: Mapping[str, Any]) -> str:
        """Run a shell command and return its output and exit code."""
        command = str(given["command"])
        rule = self._refusal(command)
        if rule:
            raise ToolRefused(f"the command was not run: the policy refuses it by the rule {rule}")
        seconds = min(max(int(given.get("timeout_seconds", USUAL_SECONDS)), 1), LONGEST_SECONDS)
        return _described(await self._run(command, seconds), seconds)

    async def search(self, given: Mapping[str, Any]) -> str:
        """Return lines of the tree that match a regular expression, or the plain text if it is none.

        Where a query is a name, its definitions come first; where no line matches, what the words are about.
        """
        asked = str(given["query"])
        lines = await self._matching(asked)
        if self._known is None or (lines and not NAME.fullmatch(asked)):
            return lines or NO_MATCH
        known = await self._known(asked)
        if not known:
            return lines or NO_MATCH
        return f"defined at:\n{known}\n\nlines:\n{lines}" if lines else f"{NO_MATCH}; nearest by its words:\n{known}"

    async def _matching(self, asked: str) -> str:
        query = shlex.quote(asked)
        found = await self._run(
            f"grep -rnIE --exclude-dir=node_modules --exclude-dir=.git -e {query} . 2>/dev/null || "
            f"grep -rnIF --exclude-dir=node_modules --exclude-dir=.git -e {query} .",
            USUAL_SECONDS,
        )
        lines = [line.removeprefix("./")[:300] for line in found.output.splitlines()]
        more = f"\n[{len(lines) - MATCHES_SHOWN} more lines]" if len(lines) > MATCHES_SHOWN else ""
        return "\n".join(sorted(lines)[:MATCHES_SHOWN]) + more if lines else ""

    async def _run(self, command: str, seconds: int) -> CommandResult:
        try:
            return await self._sandbox.run(command, timeout_seconds=seconds)
        except OSError as error:
            raise ToolRefused(f"the command cannot be run: {error.strerror}") from None


def _described(result: CommandResult, seconds: int) -> str:
    ending = f"exit code {result.exit_code}"
    if result.timed_out:
        ending = f"ended after {seconds} seconds without finishing"
    if result.out_of_memory:
        ending += ", out of memory"
    if result.out_of_space:
        ending += ", out of disk space"
    return f"{cut_middle(result.output, OUTPUT_SHOWN)}\n[{ending}]".lstrip("\n")


SHELL = ToolSpec(
    "run_shell_command",
    "Run a shell command at the repository's root, in a sandbox without network.",
    {
        "type": "object",
        "properties": {
            "command": {"type": "string", "description": "The command line."},
            "timeout_seconds": {
                "type": "integer",
                "description": f"At most {LONGEST_SECONDS}; else {USUAL_SECONDS}.",
            },
        },
        "required": ["command"],
    },
)
SEARCH = ToolSpec(
    "search_code",
    "Search the repository's files; returns path:line:text.",
    {
        "type": "object",
        "properties": {"query": {"type": "string", "description": "A regular expression, or plain text."}},
        "required": ["query"],
    },
)
