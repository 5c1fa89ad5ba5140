"""How people break a file's grammar: slips of the keyboard, unmerged conflicts, Python 2, APIs that are gone."""

from __future__ import annotations

import ast
import posixpath
import re
import tokenize
from collections.abc import Callable
from itertools import pairwise
from random import Random

from bench.seeded.rules.places import at_token, nodes, source, tokens, with_lines
from bench.seeded.seeds import LINT, TESTS, Project, Seed, Way

BOTH = (LINT, TESTS)


def _python(project: Project, chance: Random) -> tuple[str, str] | None:
    found = [entry for entry in project.sources().items() if len(entry[1]) > 400]
    return chance.choice(found) if project.language == "python" and found else None


def _line(project: Project, chance: Random, pattern: str, edit: Callable[[str], str]) -> Seed | None:
    """Edit one line outside of any string that fits a pattern."""
    place = _python(project, chance)
    if place is None:
        return None
    path, text = place
    strings = {
        line
        for token in tokens(text)
        if token.type == tokenize.STRING and token.start[0] != token.end[0]
        for line in range(token.start[0], token.end[0] + 1)
    }
    lines = text.splitlines(keepends=True)
    fitting = [at for at, line in enumerate(lines) if at + 1 not in strings and re.search(pattern, line)]
    if not fitting:
        return None
    at = chance.choice(fitting)
    lines[at] = edit(lines[at])
    return Seed({path: "".join(lines)}, BOTH, strict=True)


def _operator(project: Project, chance: Random, mark: str, new: str, after: str = "") -> Seed | None:
    place = _python(project, chance)
    if place is None:
        return None
    path, text = place
    found = tokens(text)
    fitting = [
        token
        for token, following in pairwise(found)
        if token.string == mark and token.type == tokenize.OP and (not after or re.match(after, following.string))
    ]
    return Seed({path: at_token(text, chance.choice(fitting), new)}, BOTH, strict=True) if fitting else None


def no_colon(project: Project, chance: Random) -> Seed | None:
    return _line(
        project, chance, r"^\s*(if|for|while|def|class|else|elif|try|except|with)\b.*:$",
        lambda line: line.replace(":\n", "\n"),
    )  # fmt: skip


def no_closing_bracket(project: Project, chance: Random) -> Seed | None:
    return _operator(project, chance, chance.choice([")", ")", "]"]), "", r"\n|:|,")


def one_bracket_more(project: Project, chance: Random) -> Seed | None:
    return _operator(project, chance, ")", "))", r"\n")


def open_quote(project: Project, chance: Random) -> Seed | None:
    place = _python(project, chance)
    if place is None:
        return None
    path, text = place
    words = [
        each for each in tokens(text) if each.type == tokenize.STRING and re.fullmatch(r"\"[^\"\\\n]+\"", each.string)
    ]
    if not words:
        return None
    token = chance.choice(words)
    return Seed({path: at_token(text, token, token.string[:-1])}, BOTH, strict=True)


def wrong_indent(project: Project, chance: Random) -> Seed | None:
    return _line(project, chance, r"^    (return|self|if|for|\w+ =)", lambda line: chance.choice([" ", "  "]) + line)


def lost_indent(project: Project, chance: Random) -> Seed | None:
    place = _python(project, chance)
    if place is None:
        return None
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.If | ast.For)):
        assert isinstance(node, ast.If | ast.For)
        body = node.body[0]
        if len(node.body) == 1 and body.lineno == body.end_lineno and body.lineno > node.lineno:
            lines = text.splitlines(keepends=True)
            lines[body.lineno - 1] = lines[body.lineno - 1][4:]
            return Seed({path: "".join(lines)}, BOTH, strict=True)
    return None


def no_comma(project: Project, chance: Random) -> Seed | None:
    place = _python(project, chance)
    if place is None:
        return None

    def wanted(node: ast.AST) -> bool:
        many = isinstance(node, ast.List | ast.Tuple | ast.Set) and len(node.elts) > 2
        return many and any(isinstance(each, ast.Name | ast.Tuple) for each in getattr(node, "elts", ()))

    for path, text, node in nodes(project, chance, wanted):
        words = source(text, node)
        if words.count(",") > 1 and words[0] in "([{":
            at = text.index(words) + chance.choice([found.start() for found in re.finditer(",", words)][:-1])
            return Seed({path: text[:at] + text[at + 1 :]}, BOTH, strict=True)
    return None


def assignment_for_equality(project: Project, chance: Random) -> Seed | None:
    return _line(project, chance, r"^\s*(if|elif|while) [^=!<>]* == ", lambda line: line.replace(" == ", " = ", 1))


def smart_quotes(project: Project, chance: Random) -> Seed | None:
    return _line(
        project, chance, r"\(\"\w[^\"]*\"", lambda line: re.sub(r"\"([^\"]*)\"", "\u201c\\1\u201d", line, count=1)
    )


def no_break_space(project: Project, chance: Random) -> Seed | None:
    return _line(project, chance, r"\w = \w", lambda line: line.replace(" = ", "\u00a0= ", 1))


def misspelt_statement(project: Project, chance: Random) -> Seed | None:
    slips = {
        "return ": "retrun ",
        "import ": "improt ",
        "def ": "df ",
        "class ": "clas ",
        "elif ": "else if ",
        "for ": "fro ",
    }
    return _line(
        project, chance, r"^\s*(return|import|def|class|elif|for) ",
        lambda line: re.sub(r"(return|import|def|class|elif|for) ", lambda word: slips[word[0]], line, count=1),
    )  # fmt: skip


def tab_among_spaces(project: Project, chance: Random) -> Seed | None:
    return _line(project, chance, r"^        (return|self|\w+ =|if)", lambda line: line.replace("        ", "\t", 1))


def open_docstring(project: Project, chance: Random) -> Seed | None:
    return _line(
        project, chance, r'^\s*"""[^"]+"""$', lambda line: line.replace('"""\n', chance.choice(["\n", '""\n']))
    )


def js_bracket(project: Project, chance: Random) -> Seed | None:
    if project.language == "python":
        return None
    path, text = next(iter(project.sources().items()))
    places = [found.start() for found in re.finditer(chance.choice([r"\)(?= \{)", r"\}(?=\n)", r"\)(?=;)"]), text)]
    at = chance.choice(places)
    return Seed({path: text[:at] + text[at + 1 :]}, BOTH, strict=True)


def json_comma(project: Project, chance: Random) -> Seed | None:
    text = project.files.get("package.json")
    if text is None:
        return None
    if chance.random() < 0.5:
        return Seed({"package.json": re.sub(r"\n\}\s*$", ",\n}\n", text)}, (TESTS,), strict=True)
    places = [found.start() for found in re.finditer(r"(?<=\"),(?=\n)", text)]
    at = chance.choice(places)
    return Seed({"package.json": text[:at] + text[at + 1 :]}, (TESTS,), strict=True)


# Conflicts that were committed.


def _conflict(ours: str, theirs: str) -> str:
    return f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> feature/faster\n"


def conflict_with_stale_side(project: Project, chance: Random) -> Seed | None:
    """One side is today's text, the other calls what is no longer there."""
    place = _python(project, chance)
    if place is None:
        return None
    path, text = place
    for other, whole, node in nodes(project, chance, lambda each: isinstance(each, ast.Return)):
        assert isinstance(node, ast.Return)
        if other == path and node.lineno == node.end_lineno and node.value and "(" in source(whole, node.value):
            lines = text.splitlines(keepends=True)
            right = lines[node.lineno - 1]
            stale = " " * node.col_offset + f"return _old_way({source(whole, node.value)})\n"
            sides = (right, stale) if chance.random() < 0.5 else (stale, right)
            lines[node.lineno - 1] = _conflict(*sides)
            return Seed({path: "".join(lines)}, BOTH, strict=True)
    return None


def conflict_in_imports(project: Project, chance: Random) -> Seed | None:
    """Both sides added an import, and both are needed."""
    place = _python(project, chance)
    if place is None:
        return None
    for path, text in chance.sample(list(project.sources().items()), len(project.sources())):
        block = [n for n in ast.parse(text).body if isinstance(n, ast.Import | ast.ImportFrom)]
        for one, two in pairwise(block):
            if two.lineno == (one.end_lineno or 0) + 1 and not path.endswith("__init__.py"):
                lines = text.splitlines(keepends=True)
                first, second = lines[one.lineno - 1 : one.end_lineno], lines[two.lineno - 1 : two.end_lineno]
                lines[one.lineno - 1 : two.end_lineno] = [_conflict("".join(first), "".join(second))]
                return Seed({path: "".join(lines)}, BOTH, strict=True)
    return None


def conflict_of_layout(project: Project, chance: Random) -> Seed | None:
    """Both sides say the same in another layout."""
    place = _python(project, chance)
    if place is None:
        return None
    path, text = place
    lines = text.splitlines(keepends=True)
    fitting = [at for at, line in enumerate(lines) if re.match(r"^    return \w+\([\w, ]+\)$", line)]
    if not fitting:
        return None
    at = chance.choice(fitting)
    lines[at] = _conflict(lines[at], lines[at].replace("(", "( ").replace(")\n", " )\n"))
    return Seed({path: "".join(lines)}, BOTH)


def conflict_in_manifest(project: Project, chance: Random) -> Seed | None:
    """A version in the manifest was raised on one side; the tests hold it to what the source says."""
    name = "pyproject.toml" if "pyproject.toml" in project.files else "package.json"
    text = project.files.get(name, "")
    line = next((each for each in text.splitlines(keepends=True) if re.match(r'\s*"?version"?\s*[=:]', each)), None)
    if line is None or project.language == "python":
        return None
    del chance
    return Seed({name: text.replace(line, _conflict(line, line))}, (TESTS,), strict=True)


def lone_marker(project: Project, chance: Random) -> Seed | None:
    """The sides were merged by hand, one marker was forgotten."""
    place = _python(project, chance)
    if place is None:
        return None
    path, text = place
    fitting = [n.lineno for n in ast.parse(text).body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    mark = chance.choice(["<<<<<<< HEAD", ">>>>>>> 3f2a9c1 (Faster)", "======="])
    return Seed({path: with_lines(text, chance.choice(fitting), mark)}, BOTH, strict=True) if fitting else None


# Python 2, and what is gone from Python 3.


def _added(
    project: Project, chance: Random, name: str, old: str, new: str, truth: str, imports: str = ""
) -> Seed | None:
    """Add a function in an old spelling and its test; the right tree has it in today's."""
    path, text = next(iter(project.sources().items()))
    if project.language != "python" or any(
        re.search(rf"^{re.escape(line)}$", text, re.M) for line in imports.splitlines()
    ):
        return None
    del chance
    module = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    tests = next(iter(project.tests()))
    folder = posixpath.dirname(tests) + "/" if "/" in tests else ""
    test = f"from {module} import {name}\n\n\ndef test_{name}():\n    assert {truth}\n"
    return Seed(
        {path: f"{text}\n\n{imports}{old}"}, (TESTS,),
        base={f"{folder}test_{name}.py": test}, wanted={path: f"{text}\n\n{imports}{new}"},
    )  # fmt: skip


_PYTHON_2 = (
    ("shout", "def shout(words):\n    print words\n    return words\n", "def shout(words):\n    print(words)\n    return words\n", "shout('x') == 'x'"),
    ("safe", "def safe(f):\n    try:\n        return f()\n    except ValueError, error:\n        return str(error)\n", "def safe(f):\n    try:\n        return f()\n    except ValueError as error:\n        return str(error)\n", "safe(lambda: 3) == 3"),
    ("pairs", "def pairs(table):\n    return sorted((k, v) for k, v in table.iteritems())\n", "def pairs(table):\n    return sorted((k, v) for k, v in table.items())\n", "pairs({'a': 1}) == [('a', 1)]"),
    ("known", "def known(table, key):\n    return table.has_key(key)\n", "def known(table, key):\n    return key in table\n", "known({'a': 1}, 'a') and not known({}, 'a')"),
    ("steps", "def steps(count):\n    return list(xrange(count))\n", "def steps(count):\n    return list(range(count))\n", "steps(3) == [0, 1, 2]"),
    ("words", "def words(value):\n    return unicode(value)\n", "def words(value):\n    return str(value)\n", "words(3) == '3'"),
    ("refuse", "def refuse(value):\n    if value < 0:\n        raise ValueError, 'negative'\n    return value\n", "def refuse(value):\n    if value < 0:\n        raise ValueError('negative')\n    return value\n", "refuse(2) == 2"),
    ("differ", "def differ(a, b):\n    return a <> b\n", "def differ(a, b):\n    return a != b\n", "differ(1, 2) and not differ(1, 1)"),
    ("mode", "def mode():\n    return 0644\n", "def mode():\n    return 0o644\n", "mode() == 420"),
    ("text", "def text(value):\n    return isinstance(value, basestring)\n", "def text(value):\n    return isinstance(value, str)\n", "text('a') and not text(1)"),
    ("pattern", "def pattern():\n    return ur'\\d+'\n", "def pattern():\n    return r'\\d+'\n", "pattern() == '\\\\d+'"),
    ("big", "def big():\n    return 10L\n", "def big():\n    return 10\n", "big() == 10"),
    ("shown", "def shown(value):\n    return `value`\n", "def shown(value):\n    return repr(value)\n", "shown('a') == repr('a')"),
)  # fmt: skip

_GONE = (
    ("is_map", "", "import collections\n\n\ndef is_map(value):\n    return isinstance(value, collections.Mapping)\n", "import collections.abc\n\n\ndef is_map(value):\n    return isinstance(value, collections.abc.Mapping)\n", "is_map({}) and not is_map(1)"),
    ("is_list", "", "from collections import Sequence\n\n\ndef is_list(value):\n    return isinstance(value, Sequence)\n", "from collections.abc import Sequence\n\n\ndef is_list(value):\n    return isinstance(value, Sequence)\n", "is_list([1]) and not is_list(1)"),
    ("arity", "import inspect\n\n\n", "def arity(f):\n    return len(inspect.getargspec(f).args)\n", "def arity(f):\n    return len(inspect.getfullargspec(f).args)\n", "arity(lambda a, b: 0) == 2"),
    ("ticks", "import time\n\n\n", "def ticks():\n    return time.clock() >= 0\n", "def ticks():\n    return time.perf_counter() >= 0\n", "ticks()"),
    ("coded", "import base64\n\n\n", "def coded(data):\n    return base64.encodestring(data)\n", "def coded(data):\n    return base64.encodebytes(data)\n", "coded(b'a') == b'YQ==\\n'"),
    ("divisor", "", "from fractions import gcd\n\n\ndef divisor(a, b):\n    return gcd(a, b)\n", "from math import gcd\n\n\ndef divisor(a, b):\n    return gcd(a, b)\n", "divisor(12, 18) == 6"),
    ("escaped", "", "import cgi\n\n\ndef escaped(text):\n    return cgi.escape(text)\n", "import html\n\n\ndef escaped(text):\n    return html.escape(text)\n", "escaped('<') == '&lt;'"),
    ("letters", "import string\n\n\n", "def letters():\n    return len(string.letters)\n", "def letters():\n    return len(string.ascii_letters)\n", "letters() == 52"),
    ("zipped", "", "import itertools\n\n\ndef zipped(a, b):\n    return list(itertools.izip(a, b))\n", "def zipped(a, b):\n    return list(zip(a, b))\n", "zipped([1], [2]) == [(1, 2)]"),
    ("packed", "", "import array\n\n\ndef packed():\n    return array.array('b', [1, 2]).tostring()\n", "import array\n\n\ndef packed():\n    return array.array('b', [1, 2]).tobytes()\n", "packed() == b'\\x01\\x02'"),
    ("children", "", "import xml.etree.ElementTree as tree\n\n\ndef children(text):\n    return len(tree.fromstring(text).getchildren())\n", "import xml.etree.ElementTree as tree\n\n\ndef children(text):\n    return len(list(tree.fromstring(text)))\n", "children('<a><b/></a>') == 1"),
    ("plain", "", "from html.parser import HTMLParser\n\n\ndef plain(text):\n    return HTMLParser().unescape(text)\n", "from html import unescape\n\n\ndef plain(text):\n    return unescape(text)\n", "plain('&lt;') == '<'"),
)  # fmt: skip


def python_2(project: Project, chance: Random) -> Seed | None:
    name, old, new, truth = chance.choice(_PYTHON_2)
    return _added(project, chance, name, old, new, truth)


def python_2_several(project: Project, chance: Random) -> Seed | None:
    """A file that was never ported: three leftovers at once."""
    path, text = next(iter(project.sources().items()))
    if project.language != "python":
        return None
    some = chance.sample([each for each in _PYTHON_2 if each[0] not in ("pattern",)], 3)
    made = [_added(project, chance, *each) for each in some]
    base = {name: words for seed in made if seed for name, words in seed.base.items()}
    old, new = ("\n\n".join([text, *(each[at] for each in some)]) for at in (1, 2))
    return Seed({path: old}, (TESTS,), base=base, wanted={path: new})


def gone_from_python(project: Project, chance: Random) -> Seed | None:
    name, imports, old, new, truth = chance.choice(_GONE)
    return _added(project, chance, name, old, new, truth, imports)


def warned_of(project: Project, chance: Random) -> Seed | None:
    """A deprecated call in a suite that takes warnings for errors."""
    name, imports, old, new, truth = chance.choice(_WARNED)
    made = _added(project, chance, name, old, new, truth, imports)
    command = project.checks[TESTS] if project.language == "python" else ""
    if made is None or "pytest" not in command:
        return None
    return Seed(made.texts, (f"{command} -W error::DeprecationWarning",), base=made.base, wanted=made.wanted)


_WARNED = (
    ("current", "import threading\n\n\n", "def current():\n    return threading.currentThread().name\n", "def current():\n    return threading.current_thread().name\n", "current()"),
    ("warned", "import logging\n\n\n", "def warned():\n    logging.getLogger('x').warn('careful')\n    return True\n", "def warned():\n    logging.getLogger('x').warning('careful')\n    return True\n", "warned()"),
    ("place", "import locale\n\n\n", "def place():\n    return locale.getdefaultlocale() is not None\n", "def place():\n    return locale.getlocale() is not None\n", "place()"),
)  # fmt: skip


CATEGORIES: dict[str, tuple[Way, ...]] = {
    "syntax": (
        no_colon, no_closing_bracket, one_bracket_more, open_quote, wrong_indent, lost_indent, no_comma,
        assignment_for_equality, smart_quotes, no_break_space, misspelt_statement, tab_among_spaces, open_docstring,
        js_bracket, json_comma,
    ),
    "merge markers": (
        conflict_with_stale_side, conflict_in_imports, conflict_of_layout, conflict_in_manifest, lone_marker,
    ),
    "Python 2": (python_2, python_2_several),
    "removed API": (gone_from_python, warned_of),
}  # fmt: skip
