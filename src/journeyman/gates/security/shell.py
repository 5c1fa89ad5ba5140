"""Reads a shell command as pipelines of plain words, and what it runs through other programs.

No shell: what only running it would tell is not known. Quotes, escapes, braces, variables that the command itself
sets, and substitutions that only print a word are resolved.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

from journeyman.gates.security.documents import documents, without
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
    r"(?:system|popen|Popen|exec|execSync|spawn|run|call|check_call|check_output|getoutput)\s*+(?:\(\s*+)?[rbf]?([\"'])(.+?)\1"
)
LISTED = re.compile(r"((?:[\"'][\w/]+[\"']\s*,\s*)?)\[\s*+((?:[\"'][^\"']*[\"']\s*+,?\s*+){1,50})\]")
INSIDE = re.compile(r"[$<>]\(([^()]*+(?:\([^()]*+\)[^()]*+)*+)\)|`([^`]*)`")
RUN_FILE = re.compile(rf"(?:\b{SHELL}\s++(?:-\w++\s++)*|\bsource\s++|(?:^|[\s;&])\.\s++|(?<!>)(?<!> )(?=\./))(\S+)")
ANSI_C = re.compile(r"\$'((?:[^'\\]|\\.)*)'")
PRINTED = re.compile(
    r"\$\(\s*+(?:echo|printf(?:\s++[\"']%s(?:\\n)?[\"'])?|which|command -v)\s++"
    r"([^()$`;|&\s]++(?:\s++[^()$`;|&\s]++)*+)\s*+\)"
    r"|`\s*+(?:echo|which)\s++([^`$;|&\s]++(?:\s++[^`$;|&\s]++)*+)\s*+`"
)
ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)")
BRACES = re.compile(r"([^{}]*)\{([^{},]*(?:,[^{},]*)+)\}([^{}]*)")
PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
MOST_SPELT_OUT = 50_000
"""Characters of all words once braces and variables are spelt out: variables of variables grow without end."""


class TooComplicated(Exception):
    """More to read than a command that means well has."""


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
    at = 0
    while at < len(words) and (words[at].rpartition("/")[2] in PREFIXES or "=" in words[at][1:]):
        if re.match(r"HIST\w*=", words[at]):
            return " ".join(words[at:])
        at = _past_prefix(words, at)
    words = words[at:]
    return " ".join([words[0].rpartition("/")[2] or words[0], *words[1:]]) if words else ""


def looked_at(command: str, most_documents: int, longest: int) -> tuple[str, list[str]]:
    """Return a command without the documents it only writes, and the programs among them.

    TooComplicated for more than `most_documents`; they are looked for until `longest` characters outside of them.
    """
    found = documents(command, most_documents, longest)
    if len(found) > most_documents:
        raise TooComplicated
    run_files = _run_files(command) if found else frozenset()
    data = [each for each in found if not each.is_run and not (each.target and _bare(each.target) in run_files)]
    return without(command, data), [each.body for each in data if each.is_program]


def inner(command: str, commands: list[list[list[str]]]) -> Iterator[str]:
    """Yield what a command, read as pipelines, runs through another: sh -c, eval, substitutions, calls."""
    run_files = _run_files(command)
    for found in INSIDE.finditer(command):
        yield found.group(1) or found.group(2) or ""
    for pipeline in commands:
        for words in pipeline:
            yield from _run_by(words)
            if words[0] in ("echo", "printf") and ">" in words and _bare(words[-1]) in run_files:
                yield " ".join(words[1 : words.index(">")])


def _run_by(words: list[str]) -> Iterator[str]:
    """Yield what a simple command has another program run."""
    shell = interpreter = False
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        if shell and (before == "<<<" or re.fullmatch(r"-\w*c", before)):
            yield word
        if interpreter:
            yield from _calls(word)
        yield from _rest_run_by(words, index)
        name = word.rpartition("/")[2]
        shell = shell or bool(re.fullmatch(rf"{SHELL}|su", name))
        interpreter = interpreter or bool(re.fullmatch(rf"{INTERPRETER}|[gm]?awk", name))
        if ran := re.match(r"(?:.*?=|:|-c:)?!(.+)|.*\bexec=(.+)", word, re.DOTALL):
            yield ran[1] or ran[2]
        elif words[0] == "alias" and "=" in word:
            yield word.partition("=")[2]


def _rest_run_by(words: list[str], index: int) -> Iterator[str]:
    """Yield what one word of a simple command does with those after it."""
    name = words[index].rpartition("/")[2]
    if index + 1 == len(words):
        return
    if (name == "eval" and index < 3) or name in ("-exec", "-execdir"):
        yield " ".join(words[index + 1 :])
    elif name == "ssh" and not index:
        yield " ".join(words[2:])
    elif (name == "trap" and not index) or (words[index] == "-S" and words[0].endswith("env")):
        yield words[index + 1]


def _calls(program: str) -> Iterator[str]:
    """Yield the commands that a one-line program calls."""
    yield from (text for _, text in CALLED.findall(program))
    yield from (text for text in re.findall(r"`([^`]+)`", program))
    for name, words in LISTED.findall(program):
        yield " ".join(re.findall(r"[\"']([^\"']*)[\"']", name + words))


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
    length = 0
    for token in tokens:
        if "$" in token and known:
            token = re.sub(r"\$\{?(\w+)\}?", lambda found: known.get(found.group(1), found.group(0)), token)
        assigned = re.fullmatch(r"([A-Za-z_]\w*)=(.*)", token, re.DOTALL)
        if assigned:
            known[assigned.group(1)] = assigned.group(2)
        elif filled[-3:-2] == ["for"] and filled[-1] == "in":
            known[filled[-2]] = token
        words = _words(token, known, after=filled[-1] if filled else "")
        length += sum(map(len, words))
        if length > MOST_SPELT_OUT:
            raise TooComplicated
        filled += words
    return filled


def _words(token: str, known: dict[str, str], *, after: str) -> list[str]:
    """Return what a token is to the shell: a list in braces and a variable's words are several."""
    if listed := BRACES.fullmatch(token):
        each_of = listed[2].split(",")
        if len(each_of) * len(listed[1] + listed[3]) > MOST_SPELT_OUT:
            raise TooComplicated
        return [f"{listed[1]}{each}{listed[3]}" for each in each_of]
    is_script = bool(re.fullmatch(r"-\w*c", after))
    return token.split() if " " in token and token in known.values() and not is_script else [token]


def _straight(word: str) -> str:
    """Return an absolute path without its detours."""
    if not word.startswith("/") or "/.." not in word:
        return word
    star = "/*" if word.endswith("/*") else ""
    return posixpath.normpath(word.removesuffix(star)).replace("//", "/") + star


def _past_prefix(words: list[str], at: int) -> int:
    """Return where the command begins that a prefix such as sudo runs."""
    prefix = words[at].rpartition("/")[2]
    valued, at = TAKES_VALUE.get(prefix, ""), at + 1
    while at < len(words) and words[at].startswith("-") and len(words[at]) > 1:
        at += 2 if len(words[at]) == 2 and words[at][1] in valued else 1
    return at + 1 if prefix in ONE_ARGUMENT else at
