"""The program that compiles texts inside the sandbox, by the repository's own Python (3.7 or newer).

Reads one line, JSON deflated and in base 64: `{"paths": [...]}`, `{"texts": [...]}` or `{"text": t, "edits": [...]}`,
an edit being a list of [start, end, new]. Writes a list: for each text null, or its first fault as
[line, column, message, end line, end column].
"""

from __future__ import annotations

import base64
import json
import sys
import warnings
import zlib
from typing import Any, Iterable  # noqa: UP035


def fault(text: Any) -> list[Any] | None:
    """Return the first fault of a text; None if it compiles."""
    try:
        compile(text, "text", "exec", dont_inherit=True)
    except SyntaxError as error:
        end = getattr(error, "end_lineno", 0) or 0, getattr(error, "end_offset", 0) or 0
        return [error.lineno or 0, error.offset or 0, str(error.msg), *end]
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return [0, 0, str(error), 0, 0]
    return None


def edited(text: str, edits: list[list[Any]]) -> str:
    """Return a text with edits made."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def read(path: str) -> bytes:
    """Return a file's bytes; none if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def main() -> None:
    """Do the job of standard input."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(5000)
    job = json.loads(zlib.decompress(base64.b64decode(sys.stdin.readline())).decode())
    if "paths" in job:
        texts: Iterable[Any] = map(read, job["paths"])
    elif "texts" in job:
        texts = job["texts"]
    else:
        texts = (edited(job["text"], edits) for edits in job["edits"])
    print(json.dumps([fault(text) for text in texts]))


if __name__ == "__main__":
    main()
