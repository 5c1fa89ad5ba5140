"""Tools that read, write and edit files. All of them act inside the sandbox, under its rules."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from journeyman.domain.conversation import ToolSpec
from journeyman.sandbox import Sandbox
from journeyman.tools.contract import Tool, ToolRefused

LONGEST_FILE = 2 * 1024**2
LINES_SHOWN = 800


def file_tools(sandbox: Sandbox) -> tuple[Tool, ...]:
    """Return the tools that read, write and edit files of the tree."""
    files = Files(sandbox)
    return (
        Tool(READ, files.read),
        Tool(WRITE, files.write, changes_files=True),
        Tool(EDIT, files.edit, changes_files=True),
        Tool(LIST, files.list),
    )


class Files:
    """The files of a sandbox's tree, as a model asks for them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def read(self, given: Mapping[str, Any]) -> str:
        """Return numbered lines of a file."""
        lines = _lines(await self._text(given["path"]))
        start = max(int(given.get("start_line", 1)), 1)
        end = min(int(given.get("end_line", start + LINES_SHOWN - 1)), len(lines))
        if start > len(lines):
            return f"{given['path']} has {len(lines)} lines"
        shown = "\n".join(f"{number:6}\t{lines[number - 1]}" for number in range(start, end + 1))
        more = f"\n[lines {end + 1} to {len(lines)} are not shown]" if end < len(lines) else ""
        return shown + more

    async def write(self, given: Mapping[str, Any]) -> str:
        """Write a whole file."""
        content = str(given["content"])
        await self._put(given["path"], content)
        return f"wrote {given['path']}, {len(_lines(content))} lines"

    async def edit(self, given: Mapping[str, Any]) -> str:
        """Replace the one place where a text stands."""
        path, old, new = given["path"], str(given["old"]), str(given["new"])
        text = await self._text(path)
        old, new = _with_line_ends_of(text, old, new)
        found = text.count(old) if old else 0
        if found != 1:
            raise ToolRefused(_why_not(path, text, old, found))
        await self._put(path, text.replace(old, new, 1))
        line = text[: text.index(old)].count("\n") + 1
        return f"edited {path} at line {line}"

    async def list(self, given: Mapping[str, Any]) -> str:
        """Return the names in a folder."""
        path = str(given.get("path", "."))
        try:
            entries = await self._sandbox.list_directory(path)
        except OSError as error:
            raise ToolRefused(_fault(path, error)) from None
        return (
            "\n".join(f"{e.name}/" if e.kind == "directory" else f"{e.name}  {e.size}" for e in entries) or "(empty)"
        )

    async def _text(self, path: str) -> str:
        try:
            content = await self._sandbox.read_file(path, LONGEST_FILE + 1)
        except OSError as error:
            raise ToolRefused(_fault(path, error)) from None
        if len(content) > LONGEST_FILE:
            raise ToolRefused(f"{path} is larger than 2 MiB", "use run_shell_command with sed, head or grep")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise ToolRefused(f"{path} is not UTF-8 text") from None

    async def _put(self, path: str, content: str) -> None:
        try:
            await self._sandbox.write_file(path, content.encode())
        except OSError as error:
            raise ToolRefused(_fault(path, error)) from None


def _lines(text: str) -> list[str]:
    """Return the lines as grep and compilers count them: form feeds and the like end none."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def _with_line_ends_of(text: str, old: str, new: str) -> tuple[str, str]:
    """Return the two texts with the carriage returns of a file that has them: models are not shown any."""
    if "\r\n" not in text or "\r" in old:
        return old, new
    return old.replace("\n", "\r\n"), new.replace("\r\n", "\n").replace("\n", "\r\n")


def _fault(path: str, error: OSError) -> str:
    return f"{path}: {error.strerror or type(error).__name__}"


def _why_not(path: str, text: str, old: str, found: int) -> str:
    if not old:
        return "the old text is empty: give the text to replace, or use write_file"
    if found > 1:
        return f"the old text stands {found} times in {path}: give more of the lines around it"
    first = next((line.strip() for line in old.splitlines() if line.strip()), "")
    lines = _lines(text)
    near = get_close_matches(first, [line.strip() for line in lines], 1, 0.6)
    hint = next((f"; line {n} is similar: {line}" for n, line in enumerate(lines, 1) if near == [line.strip()]), "")
    return f"the old text does not stand in {path}{hint}"


def _spec(name: str, description: str, required: list[str], **properties: dict[str, str]) -> ToolSpec:
    return ToolSpec(name, description, {"type": "object", "properties": properties, "required": required})


def _string(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


def _integer(description: str) -> dict[str, str]:
    return {"type": "integer", "description": description}


_PATH = _string("Path relative to the repository's root.")

READ = _spec(
    "read_file",
    f"Read a text file; returns numbered lines, at most {LINES_SHOWN} at once.",
    ["path"],
    path=_PATH,
    start_line=_integer("First line, from 1."),
    end_line=_integer("Last line, included."),
)
WRITE = _spec(
    "write_file",
    "Write a whole file, making folders as needed. Prefer edit_file for a change to an existing file.",
    ["path", "content"],
    path=_PATH,
    content=_string("The whole new content."),
)
EDIT = _spec(
    "edit_file",
    "Replace a text that stands exactly once in a file. Copy it exactly, white space included.",
    ["path", "old", "new"],
    path=_PATH,
    old=_string("The text to replace."),
    new=_string("What to put in its place."),
)
LIST = _spec("list_directory", "List the names in a folder.", ["path"], path=_PATH)
