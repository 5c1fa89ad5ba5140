"""Commands that take long to judge where a pattern or a loop is careless; each of about a given length."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import count

Hostile = Callable[[int], str]


def _repeated(piece: str, *, before: str = "", after: str = "") -> Hostile:
    """Repeat a piece; `#` in it is a running number, so that no two are the same."""

    def of(length: int) -> str:
        parts, size = [], len(before) + len(after)
        for number in count():
            part = piece.replace("#", str(number))
            size += len(part)
            if size > length:
                return before + "".join(parts) + after
            parts.append(part)
        raise AssertionError

    return of


def _nested(opened: str, closed: str, inside: str = "x") -> Hostile:
    def of(length: int) -> str:
        times = max(0, length - len(inside)) // len(opened + closed)
        return opened * times + inside + closed * times

    return of


def _quoted_scripts(length: int) -> str:
    """`sh -c` in `sh -c`, its quotes escaped anew each time: twice the length a level."""
    command = "x"
    while len(longer := 'sh -c "' + command.replace("\\", "\\\\").replace('"', '\\"') + '"') < length:
        command = longer
    return command


def _doubling(length: int) -> str:
    """Variables of variables: each twice as long as the one before."""
    text = "a0=xxxxxxxxxx"
    for number in count():
        if len(text) > length:
            return text.rpartition(";")[0]
        text += f";a{number + 1}=$a{number}$a{number}"
    raise AssertionError


def _few(piece: str, filled: str = "a ") -> Hostile:
    """As many as are still looked at, and filled up."""
    return lambda length: (piece * 14)[:length] + filled * ((length - 14 * len(piece)) // len(filled))


HOSTILE: dict[str, Hostile] = {
    "here-documents": _repeated("cat <<A#\nx\nA#\n"),
    "here-documents on one line": _repeated("<<A "),
    "here-documents that never end": _repeated("<<A#\n"),
    "here-documents for programs": _repeated("python - <<A\nexec('x')\nA\n"),
    "one long here-document of a shell": _repeated("echo # | tee y#\n", before="sh <<A\n", after="A\n"),
    "substitutions in here-documents": _repeated("$(a#)`b#`", before="cat <<A\n", after="\nA\n"),
    "process substitutions unclosed": _repeated("bash <("),
    "process substitutions": _repeated("bash <(a#) "),
    "nested substitutions": _nested("$(", ")"),
    "nested substitutions with words": _nested("a $(b ", " c) d"),
    "many substitutions": _repeated("$(a#) "),
    "substitutions unclosed": _repeated("$((a "),
    "parentheses": _nested("(", ")"),
    "empty parentheses": _repeated("()", before="$("),
    "backticks": _repeated("`a#`"),
    "sums": _repeated("$((1<<A))\n"),
    "quotes": _repeated("'\""),
    "quotes unclosed": _repeated("\"'a", before="x "),
    "printed by $'": _repeated("$'\\''"),
    "backslashes": _repeated("\\"),
    "escaped words": _repeated("\\a "),
    "lists in braces": _repeated("a,", before="x" * 5000 + "{", after="}" + "y" * 10),
    "nested braces": _nested("{a,", "}"),
    "pipes": _repeated("a# | "),
    "pipes of tr": _repeated("tr ", before="| sh | "),
    "pipes of tr to no shell": _repeated("tr a | ", after="cat"),
    "semicolons": _repeated("a#;"),
    "semicolons alone": _repeated(";"),
    "lines": _repeated("\n", before="x"),
    "lines of commands": _repeated("rm -r a#\n"),
    "spaces": _repeated(" ", before="x", after="x"),
    "spaces after while": _repeated(" ", before="while ", after="x"),
    "spaces in a call": _repeated(" ", before="python -c 'system", after="x'"),
    "spaces in a substitution": _repeated(" ", before="$(echo ", after="|)"),
    "base64": lambda length: f"echo {base64.b64encode(b'rm -rf / ' * (length // 13)).decode()} | base64 -d > x",
    "base64 to files": _repeated("base64 a > b# "),
    "base64 to many files": _repeated(">a", before="base64 x "),
    "sh -c in sh -c": _quoted_scripts,
    "sh -c": _repeated("sh -c "),
    "sh": _repeated("sh "),
    "sh -c a; each": _repeated("sh -c a#;"),
    "eval": _repeated("eval "),
    "-exec": _repeated("-exec ", before="find "),
    "python": _repeated("python "),
    "calls": _repeated("run('", before='python -c "', after='"'),
    "lists in a program": _repeated("['a' ", before='python -c "', after='"'),
    "sudo": _repeated("sudo "),
    "sudo with options": _repeated("-a ", before="sudo "),
    "brackets as prefixes": _repeated("! "),
    "one long word": _repeated("a"),
    "words": _repeated("a "),
    "one long option": _repeated("r", before="cd /;rm -", after="_"),
    "variables": _doubling,
    "a long variable often": _repeated("$x ", before="x=" + "y" * 3000 + "; "),
    "roots": _repeated("/ ", before="rm ", after="x"),
    "dots of a root": _repeated(".", before="rm -r /", after="x"),
    "slashes": _repeated("/", before="rsync --delete ", after="x"),
    "homes": _repeated("$HOME-a ", before="rm -r ", after="\nx"),
    "rsync --delete": _repeated("--delete ", before="rsync ", after="x"),
    "git push": _repeated("push ", before="git "),
    "git push options": _repeated("f", before="git push -", after="_"),
    "kill -s": _repeated("-s ", before="kill ", after="x"),
    "nc -e": _repeated("-e", before="nc ", after=" "),
    "curl to dashes": _repeated(" -", before="curl x | sh", after="' \n'"),
    "curl to pipes": _repeated("| sh - 'x\n'", before="curl x "),
    "curl to files": _repeated("curl a -o b#; "),
    "curl to files at once": _repeated("curl -ob -ob -O/a -O/b -O/c -O/d -O/e ;a ", after="\n"),
    "curl to one long option": _repeated("o", before="curl curl curl -", after=" "),
    "wget": _repeated("wget a/b "),
    "wget and commands": _repeated("wget a/b/c/d/e; x ./a "),
    "few curl to files": _few(
        "curl -ob -ob -ob -ob -ob curl wget x -O/a -O/b -O/c -O/d -O/e ;a sh a sh a sh ", "sh a "
    ),
    "few wget": _few("wget wget wget curl " + "-O/a" * 50 + ";" + "sh sudo sh ./a " * 8, "-O/a"),
    "few base64 to files": _few("base64 xxd xxd x " + ">a " * 60 + "sh ./b " * 10, ">a sh b"),
    "variables from curl": _repeated("x=$(curl y) "),
    "sockets": _repeated("socket connect( ", before="python -c '", after="'"),
    "sockets in one word": _repeated("connect", before="socket socket socket "),
    "functions": _repeated("x(){"),
    "colons": _repeated(":", after="("),
    "removals in a program": _repeated("rm('/',{", before='node -e "', after='"'),
    "echoed removals": _repeated("rm -r /", before="echo ", after=" | cat"),
    "files that are run": _repeated("echo a > b#; ./b# "),
    "comments": _repeated(" # <<A"),
    "aliases": _repeated("alias a#='rm x' "),
    "git -c": _repeated("a.b=!x# ", before="git "),
    "null and odd characters": _repeated("\0\x1b\u2028é"),
}
