"""Settings of test runners, linters, type checkers and coverage that ask for less than before; as a table."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from journeyman.domain.changes import Finding
from journeyman.gates.comparison import Comparison, Edit
from journeyman.gates.quality.weakened.verdicts import blocks, warns

Values = dict[str, list[str]]
"""Settings flattened: `tool.ruff.lint.ignore` -> its values as texts."""

Judge = Callable[[list[str], list[str]], bool]
LEFT_OUT = re.compile(
    r"--deselect[= ]\S+|--ignore(?:-glob)?[= ]\S+|(?:^|\s)-k[= ]?\s*(?:'[^']+'|\"[^\"]+\"|\S+)|(?:^"
    r"|\s)-m[= ]?\s*(?:'[^']*not[^']*'|\"[^\"]*not[^\"]*\"|not\b.*)"
    r"|-p no:(?!cacheprovider|junitxml|randomly|warnings)\S+|--no-cov\b|--cov-fail-under[= ]?0\b"
    r"|--co(?:llect-only)?\b|--passWithNoTests|--pass-with-no-tests"
    r"|--testPathIgnorePatterns[= ]\S+|--exclude[= ]\S+|--exit-zero|--quiet-exit|-W ignore\S*|--allow-\w+"
    r"|--bail=?0|--continue-on-collection-errors"
    r"|--suppress-no-test-exit-code|--exitfirst-ok|--lf\b|--last-failed"
)
SUCCESS_ANYWAY = re.compile(
    r"\|\|\s*(?:true|:|exit 0|echo\b)|;\s*(?:true|exit 0)\s*$|\bset \+e\b|&&\s*exit 0|^\s*-(?=\w)"
)


def _grew(before: list[str], after: list[str]) -> bool:
    return bool(set(after) - set(before))


def _hook_gone(before: list[str], after: list[str]) -> bool:
    """Whether a hook is gone, under its old and its new name: `ruff` became `ruff-check`."""
    return bool({name.removesuffix("-check") for name in before} - {name.removesuffix("-check") for name in after})


def _shrank(before: list[str], after: list[str]) -> bool:
    return bool(set(before) - set(after))


def _changed(before: list[str], after: list[str]) -> bool:
    return before != after and bool(before)


def _fell(before: list[str], after: list[str]) -> bool:
    return bool(before) and (not after or _number(after[0]) < _number(before[0]))


def _rose(before: list[str], after: list[str]) -> bool:
    return bool(after) and bool(before) and _number(after[0]) > _number(before[0])


def _turned_off(before: list[str], after: list[str]) -> bool:
    return _true(before) and not _true(after)


def _turned_on(before: list[str], after: list[str]) -> bool:
    return _true(after) and not _true(before)


def _weaker_options(before: list[str], after: list[str]) -> bool:
    was, now = (set(LEFT_OUT.findall(" ".join(values))) for values in (before, after))
    lost = {
        word
        for word in ("--strict-markers", "--strict-config", "--strict", "-Werror")
        if word in " ".join(before).split()
    }
    less = "cov-fail-under" in " ".join(before) and _under(after) < _under(before)
    return (
        bool({w.strip() for w in now} - {w.strip() for w in was}) or less or bool(lost - set(" ".join(after).split()))
    )


def _under(values: list[str]) -> float:
    found = re.search(r"--cov-fail-under[= ]?(\d+)", " ".join(values))
    return float(found.group(1)) if found else 0.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _true(values: list[str]) -> bool:
    return bool(values) and values[0].lower() in ("true", "1", "yes", "on", "error", "2")


def _rule_off(before: list[str], after: list[str]) -> bool:
    off = ("off", "0", "warn", "1")
    return bool(after) and after[0].lower() in off and not (before and before[0].lower() in off)


def _warnings(before: list[str], after: list[str]) -> bool:
    was, now = ({v for v in values if v.startswith("error")} for values in (before, after))
    return bool(was - now) or any(v.startswith("ignore") and v not in before for v in after)


LOOSER: tuple[tuple[str, Judge], ...] = (
    (r"pytest.*\.addopts$", _weaker_options),
    (r"pytest.*\.testpaths$", _shrank),
    (r"pytest.*\.(?:python_files|python_classes|python_functions)$", _changed),
    (r"pytest.*\.(?:norecursedirs|collect_ignore|collect_ignore_glob)$", _grew),
    (r"pytest.*\.(?:xfail_strict|strict|strict_markers|strict_xfail)$", _turned_off),
    (r"pytest.*\.filterwarnings$", _warnings),
    (r"coverage.*\.fail_under$", _fell),
    (r"coverage.*\.(?:omit|exclude_lines|exclude_also|exclude_dirs)$", _grew),
    (r"coverage.*\.(?:source|source_pkgs|include)$", _shrank),
    (r"coverage.*\.branch$", _turned_off),
    (
        r"(?:ruff|flake8|pycodestyle|isort|black|pylint|bandit)\b.*(?:ignore|exclude|disable|skip"
        r"|extend_skip)\w*(?:\.\S+)?$",
        _grew,
    ),
    (r"(?:ruff|flake8|pylint)\b.*\.(?:extend-)?(?:select|enable|enable-extensions)$", _shrank),
    (r"(?:ruff|flake8|pycodestyle|black)\b.*\.(?:line-length|max-line-length|line_length)$", _rose),
    (r"(?:ruff|flake8|pylint)\b.*\.max-\w+(?:-\w+)*$", _rose),
    (r"(?:ruff|flake8)\b.*\.exit-zero$", _turned_on),
    (
        r"mypy.*\.(?:strict|disallow_\w+|check_untyped_defs|warn_\w+|no_implicit_\w+|strict_\w+|extra_checks)$",
        _turned_off,
    ),
    (r"mypy.*\.(?:ignore_errors|ignore_missing_imports|allow_\w+|implicit_\w+)$", _turned_on),
    (r"mypy.*\.(?:exclude|disable_error_code)$", _grew),
    (r"mypy.*\.(?:files|packages|modules|enable_error_code)$", _shrank),
    (r"mypy.*\.follow_imports$", lambda before, after: after in (["skip"], ["silent"]) and before != after),
    (r"(?:compilerOptions|tsconfig.*)\.(?:strict\w*|no\w+|exactOptionalPropertyTypes|alwaysStrict)$", _turned_off),
    (r"compilerOptions\.(?:skipLibCheck|allowJs|suppress\w+)$", _turned_on),
    (r"tsconfig[^.]*\.json:exclude$", _grew),
    (r"(?:jest|vitest|test|nyc|c8|mocha)\b.*(?:ignore|Ignore|exclude|skip)\w*$", _grew),
    (r"(?:jest|vitest|mocha)\b.*\.(?:testMatch|testRegex|include|spec|roots|projects)$", _changed),
    (r"(?:jest|vitest|nyc|c8)\b.*(?:[tT]hresholds?\.\S+|\.(?:branches|functions|lines|statements))$", _fell),
    (r"(?:jest|vitest)\b.*\.(?:passWithNoTests|dangerouslyIgnoreUnhandledErrors)$", _turned_on),
    (r"(?:eslint.*|eslintConfig)\.?rules\.\S+$", _rule_off),
    (r"eslint.*ignore\w*$", _grew),
    (r"lints\.(?:clippy|rust)\.\S+$", lambda before, after: after[:1] == ["allow"] and before[:1] != ["allow"]),
    (r"\.pre-commit-config\.yaml:repos\.hooks\.id$", _hook_gone),
    (r"\.pre-commit-config\.yaml:(?:repos\.hooks\.)?exclude$", _grew),
    (r"golangci.*(?:exclude\S*|disable)$", _grew),
    (r"golangci.*enable$", _shrank),
)
"""Which settings mean less, by the flattened name `file:key`, and how one tells."""

SETTINGS = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|\.?pytest\.ini|pytest\.toml|\.coveragerc|\.flake8"
    r"|\.?mypy\.ini|\.?ruff\.toml|\.pylintrc"
    r"|\.isort\.cfg|package\.json|tsconfig[\w.-]*\.json|jest\.config\.json|\.eslintrc(?:\.json|\.ya?ml)?"
    r"|\.nycrc(?:\.json)?|\.mocharc\.\w+"
    r"|Cargo\.toml|clippy\.toml|\.pre-commit-config\.yaml|\.golangci\.ya?ml|codecov\.ya?ml|\.codecov\.yml)$"
)
IGNORE_LISTS = re.compile(r"(?:^|/)\.(?:eslint|prettier|stylelint|coverage|c8|nyc)ignore$")
SCRIPTS = re.compile(r"(?:^|/)(?:vitest|jest|eslint|karma|playwright|cypress|mocha|vite)\.config\.[cm]?[jt]s$")
SCRIPT_LOOSER = re.compile(
    r"testPathIgnorePatterns|coveragePathIgnorePatterns|modulePathIgnorePatterns|passWithNoTests|testIgnore"
    r"|\bexclude\s*:|\bignores\s*:|:\s*['\"]off['\"]|:\s*0\b"
    r"|allowOnly|dangerouslyIgnore|retries\s*:\s*[1-9]"
)
THRESHOLD = re.compile(r"\b(branches|functions|lines|statements)\s*:\s*(\d+(?:\.\d+)?)")


class Read(msgspec.Struct, frozen=True):
    """A settings file of the change, flattened: its keys start with the file's name."""

    edit: Edit
    before: Values
    after: Values


async def loosened_settings(comparison: Comparison) -> Iterable[Finding]:
    """Return settings that ask for less than before."""
    reads = [read for edit in comparison.edits if (read := _read(edit)) is not None]
    found = [finding for read in reads for finding in _values_of(read, reads)]
    return found + [finding for edit in comparison.edits for finding in _lines_of(edit)]


def _lines_of(edit: Edit) -> Iterator[Finding]:
    if IGNORE_LISTS.search(edit.path):
        for line, text in edit.added():
            if text.strip() and not text.startswith(("#", "!")):
                yield blocks("configuration", f"'{text.strip()}' is not checked any more", edit.path, line)
    elif SCRIPTS.search(edit.path) and edit.before is not None:
        yield from _script(edit)


def _read(edit: Edit) -> Read | None:
    if not SETTINGS.search(edit.path):
        return None
    name = edit.path.rpartition("/")[2]
    before, after = (_flat(name, text) for text in (edit.before, edit.after))
    return None if before is None or after is None else Read(edit, before, after)


def _values_of(read: Read, reads: list[Read]) -> Iterator[Finding]:
    for key in sorted(read.before.keys() | read.after.keys()):
        was, now = read.before.get(key, []), read.after.get(key, [])
        if was == now or not _weaker(key, was, now, reads):
            continue
        said = f"{key.partition(':')[2]} asks for less than before"
        evidence = f"before: {', '.join(was) or 'unset'}; now: {', '.join(now) or 'unset'}"
        first = not was and _is_first_use(key, reads)
        yield (warns if first else blocks)("configuration", said, read.edit.path, evidence=evidence)


def _weaker(key: str, was: list[str], now: list[str], reads: list[Read]) -> bool:
    """Whether a value means less, and did not only move to another file or section of the change."""
    if _script_weaker(key, was, now):
        return True
    pattern, judge = next(((p, j) for p, j in LOOSER if re.search(p, key)), ("", None))
    if judge is None or not judge(was, now):
        return False
    if was and now:
        return True
    before = [
        text for read in reads for name, texts in read.before.items() if re.search(pattern, name) for text in texts
    ]
    after = [
        text for read in reads for name, texts in read.after.items() if re.search(pattern, name) for text in texts
    ]
    return judge(before, after)


def _is_first_use(key: str, reads: list[Read]) -> bool:
    """Whether a linter, type checker or coverage had no settings at all: then these are no looser ones."""
    tool = re.search(r"ruff|flake8|isort|black|pylint|bandit|mypy|coverage|eslint|golangci", key)
    if tool is None:
        return False
    return not any(tool.group(0) in name for read in reads for name in read.before)


def _script_weaker(key: str, was: list[str], now: list[str]) -> bool:
    """Whether a script of package.json that checks something does less."""
    if (
        not re.match(
            r"package\.json:scripts\.(?:pre|post)?(?:test|lint|type-?check|check|format|build|ci|verify)", key
        )
        or not was
    ):
        return False
    if not now or SUCCESS_ANYWAY.search(now[0]) or _weaker_options(was, now):
        return not (was and SUCCESS_ANYWAY.search(was[0]))
    return bool(re.fullmatch(r"\s*(?:echo\b.*|true|exit 0|:)\s*", now[0]))


def _flat(name: str, text: str | None) -> Values | None:
    """Return a settings file flattened; None for what does not parse."""
    try:
        return {f"{name}:{key}": values for key, values in _flattened(_content(name, text or ""), "")}
    except (ValueError, RecursionError, configparser.Error):
        return None


def _content(name: str, text: str) -> Any:
    if name.endswith(".toml"):
        return tomllib.loads(text)
    if name.endswith(".json"):
        return json.loads(re.sub(r"(?m)^\s*//.*$|,(?=\s*[}\]])", "", text) or "{}")
    if name.endswith((".yaml", ".yml")) or name in (".eslintrc", ".nycrc"):
        return _yaml(text)
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    kind = re.sub(r"^\.|\.(?:cfg|ini)$|rc$", "", name)
    return {f"{kind} {section}": dict(parser.items(section)) for section in parser.sections()}


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _flattened(value: Any, key: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flattened(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
        merged: Values = {}
        for inner in value:
            owner = inner.get("module") if key.endswith("overrides") else None
            for name, texts in _flattened(inner, f"{key}.{owner}" if owner else key):
                merged.setdefault(name, []).extend(texts)
        yield from merged.items()
    elif isinstance(value, list):
        yield key, [str(inner) for inner in value]
    elif isinstance(value, str) and re.search(
        r"(?:ignore|exclude|select|omit|testpaths|files|disable|exclude_lines|skip)\w*$", key
    ):
        yield key, [part for part in re.split(r"[,\n\s]+", value) if part]
    else:
        yield key, [line.strip() for line in str(value).splitlines() if line.strip()]


def _script(edit: Edit) -> Iterator[Finding]:
    for line, text in edit.added():
        if SCRIPT_LOOSER.search(text):
            yield blocks("configuration", "the runner's settings leave something out", edit.path, line, text.strip())
    before, after = (dict(THRESHOLD.findall(text or "")) for text in (edit.before, edit.after))
    for name, value in before.items():
        if float(after.get(name, 0)) < float(value):
            yield blocks("configuration", f"the threshold of {name} fell from {value}", edit.path)
