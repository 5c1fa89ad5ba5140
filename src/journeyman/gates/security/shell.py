"""Reads a shell command as pipelines of plain words, and what it runs through other programs.

No shell: what only running it would tell is not known. Quotes, escapes, braces, variables that the command itself
sets, and substitutions that only print a word are resolved.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from journeyman.gates.security.policy import INTERPRETER, SHELL

PREFIXES = frozenset(
    re.findall(
        r"\S+",
        "sudo doas env nohup time nice ionice exec command builtin busybox xargs timeout stdbuf setsid then do else "
        "if elif while until ! { ( watch parallel strace toybox chronic unbuffer flock coproc",
    )
)
TAKES_VALUE = {
    "sudo": "ugpCTh",
    "doas": "uC",
    "nice": "n",
    "ionice": "cnp",
    "env": "uC",
    "timeout": "ks",
    "xargs": "InPLdEsa",
    "flock": "wE",
}
GROUP_ENDS = ("}", "done", "fi", "esac")
"""What comes out of a group goes on through the next pipe."""
ONE_ARGUMENT = ("timeout", "flock")
CALLED = re.compile(
    r"(?:system|popen|Popen|exec|execSync|spawn|run|call|check_call|check_output|getoutput)\s*\(?\s*[rbf]?([\"'])(.+?)\1"
)
LISTED = re.compile(r"((?:[\"'][\w/]+[\"']\s*,\s*)?)\[\s*((?:[\"'][^\"']*[\"']\s*,?\s*)+)\]")
INSIDE = re.compile(r"[$<>]\(([^()]*(?:\([^()]*\)[^()]*)*)\)|`([^`]*)`")
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1(?P<rest>[^\n]*)\n(?P<body>(?:.*\n){0,400}?)\s*\2[ \t]*(?=\n|$)")
RUN_FILE = re.compile(rf"(?:\b{SHELL}\s+(?:-\w+\s+)*|\bsource\s+|(?:^|[\s;&])\.\s+|(?=\./))(\S+)")
ANSI_C = re.compile(r"\$'((?:[^'\\]|\\.)*)'")
PRINTED = re.compile(
    r"\$\(\s*(?:echo|printf(?:\s+[\"']%s(?:\\n)?[\"'])?|which|command -v)\s+([^()$`;|&]+?)\s*\)"
    r"|`\s*(?:echo|which)\s+([^`$;|&]+?)\s*`"
)
ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)")
BRACES = re.compile(r"([^{}]*)\{([^{},]*(?:,[^{},]*)+)\}([^{}]*)")
PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def pipelines(command: str) -> list[list[list[str]]]:
    """Return a command line as pipelines of simple commands of words; redirections become words `>` and target."""
    found: list[list[list[str]]] = [[[]]]
    for token in _tokens(command):
        if token and set(token) <= set("();&|\n`") and token != "&>":
            if token.strip("\n") in ("|", "|&"):
                if found[-1] == [[]] and len(found) > 1:
                    found.pop()
                found[-1].append([])
            else:
                found.append([[]])
        elif token in GROUP_ENDS and found[-1] == [[]]:
            continue
        elif token == "<<<":
            found[-1][-1].append(token)
        elif token and set(token) <= set("<>&|()"):
            found[-1][-1].append(">" if ">" in token else "<")
        else:
            found[-1][-1].append(token)
    return [[words for words in pipeline if words] for pipeline in found if any(pipeline)]


def plain(words: list[str]) -> str:
    """Return a simple command in plain spelling, as the policy's patterns expect it."""
    words = [_straight(word) for word in words if word != ""]
    while words and (words[0].rpartition("/")[2] in PREFIXES or "=" in words[0][1:]):
        if re.match(r"HIST\w*=", words[0]):
            return " ".join(words)
        words = _without_prefix(words)
    return " ".join([words[0].rpartition("/")[2] or words[0], *words[1:]]) if words else ""


def without_documents(command: str) -> str:
    """Return a command without the documents it writes: they are text, unless a shell reads them."""
    kept, run_files = command, _run_files(command) if "<<" in command else frozenset()
    for found in HEREDOC.finditer(command) if "<<" in command else ():
        opener = command[: found.start()].rpartition("\n")[2].split("|")[-1].split("&&")[-1].split(";")[-1]
        read = re.match(rf"\s*(?:sudo\s+)?(?:{SHELL}|make)\b", opener) or re.match(
            rf".*\|\s*{SHELL}\b", found["rest"]
        )
        target = re.search(r">\s*(\S+)", opener + found["rest"])
        if not read and not (target and _bare(target[1]) in run_files):
            kept = kept.replace(found.group(0), found["rest"], 1)
    return kept


def programs_read(command: str) -> Iterator[str]:
    """Yield the documents that an interpreter reads."""
    for found in HEREDOC.finditer(command) if "<<" in command else ():
        if re.search(rf"\b{INTERPRETER}\b[^\n|;&]*$", command[: found.start()]):
            yield found["body"]


def inner(command: str) -> Iterator[str]:
    """Yield what a command runs through another: sh -c, eval, substitutions, calls in a one-line program."""
    run_files = _run_files(command)
    for found in INSIDE.finditer(command):
        yield found.group(1) or found.group(2) or ""
    for pipeline in pipelines(command):
        for words in pipeline:
            yield from _run_by(words)
            if words[0] in ("echo", "printf") and ">" in words and _bare(words[-1]) in run_files:
                yield " ".join(words[1 : words.index(">")])


def _run_by(words: list[str]) -> Iterator[str]:
    """Yield what a simple command has another program run."""
    for index, word in enumerate(words[:-1]):
        name, rest = word.rpartition("/")[2], words[index + 1 :]
        if re.fullmatch(rf"{SHELL}|su", name):
            yield from _script(rest)
        elif (name == "eval" and index < 3) or name in ("-exec", "-execdir") or (name == "ssh" and not index):
            yield " ".join(rest if name != "ssh" else rest[1:])
        elif (name == "trap" and not index) or (word == "-S" and words[0].endswith("env")):
            yield rest[0]
        elif re.fullmatch(INTERPRETER, name) or name in ("awk", "gawk", "mawk"):
            yield from (text for each in rest for text in _calls(each))
    for word in words:
        if ran := re.match(r"(?:.*?=|:|-c:)?!(.+)|.*\bexec=(.+)", word, re.DOTALL):
            yield ran[1] or ran[2]
        elif words[0] == "alias" and "=" in word:
            yield word.partition("=")[2]


def _calls(program: str) -> Iterator[str]:
    """Yield the commands that a one-line program calls."""
    yield from (text for _, text in CALLED.findall(program))
    yield from (text for text in re.findall(r"`([^`]+)`", program))
    for name, words in LISTED.findall(program):
        yield " ".join(re.findall(r"[\"']([^\"']*)[\"']", name + words))


def _script(arguments: list[str]) -> Iterator[str]:
    for flag, text in pairwise(arguments):
        if re.fullmatch(r"-\w*c", flag) or flag == "<<<":
            yield text
            return


def _run_files(command: str) -> frozenset[str]:
    """Return the files that a command runs, or may run."""
    return frozenset(_bare(found[1]) for found in RUN_FILE.finditer(command))


def _bare(file: str) -> str:
    return file.strip("'\";&|()").removeprefix("./")


def _tokens(command: str) -> list[str]:
    text = command.replace("\\\n", "").replace("${IFS}", " ").replace("$IFS", " ").replace('$"', '"')
    text = ANSI_C.sub(lambda found: shlex.quote(_unescaped(found[1])), text)
    text = PRINTED.sub(lambda found: (found[1] or found[2]).strip("'\""), text)
    text = re.sub(r"(?m)(^|\s)#.*$", r"\1", text)
    lexer = shlex.shlex(text, posix=True, punctuation_chars="();<>|&\n`")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        tokens = list(lexer)
    except ValueError:
        tokens = re.findall(r"[();<>|&\n`]+|[^\s();<>|&`'\"]+", text)
    return _with_variables(tokens)


def _unescaped(text: str) -> str:
    """Return the text of `$'...'`."""

    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] == "x" and len(code) > 1:
            return chr(int(code[1:], 16))
        return chr(int(code, 8)) if code[0] in "01234567" else PLAIN_ESCAPES.get(code, code)

    return ESCAPE.sub(one, text)


def _with_variables(tokens: list[str]) -> list[str]:
    """Return the words with the variables filled in that the command itself sets, and braces spelt out."""
    known: dict[str, str] = {}
    filled: list[str] = []
    for token in tokens:
        if "$" in token and known:
            token = re.sub(r"\$\{?(\w+)\}?", lambda found: known.get(found.group(1), found.group(0)), token)
        assigned = re.fullmatch(r"([A-Za-z_]\w*)=(.*)", token, re.DOTALL)
        if assigned:
            known[assigned.group(1)] = assigned.group(2)
        elif filled[-3:-2] == ["for"] and filled[-1] == "in":
            known[filled[-2]] = token
        filled.extend(_words(token, known, after=filled[-1] if filled else ""))
    return filled


def _words(token: str, known: dict[str, str], *, after: str) -> list[str]:
    """Return what a token is to the shell: a list in braces and a variable's words are several."""
    if listed := BRACES.fullmatch(token):
        return [f"{listed[1]}{each}{listed[3]}" for each in listed[2].split(",")]
    is_script = bool(re.fullmatch(r"-\w*c", after))
    return token.split() if " " in token and token in known.values() and not is_script else [token]


def _straight(word: str) -> str:
    """Return an absolute path without its detours."""
    if not word.startswith("/") or "/.." not in word:
        return word
    star = "/*" if word.endswith("/*") else ""
    return posixpath.normpath(word.removesuffix(star)).replace("//", "/") + star


def _without_prefix(words: list[str]) -> list[str]:
    prefix, rest = words[0].rpartition("/")[2], words[1:]
    valued = TAKES_VALUE.get(prefix, "")
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        with_value = len(rest[0]) == 2 and rest[0][1] in valued
        rest = rest[2:] if with_value else rest[1:]
    return rest[1:] if prefix in ONE_ARGUMENT else rest
