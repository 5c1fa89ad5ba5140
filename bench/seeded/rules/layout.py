"""How people upset layout: format, import order, unused imports, lint, blanks, line endings, modes."""

from __future__ import annotations

import ast
import re
import tokenize
from itertools import pairwise
from random import Random

from bench.seeded.rules.places import at_token, last_import, nodes, offset, replaced, source, tokens, with_lines
from bench.seeded.seeds import FORMAT, LINT, TESTS, Project, Seed, Way

ALL = (FORMAT, LINT, TESTS)


def _source(project: Project, chance: Random) -> tuple[str, str]:
    found = project.sources()
    path = chance.choice([path for path in found if len(found[path]) > 400])
    return path, found[path]


def _changed(path: str, old: str, new: str, checks: tuple[str, ...] = ALL) -> Seed | None:
    return Seed({path: new}, checks, strict=True) if new != old else None


# Format.


def no_blank_after_commas(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    lines = text.splitlines(keepends=True)
    places = [at for at, line in enumerate(lines) if re.search(r"\w, \w", line) and not re.search(r"['\"`#/]", line)]
    for at in chance.sample(places, min(4, len(places))):
        lines[at] = lines[at].replace(", ", ",")
    return _changed(path, text, "".join(lines))


def padded_brackets(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    lines = text.splitlines(keepends=True)
    places = [at for at, line in enumerate(lines) if re.search(r"\w\(\w[^'\"`#/()]*\)[:;]?$", line.rstrip())]
    for at in chance.sample(places, min(3, len(places))):
        lines[at] = re.sub(r"\((\w[^()]*)\)", r"( \1 )", lines[at])
    return _changed(path, text, "".join(lines))


def other_quotes(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    if project.language != "python":
        swapped = {"'": '"', '"': "'"}
        words = list(re.finditer(r"(?<=[(\[ ])(['\"])([\w -]+)\1(?=[,)\]; ])", text))
        for found in reversed(chance.sample(words, min(3, len(words)))):
            quote = swapped[found[1]]
            text = text[: found.start()] + quote + found[2] + quote + text[found.end() :]
        return _changed(path, project.files[path], text)
    words = [
        token
        for token in tokens(text)
        if token.type == tokenize.STRING and re.fullmatch(r'"[^"\'\\\n]+"', token.string)
    ]
    for token in sorted(chance.sample(words, min(3, len(words))), reverse=True, key=lambda each: each.start):
        text = at_token(text, token, "'" + token.string[1:-1] + "'")
    return _changed(path, project.files[path], text)


def blank_lines_gone(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    pattern = r"\n\n\n(?=def |class |@)" if project.language == "python" else r"\n(?=\n\s*function )"
    places = list(re.finditer(pattern, text))
    for found in sorted(chance.sample(places, min(2, len(places))), reverse=True, key=lambda each: each.start()):
        text = text[: found.start()] + "\n" + ("\n" * 4 if project.language != "python" else "") + text[found.end() :]
    return _changed(path, project.files[path], text)


def one_long_line(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Call)):
        words = source(text, node)
        if "\n" in words and not re.search(r"['\"#]", words):
            joined = re.sub(r",?\s*\n\s*(?=[)\]}])", "", words)
            return _changed(path, text, replaced(text, node, re.sub(r"\s*\n\s*", " ", joined)))
    return None


def other_indent(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    if project.language == "python":
        return None
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    some = [line.replace("\t", "    ") if line.startswith("\t") else "  " + line for line in lines[at : at + 8]]
    return _changed(path, text, "".join([*lines[:at], *some, *lines[at + 8 :]]))


# Order of imports.


def _import_block(text: str) -> list[ast.stmt]:
    return [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]


def shuffled_imports(project: Project, chance: Random) -> Seed | None:
    for path, text in chance.sample(list(project.sources().items()), len(project.sources())):
        lines = text.splitlines(keepends=True)
        block = [node for node in _import_block(text) if getattr(node, "module", "") != "__future__"]
        pairs = [(one, two) for one, two in pairwise(block) if two.lineno == (one.end_lineno or 0) + 1]
        if pairs:
            one, two = chance.choice(pairs)
            first = lines[one.lineno - 1 : one.end_lineno]
            second = lines[two.lineno - 1 : two.end_lineno]
            lines[one.lineno - 1 : two.end_lineno] = [*second, *first]
            return _changed(path, text, "".join(lines))
    return None


def shuffled_names(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.ImportFrom)):
        assert isinstance(node, ast.ImportFrom)
        if len(node.names) > 1 and node.col_offset == 0:
            words = ", ".join(source(text, alias) for alias in reversed(node.names))
            head = f"from {'.' * node.level}{node.module or ''} import"
            return _changed(path, text, replaced(text, node, f"{head} {words}"))
    return None


def late_import(project: Project, chance: Random) -> Seed | None:
    for path, text in chance.sample(list(project.sources().items()), len(project.sources())):
        block = _import_block(text)
        if len(block) > 1 and getattr(block[0], "module", "") != "__future__":
            lines = text.splitlines(keepends=True)
            first = lines[block[0].lineno - 1 : block[0].end_lineno]
            rest = lines[: block[0].lineno - 1] + lines[block[0].end_lineno : block[-1].end_lineno]
            return _changed(path, text, "".join([*rest, "\n", *first, *lines[block[-1].end_lineno :]]))
    return None


# Imports that nobody uses.

_SPARE = ("import os", "import json", "import sys as system", "from typing import Any", "from pathlib import Path")


def spare_import(project: Project, chance: Random) -> Seed | None:
    if project.language != "python":
        return None
    for path, text in chance.sample(list(project.sources().items()), len(project.sources())):
        line = chance.choice(_SPARE)
        name = line.split()[-1]
        if (not path.endswith("__init__.py") and not re.search(rf"\b{name}\b", text)) or len(project.sources()) == 1:
            return _changed(path, text, with_lines(text, last_import(text) + 1, line))
    return None


def import_left_behind(project: Project, chance: Random) -> Seed | None:
    """Leave an import behind, as when the only function that used it goes: a from-import of two names of which one is
    not used."""
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.ImportFrom)):
        assert isinstance(node, ast.ImportFrom)
        if node.module not in ("__future__", None) and node.col_offset == 0 and not node.level:
            spare = {"typing": "Awaitable", "functools": "lru_cache", "collections": "OrderedDict"}.get(node.module)
            if spare and not re.search(rf"\b{spare}\b", text):
                end = offset(text, node.end_lineno or 0, node.end_col_offset or 0)
                closed = text[end - 1] == ")"
                new = text[: end - 1].rstrip() + f", {spare})" if closed else text[:end] + f", {spare}"
                return _changed(path, text, new.replace(",,", ",") + text[end:])
    return None


def spare_local_import(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.FunctionDef)):
        assert isinstance(node, ast.FunctionDef)
        first = node.body[0]
        doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        if len(node.body) > 1 and "itertools" not in text:
            line = node.body[int(doc)].lineno
            return _changed(path, text, with_lines(text, line, " " * first.col_offset + "import itertools", ""))
    return None


def spare_require(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    if project.language == "python" or "path')" in text:
        return None
    at = text.index("\n", text.index("use strict")) + 1
    return _changed(path, text, text[:at] + "\nvar path = require('path');\n" + text[at:])


# Lint.


def _swap(project: Project, chance: Random, pattern: str, new: str) -> Seed | None:
    for path, text in chance.sample(list(project.sources().items()), len(project.sources())):
        places = list(re.finditer(pattern, text, re.M))
        if places:
            found = chance.choice(places)
            return Seed({path: text[: found.start()] + found.expand(new) + text[found.end() :]}, ALL)
    return None


def equal_none(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Compare)):
        words = source(text, node)
        if re.search(r" is (not )?None$", words):
            new = re.sub(r" is not None$", " != None", re.sub(r" is None$", " == None", words))
            return Seed({path: replaced(text, node, new)}, ALL)
    return None


def not_in(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Compare)):
        assert isinstance(node, ast.Compare)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.NotIn | ast.IsNot):
            word = "in" if isinstance(node.ops[0], ast.NotIn) else "is"
            left, right = source(text, node.left), source(text, node.comparators[0])
            return Seed({path: replaced(text, node, f"not {left} {word} {right}")}, ALL)
    return None


def empty_f_string(project: Project, chance: Random) -> Seed | None:
    def wanted(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and any(isinstance(argument, ast.Constant) for argument in node.args)

    for path, text, node in nodes(project, chance, wanted):
        assert isinstance(node, ast.Call)
        argument = next(each for each in node.args if isinstance(each, ast.Constant))
        words = source(text, argument)
        if re.fullmatch(r"(['\"])[\w ,.!-]+\1", words):
            return Seed({path: replaced(text, argument, f"f{words}")}, ALL)
    return None


def unused_variable(project: Project, chance: Random) -> Seed | None:
    """Give a name to a result that nobody looks at, as is left when a debugging line goes."""
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Return)):
        assert isinstance(node, ast.Return)
        lines = text.splitlines()
        if node.value is not None and lines[node.lineno - 1].strip().startswith("return"):
            pad = " " * node.col_offset
            return Seed({path: with_lines(text, node.lineno, f"{pad}leftover = 0")}, ALL)
    return None


def old_class(project: Project, chance: Random) -> Seed | None:
    return _swap(project, chance, r"^class (\w+):", r"class \1(object):")


def semicolon(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Assign)):
        if "\n" not in source(text, node):
            return Seed({path: replaced(text, node, source(text, node) + ";")}, ALL)
    return None


def is_literal(project: Project, chance: Random) -> Seed | None:
    """Compare with a literal by identity, which the interpreter itself warns of."""
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Compare)):
        assert isinstance(node, ast.Compare)
        right = node.comparators[0]
        if (
            isinstance(node.ops[0], ast.Eq)
            and isinstance(right, ast.Constant)
            and isinstance(right.value, str)
            and right.value == ""
        ):
            return Seed({path: replaced(text, node, f"{source(text, node.left)} is {source(text, right)}")}, ALL)
    return None


def loose_equality(project: Project, chance: Random) -> Seed | None:
    return _swap(project, chance, r" === (?=['\"]\w)", " == ") if project.language != "python" else None


def spare_semicolon(project: Project, chance: Random) -> Seed | None:
    return _swap(project, chance, r"(?<=[\w)];)$", ";") if project.language != "python" else None


def unused_js(project: Project, chance: Random) -> Seed | None:
    pattern = r"^(\t+| +)return (?=\w)"
    return (
        _swap(project, chance, pattern, r"\1var leftover = 0;\n\1return ") if project.language != "python" else None
    )


# Blanks, line endings, modes.


def trailing_blanks(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    lines = text.splitlines()
    for at in chance.sample(range(len(lines)), 3):
        lines[at] += chance.choice(["  ", "\t", " "]) if not lines[at].endswith("\\") else ""
    return _changed(path, text, "\n".join(lines) + "\n", ("blanks",))


def no_final_newline(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    return _changed(path, text, text.rstrip("\n"), ("blanks",))


def several_final_newlines(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    return _changed(path, text, text + "\n\n", ("blanks",))


def windows_line_ends(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    return _changed(path, text, text.replace("\n", "\r\n"), ("blanks",))


def mixed_line_ends(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    lines = text.splitlines()
    at = chance.randrange(len(lines) // 2)
    some = [line + "\r" if at <= n < at + 5 else line for n, line in enumerate(lines)]
    return _changed(path, text, "\n".join(some) + "\n", ("blanks",))


def byte_order_mark(project: Project, chance: Random) -> Seed | None:
    path, text = _source(project, chance)
    return _changed(path, text, "\ufeff" + text, ("blanks",))


def lost_mode(project: Project, chance: Random) -> Seed | None:
    del chance
    script = "tools/release.sh" if project.language != "python" else "tools/release.py"
    words = "#!/bin/sh\nset -eu\n" if script.endswith(".sh") else '#!/usr/bin/env python3\n"""Release."""\n'
    return Seed({}, ("blanks",), modes={script: 0o644}, base={script: words}, strict=True)


def mode_without_shebang(project: Project, chance: Random) -> Seed | None:
    path, _ = _source(project, chance)
    return Seed({}, ("blanks",), modes={path: 0o755}, strict=True)


CATEGORIES: dict[str, tuple[Way, ...]] = {
    "format": (
        no_blank_after_commas, padded_brackets, other_quotes, blank_lines_gone, one_long_line, other_indent,
    ),
    "import order": (shuffled_imports, shuffled_names, late_import),
    "unused import": (spare_import, import_left_behind, spare_local_import, spare_require),
    "lint": (
        equal_none, not_in, empty_f_string, unused_variable, old_class, semicolon, is_literal,
        loose_equality, spare_semicolon, unused_js,
    ),
    "blanks, line ends, modes": (
        trailing_blanks, no_final_newline, several_final_newlines, windows_line_ends, mixed_line_ends,
        byte_order_mark, lost_mode, mode_without_shebang,
    ),
}  # fmt: skip
