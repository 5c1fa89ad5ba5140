"""Refuses dangerous shell commands by rule, before the sandbox that would contain them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from journeyman.gates.security.policy import COMMANDS, PIPELINES, SHELL, TEXTS

DEEPEST = 4
PREFIXES = frozenset(
    re.findall(
        r"\S+",
        "sudo doas env nohup time nice ionice exec command builtin busybox xargs timeout stdbuf setsid then do else "
        "if elif while until ! { ( watch parallel strace toybox chronic unbuffer",
    )
)
TAKES_VALUE = {
    "sudo": "ugpCTh",
    "doas": "uC",
    "nice": "n",
    "ionice": "cnp",
    "env": "uCS",
    "timeout": "ks",
    "xargs": "InPLdEsa",
}
CALLED = re.compile(
    r"(?:system|popen|Popen|exec|execSync|spawn|run|call|check_call|check_output|getoutput)\(\s*[rbf]?([\"'])(.+?)\1"
)
INSIDE = re.compile(r"\$\(([^()]*(?:\([^()]*\)[^()]*)*)\)|`([^`]*)`")
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1[^\n]*\n(?:.*\n)*?\s*\2[ \t]*(?=\n|$)")


def refusal(command: str) -> str | None:
    """Return the name of the rule that refuses a command; None if it may run."""
    return _refused(command[:100_000], 0)


def _refused(command: str, depth: int) -> str | None:
    if depth > DEEPEST:
        return None
    command = _heredocs_out(command)
    for name, pattern in _compiled(TEXTS):
        if pattern.search(command):
            return name
    for pipeline in pipelines(command):
        lines = [_plain(words) for words in pipeline]
        rule = next((rule for line in lines if (rule := _matched(COMMANDS, line))), None)
        rule = rule or (_matched(PIPELINES, " | ".join(lines)) if len(lines) > 1 else None)
        if rule:
            return rule
    return next((rule for inner in _inner(command) if (rule := _refused(inner, depth + 1))), None)


@cache
def _compiled(rules: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in rules)


def _matched(rules: tuple[tuple[str, str], ...], line: str) -> str | None:
    return next((name for name, pattern in _compiled(rules) if pattern.match(line)), None)


def _heredocs_out(command: str) -> str:
    """Return a command without the documents it writes: they are text, unless a shell reads them."""
    if "<<" not in command:
        return command
    kept = command
    for found in HEREDOC.finditer(command):
        opener = command[: found.start()].rpartition("\n")[2].split("|")[-1].split("&&")[-1].split(";")[-1]
        if not re.match(rf"\s*(?:sudo\s+)?{SHELL}\b", opener):
            kept = kept.replace(found.group(0), "", 1)
    return kept


def pipelines(command: str) -> list[list[list[str]]]:
    """Return a command line as pipelines of simple commands of words; redirections become words `>` and target."""
    found: list[list[list[str]]] = [[[]]]
    for token in _tokens(command):
        if token and set(token) <= set("();&|\n`") and token != "&>":
            if token.strip("\n") in ("|", "|&"):
                found[-1].append([])
            else:
                found.append([[]])
        elif token and set(token) <= set("<>&|()"):
            found[-1][-1].append(">" if ">" in token else "<")
        else:
            found[-1][-1].append(token)
    return [[words for words in pipeline if words] for pipeline in found if any(pipeline)]


def _tokens(command: str) -> list[str]:
    text = command.replace("\\\n", " ").replace("${IFS}", " ").replace("$IFS", " ")
    text = re.sub(r"(?m)(^|\s)#.*$", r"\1", text)
    lexer = shlex.shlex(text, posix=True, punctuation_chars="();<>|&\n`")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        tokens = list(lexer)
    except ValueError:
        tokens = re.findall(r"[();<>|&\n`]+|[^\s();<>|&`'\"]+", text)
    return _with_variables(tokens)


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
        listed = re.fullmatch(r"\{([^\s{},]+(?:,[^\s{},]*)+)\}", token)
        filled.extend(listed.group(1).split(",") if listed else token.split() if _joined(token, known) else [token])
    return filled


def _joined(token: str, known: dict[str, str]) -> bool:
    return " " in token and token in known.values()


def _plain(words: list[str]) -> str:
    """Return a simple command in plain spelling, as the policy's patterns expect it."""
    words = [word for word in words if word != ""]
    while words and (words[0] in PREFIXES or words[0].rpartition("/")[2] in PREFIXES or "=" in words[0][1:]):
        if re.match(r"HIST\w*=", words[0]):
            break
        words = _without_prefix(words)
    if not words:
        return ""
    return " ".join([words[0].rpartition("/")[2] or words[0], *words[1:]])


def _without_prefix(words: list[str]) -> list[str]:
    prefix, rest = words[0].rpartition("/")[2], words[1:]
    valued = TAKES_VALUE.get(prefix, "")
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        with_value = len(rest[0]) == 2 and rest[0][1] in valued
        rest = rest[2:] if with_value else rest[1:]
    return rest[1:] if prefix == "timeout" else rest


def _inner(command: str) -> Iterator[str]:
    """Yield what a command runs through another: sh -c, eval, substitutions, calls in a one-line program."""
    for found in INSIDE.finditer(command):
        yield found.group(1) or found.group(2) or ""
    for pipeline in pipelines(command):
        for words in pipeline:
            plain = [word for word in words if word]
            for index, word in enumerate(plain[:-1]):
                name = word.rpartition("/")[2]
                if re.fullmatch(rf"{SHELL}|su", name):
                    yield from _script(plain[index + 1 :])
                elif (name == "eval" and index < 3) or name in ("-exec", "-execdir"):
                    yield " ".join(plain[index + 1 :])
                elif name in ("-c", "-e") and index:
                    yield from (text for _, text in CALLED.findall(plain[index + 1]))


def _script(arguments: list[str]) -> Iterator[str]:
    for flag, text in pairwise(arguments):
        if re.fullmatch(r"-\w*c", flag):
            yield text
            return
