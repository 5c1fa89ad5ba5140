"""Reads an issue as people write them: title, prose, code, tracebacks, the names and paths in it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import msgspec

from journeyman.codebase.words import STOP, Terms

_OF_THE_FORM = re.compile(r"<!--[\s\S]*?(?:-->|\Z)|^[ \t]*[-*+] \[[ xX]\].*$", re.MULTILINE)
"""What a form asks for and what is ticked off in it: of every issue the same."""

_VERSIONS = re.compile(r"^[ \t]*[\w.-]+(?:==|@| {1,40})v?\d[\w.+-]*[ \t]*$", re.MULTILINE)
"""Lines of what is installed."""

_FENCED = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_FRAMES = (
    re.compile(r'File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>[\w.<>]+))?'),
    re.compile(
        r"^\s*at (?:async )?(?:(?P<name>[\w.$<>]+) \()?(?P<path>[^\s()]+?):(?P<line>\d+):\d+\)?", re.MULTILINE
    ),
    re.compile(r"^\s*at (?P<name>[\w.$]+)\((?P<path>\w+\.\w+):(?P<line>\d+)\)", re.MULTILINE),
    re.compile(r"^(?P<path>[\w./-]+\.\w{1,5}):(?P<line>\d+)(?::\d+)?: (?:in (?P<name>\w+))?", re.MULTILINE),
    re.compile(r"^\s*(?:from )?(?P<path>[\w./-]+\.rb):(?P<line>\d+):in [`'](?P<name>\w+)'", re.MULTILINE),
)
_PATH = re.compile(
    r"(?<![\w/])(?:[\w.-]+/)*[\w-]+\.(?:py|pyi|jsx?|mjs|cjs|tsx?|go|rs|java|kt|swift|rb|php|cs|cc?|cpp|hp?p?|sh|sql|"
    r"html|css|ya?ml|toml|json|md|rst|txt|cfg|ini)\b"
)
_DOTTED = re.compile(r"(?<![\w./])[A-Za-z_]\w*(?:(?:\.|::|#)[A-Za-z_]\w*)+")
_QUOTED = re.compile(r"``?([^`\n]{2,80})``?")
_CODE_LINE = re.compile(
    r"^(?:\s{4,}|\t|>>>|\.\.\.|\$ |In \[|Out\[|"
    r"(?:from|import|def|class|return|print|for|if|elif|else|try|except|with|raise)\b.*[:(=]|"
    r"(?:from|import) [\w.]+|@\w|[\w.\[\]'\"]+ ?= ?\S|[\w.]+\(.*\)\s*$|[#/]{1,2} )"
)
_SHAPED = re.compile(
    r"^(?:[A-Z][a-z0-9]+[A-Z]\w*|[a-z0-9]+[A-Z]\w*|\w*[a-z0-9]_[a-z0-9]\w*|__\w+__|_\w+|[A-Z][A-Z0-9]+_[A-Z0-9_]+)$"
)
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\(")
_NAME = re.compile(r"[^\W\d]\w*")


PARTS = ("title", "prose", "code")
"""The parts of an issue whose words count apart, too."""

IN_TITLE = 3.0
"""What a path counts that the title names."""


class Frame(msgspec.Struct, frozen=True):
    """A line of a traceback; the last one of an issue is where it broke."""

    path: str
    line: int
    name: str


class Issue(msgspec.Struct, frozen=True):
    """What an issue says. `terms` weighs each term; `names` weighs each identifier that is mentioned.

    `parts` weighs the terms of each of `PARTS` alone.
    """

    title: str
    terms: dict[str, float]
    parts: dict[str, dict[str, float]]
    names: dict[str, float]
    dotted: dict[str, float]
    paths: dict[str, float]
    frames: tuple[Frame, ...]


class Weighing(msgspec.Struct, frozen=True):
    """What the parts of an issue count."""

    title: float = 2.0
    prose: float = 1.0
    code: float = 0.5
    trace: float = 0.3
    repeated: float = 0.5


def read_issue(text: str, terms: Terms, weighing: Weighing | None = None) -> Issue:
    """Return what an issue says. Any text is one; the first line that holds something is its title."""
    weighing = weighing or Weighing()
    text = text[:60_000]
    lines = (_told(text) or text).strip().splitlines()
    title = lines[0] if lines else ""
    body = "\n".join(lines[1:])
    frames = _frames(body)
    prose, code, trace = _apart(body)
    texts = {"title": title, "prose": prose, "code": code, "trace": trace}
    parts = {name: _counted(terms.in_text(part), weighing) for name, part in texts.items()}
    weights: dict[str, float] = defaultdict(float)
    for name, own in parts.items():
        for term, weight in own.items():
            weights[term] += getattr(weighing, name) * weight
    return Issue(
        title=title,
        terms=dict(weights),
        parts={name: parts[name] for name in PARTS},
        names=_names(title, prose, code + trace),
        dotted=_dotted(title, prose, code),
        paths=_paths(title, body),
        frames=frames,
    )


def _told(text: str) -> str:
    """Return what somebody wrote into an issue, without the form's own words and lists of what is installed."""
    return _VERSIONS.sub("", _OF_THE_FORM.sub("", text)).strip()


def _counted(found: list[str], weighing: Weighing) -> dict[str, float]:
    """Return what each term counts; the first repetitions add most."""
    counts = Counter(found)
    return {term: 1 + weighing.repeated * (times - 1) / (1 + 0.5 * (times - 1)) for term, times in counts.items()}


def _frames(text: str) -> tuple[Frame, ...]:
    found = []
    for pattern in _FRAMES:
        found += [
            (match.start(), Frame(match["path"].replace("\\", "/"), int(match["line"][:9]), match["name"] or ""))
            for match in pattern.finditer(text)
        ]
    return tuple(dict.fromkeys(frame for _, frame in sorted(found, key=lambda each: each[0])))[-60:]


def _apart(body: str) -> tuple[str, str, str]:
    """Return the prose, the code and the tracebacks of an issue's body."""
    code: list[str] = []
    trace: list[str] = []
    prose: list[str] = []
    for block in _FENCED.findall(body):
        (trace if any(pattern.search(block) for pattern in _FRAMES) else code).append(block)
    rest = _FENCED.sub("\n", body)
    after_frame = False
    for line in rest.splitlines():
        framed = any(pattern.search(line) for pattern in _FRAMES)
        if framed or (after_frame and line.startswith((" ", "\t"))):
            trace.append(line)
        elif _CODE_LINE.match(line):
            code.append(line)
        else:
            prose.append(line)
        after_frame = framed
    return "\n".join(prose), "\n".join(code), "\n".join(trace)


def _names(title: str, prose: str, code: str) -> dict[str, float]:
    """Return the identifiers that are mentioned; how they are written and where tells how much they matter."""
    names: dict[str, float] = {}
    for part, plain, shaped in ((title, 0.6, 3.0), (prose, 0.0, 1.5), (code, 0.15, 0.5)):
        quoted = {word for piece in _QUOTED.findall(part) for word in _NAME.findall(piece)}
        quoted |= set(_CALLED.findall(part))
        for word, times in Counter(_NAME.findall(part)).items():
            if word.lower() in STOP or (len(word) < 3 and not (word in quoted and word[0].isupper())):
                continue
            weight = shaped if word in quoted or _SHAPED.match(word) else plain
            if weight:
                names[word] = names.get(word, 0.0) + weight * min(1 + 0.25 * (times - 1), 2)
    return names


def _dotted(title: str, prose: str, code: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part, weight in ((title, 3.0), (prose, 1.5), (code, 0.7)):
        for name in set(_DOTTED.findall(part)):
            found[name] = max(found.get(name, 0.0), weight)
    return found


def _paths(title: str, body: str) -> dict[str, float]:
    found = dict.fromkeys(_PATH.findall(body.replace("\\", "/")), 1.0)
    return found | dict.fromkeys(_PATH.findall(title), IN_TITLE)
