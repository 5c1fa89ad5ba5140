"""How people get names wrong: imports left out or misdirected, typos, old keywords, signatures changed by half."""

from __future__ import annotations

import ast
import builtins
import posixpath
import re
from collections.abc import Iterator
from random import Random

from bench.seeded.rules.places import all_words, new_typo, nodes, offset, replaced, source, with_lines, without_lines
from bench.seeded.seeds import LINT, TESTS, Project, Seed, Way

BOTH = (LINT, TESTS)


# Imports that are missing.


def whole_import_gone(project: Project, chance: Random) -> Seed | None:
    def wanted(node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Import | ast.ImportFrom)
            and node.col_offset == 0
            and getattr(node, "module", "") != "__future__"
        )

    for path, text, node in nodes(project, chance, wanted):
        assert isinstance(node, ast.Import | ast.ImportFrom)
        if not path.endswith("__init__.py") or len(project.sources()) == 1:
            return Seed({path: without_lines(text, node.lineno, node.end_lineno or node.lineno)}, BOTH)
    return None


def one_name_gone(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.ImportFrom)):
        assert isinstance(node, ast.ImportFrom)
        if len(node.names) < 2 or node.col_offset or path.endswith("__init__.py"):
            continue
        alias = chance.choice(node.names)
        left = ", ".join(source(text, each) for each in node.names if each is not alias)
        head = f"from {'.' * node.level}{node.module or ''} import"
        return Seed({path: replaced(text, node, f"{head} {left}")}, BOTH)
    return None


def new_use_without_import(project: Project, chance: Random) -> Seed | None:
    """A module of the standard library is used in a new function, its import forgotten."""
    body, needs = chance.choice(
        [
            ('return json.dumps({"module": __name__})', "import json"),
            ("return math.floor(2.5)", "import math"),
            ('return textwrap.dedent("  x")', "import textwrap"),
            ("return Path(__file__).name", "from pathlib import Path"),
        ]
    )
    path, text = next(iter(project.sources().items()))
    if project.language != "python" or needs in text:
        return None
    code = f"\n\ndef about_module():\n    {body}\n"
    test = f"from {_module(project, path)} import about_module\n\n\ndef test_about_module():\n    assert about_module()\n"
    wanted = text.replace("\n", f"\n{needs}\n", 1) + code
    return Seed(
        {path: text + code}, BOTH, base={f"{_tests(project)}test_about_module.py": test}, wanted={path: wanted}
    )


def require_gone(project: Project, chance: Random) -> Seed | None:
    if project.language == "python":
        return None
    for path, text in chance.sample(list(project.sources().items()), len(project.sources())):
        found = re.search(r"^var (\w+) = require\([^)]*\);\n", text, re.M)
        if found:
            return Seed({path: text[: found.start()] + text[found.end() :]}, BOTH)
    return None


def _module(project: Project, path: str) -> str:
    inner = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    return inner.replace("/", ".")


def _tests(project: Project) -> str:
    return posixpath.dirname(next(iter(project.tests()))) + "/" if "/" in next(iter(project.tests())) else ""


# Imports that lead elsewhere.


def _imports(project: Project, chance: Random) -> Iterator[tuple[str, str, ast.ImportFrom]]:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.ImportFrom)):
        assert isinstance(node, ast.ImportFrom)
        if node.module != "__future__":
            yield path, text, node


def misspelt_module(project: Project, chance: Random) -> Seed | None:
    taken = all_words(project)
    for path, text, node in _imports(project, chance):
        parts = (node.module or "").split(".")
        new = new_typo(parts[-1], chance, taken) if parts[-1] else None
        if new and not project.name.startswith(parts[0]):
            words = source(text, node)
            wrong = words.replace(f"{parts[-1]} import", f"{new} import", 1)
            return Seed({path: replaced(text, node, wrong)}, BOTH, strict=True)
    return None


def misspelt_imported_name(project: Project, chance: Random) -> Seed | None:
    taken = all_words(project)
    for path, text, node in _imports(project, chance):
        alias = chance.choice(node.names)
        new = new_typo(alias.name, chance, taken)
        if new and alias.asname is None and alias.name != "*":
            return Seed({path: replaced(text, alias, new)}, BOTH)
    return None


def moved_module(project: Project, chance: Random) -> Seed | None:
    """A module gets another name; those that import it keep the old one."""
    paths = [path for path in project.sources() if not path.endswith(("__init__.py", "__main__.py"))]
    chance.shuffle(paths)
    for path in paths:
        stem = posixpath.basename(path).removesuffix(".py")
        used = [
            other for other in project.files if re.search(rf"\bfrom \.?[\w.]*\b{stem} import", project.files[other])
        ]
        if used and project.language == "python":
            new = f"{posixpath.dirname(path)}/{stem}_tools.py"
            return Seed({path: None, new: project.files[path]}, BOTH, may_change=(*used, path))
    return None


def wrong_level(project: Project, chance: Random) -> Seed | None:
    for path, text, node in _imports(project, chance):
        if node.level == 1:
            wrong = source(text, node).replace("from .", chance.choice(["from ..", "from "]), 1)
            if "from  import" not in wrong:
                return Seed({path: replaced(text, node, wrong)}, BOTH, strict=True)
    return None


def wrong_home(project: Project, chance: Random) -> Seed | None:
    """A name is looked for in a module that never had it, or has it no more."""
    for path, text, node in _imports(project, chance):
        home = {"functools": "itertools", "collections": "typing", "itertools": "functools", "re": "string"}.get(
            node.module or ""
        )
        if home:
            wrong = source(text, node).replace(f"from {node.module}", f"from {home}", 1)
            return Seed({path: replaced(text, node, wrong)}, BOTH)
    return None


def misspelt_require(project: Project, chance: Random) -> Seed | None:
    for path, text in chance.sample(list(project.sources().items()), len(project.sources())):
        found = re.search(r"require\('\./([a-z]{4,})'\)", text)
        new = new_typo(found[1], chance, set()) if found else None
        if found and new:
            return Seed({path: text.replace(found[0], f"require('./{new}')", 1)}, (TESTS,), strict=True)
    return None


# Misspelt names, attributes and keywords.


def _locals(project: Project, chance: Random) -> Iterator[tuple[str, str, ast.Name]]:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Name)):
        assert isinstance(node, ast.Name)
        if isinstance(node.ctx, ast.Load) and len(node.id) > 3:
            yield path, text, node


def misspelt_local(project: Project, chance: Random) -> Seed | None:
    taken = all_words(project)
    for path, text, node in _locals(project, chance):
        new = new_typo(node.id, chance, taken)
        if new and not hasattr(builtins, node.id):
            return Seed({path: replaced(text, node, new)}, BOTH, strict=True)
    return None


def misspelt_builtin(project: Project, chance: Random) -> Seed | None:
    taken = all_words(project)
    for path, text, node in _locals(project, chance):
        new = new_typo(node.id, chance, taken)
        if new and hasattr(builtins, node.id):
            return Seed({path: replaced(text, node, new)}, BOTH, strict=True)
    return None


def misspelt_definition(project: Project, chance: Random) -> Seed | None:
    """The definition of a private function has the typo; its callers are right."""
    taken = all_words(project)

    def wanted(node: ast.AST) -> bool:
        return isinstance(node, ast.FunctionDef) and node.name.startswith("_") and not node.name.startswith("__")

    for path, text, node in nodes(project, chance, wanted):
        assert isinstance(node, ast.FunctionDef)
        new = new_typo(node.name, chance, taken)
        if new and len(re.findall(rf"\b{node.name}\b", text)) > 1:
            return Seed({path: re.sub(rf"\bdef {node.name}\b", f"def {new}", text, count=1)}, BOTH)
    return None


def misspelt_js(project: Project, chance: Random) -> Seed | None:
    if project.language == "python":
        return None
    path, text = next(iter(project.sources().items()))
    found = list(re.finditer(r"(?<![.\w'])(?!function|return|typeof)[a-z]\w{4,}(?=\()", text))
    place = chance.choice(found)
    new = new_typo(place[0], chance, set(re.findall(r"\w+", text)))
    return Seed({path: text[: place.start()] + (new or "") + text[place.end() :]}, BOTH, strict=True) if new else None


def misspelt_attribute(project: Project, chance: Random) -> Seed | None:
    return _attribute(project, chance, lambda node: isinstance(node.value, ast.Name) and node.value.id == "self")


def misspelt_method(project: Project, chance: Random) -> Seed | None:
    known = {name for kind in (str, list, dict, set, tuple) for name in dir(kind)}
    return _attribute(project, chance, lambda node: node.attr in known)


def misspelt_of_module(project: Project, chance: Random) -> Seed | None:
    modules = {"re", "os", "sys", "collections", "functools", "time", "itertools", "string", "math", "unicodedata"}
    return _attribute(project, chance, lambda node: isinstance(node.value, ast.Name) and node.value.id in modules)


def _attribute(project: Project, chance: Random, wanted: object) -> Seed | None:
    taken = all_words(project)
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Attribute)):
        assert isinstance(node, ast.Attribute)
        assert callable(wanted)
        new = new_typo(node.attr, chance, taken)
        if new and len(node.attr) > 3 and isinstance(node.ctx, ast.Load) and wanted(node):
            end = offset(text, node.end_lineno or 0, node.end_col_offset or 0)
            wrong = text[: end - len(node.attr)] + new + text[end:]
            return Seed({path: wrong}, (TESTS,), strict=True)
    return None


def misspelt_property_js(project: Project, chance: Random) -> Seed | None:
    if project.language == "python":
        return None
    path, text = next(iter(project.sources().items()))
    found = list(
        re.finditer(r"(?<=\.)(?:forEach|indexOf|slice|filter|replace|match|split|push|join|test)(?=\()", text)
    )
    place = chance.choice(found)
    new = new_typo(place[0], chance, set(re.findall(r"\w+", text)))
    return Seed({path: text[: place.start()] + (new or "") + text[place.end() :]}, (TESTS,), strict=True)


def _keywords(project: Project, chance: Random) -> Iterator[tuple[str, str, ast.keyword]]:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.keyword)):
        assert isinstance(node, ast.keyword)
        if node.arg and len(node.arg) > 2:
            yield path, text, node


def misspelt_keyword(project: Project, chance: Random) -> Seed | None:
    taken = all_words(project)
    for path, text, node in _keywords(project, chance):
        new = new_typo(node.arg or "", chance, taken)
        if new:
            return Seed({path: replaced(text, node, f"{new}={source(text, node.value)}")}, (TESTS,), strict=True)
    return None


def keyword_of_another_style(project: Project, chance: Random) -> Seed | None:
    """The keyword as another library spells it: with or without its underscore, in the plural, with a capital."""
    for path, text, node in _keywords(project, chance):
        name = node.arg or ""
        forms = [name.replace("_", ""), f"{name}s", name.rstrip("s"), re.sub(r"_(\w)", lambda m: m[1].upper(), name)]
        forms = [form for form in forms if form != name]
        if forms:
            wrong = f"{chance.choice(forms)}={source(text, node.value)}"
            return Seed({path: replaced(text, node, wrong)}, (TESTS,), strict=True)
    return None


# Signatures changed by half.


def _private(project: Project, chance: Random) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    tests = "\n".join(project.tests().values())
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.FunctionDef)):
        assert isinstance(node, ast.FunctionDef)
        called = sum(len(re.findall(rf"\b{node.name}\(", other)) for other in project.sources().values())
        if called > 1 and not node.name.startswith("__") and node.name not in tests and not node.decorator_list:
            yield path, text, node


def renamed_function(project: Project, chance: Random) -> Seed | None:
    """A function gets a better name; its callers keep the old one."""
    for path, text, node in _private(project, chance):
        new = f"{node.name}_of" if not node.name.endswith("e") else f"{node.name}d"
        return Seed(
            {path: re.sub(rf"\bdef {node.name}\b", f"def {new}", text, count=1)},
            BOTH, may_change=tuple(project.sources()),
        )  # fmt: skip
    return None


def parameter_gone(project: Project, chance: Random) -> Seed | None:
    """A parameter that a new version does without goes from the definition; the callers still pass it."""
    path, text = next(iter(project.sources().items()))
    if project.language != "python":
        return None
    passed = chance.choice(["1", "None", "'x'"])
    added = (
        f"\n\ndef _doubled(value):\n    return value * 2\n\n\ndef fourfold(value):\n"
        f"    return _doubled(_doubled(value, {passed}), {passed})\n"
    )
    return _with_test(project, path, text, added, added.replace(f", {passed}", ""), "fourfold", "fourfold(2) == 8")


def parameter_renamed(project: Project, chance: Random) -> Seed | None:
    """A parameter gets another name; callers that pass it by name keep the old one."""
    path, text = next(iter(project.sources().items()))
    if project.language != "python":
        return None
    old, new = chance.choice([("width", "columns"), ("sep", "separator"), ("text", "words")])
    added = (
        f"\n\ndef _padded({new}, mark='.'):\n    return f'{{mark}}{{{new}}}{{mark}}'\n\n\n"
        f"def framed(value):\n    return _padded({old}=value, mark='|')\n"
    )
    right = added.replace(f"{old}=value", f"{new}=value")
    return _with_test(project, path, text, added, right, "framed", "framed('x') == '|x|'")


def required_parameter(project: Project, chance: Random) -> Seed | None:
    """A method gains a parameter in the base class, its override does not."""
    path, text = next(iter(project.sources().items()))
    if project.language != "python":
        return None
    name = chance.choice(["strict", "deep"])
    added = (
        f"\n\nclass _Plain:\n    def show(self, value, {name}):\n        return f'{{value}}{{int({name})}}'\n\n"
        f"    def twice(self, value):\n        return self.show(value, {name}=False) * 2\n\n\n"
        "class _Loud(_Plain):\n    def show(self, value):\n        return f'{value}!'\n\n\n"
        "def loudly(value):\n    return _Loud().twice(value)\n"
    )
    right = added.replace("def show(self, value):", f"def show(self, value, {name}):")
    return _with_test(project, path, text, added, right, "loudly", "loudly('x') == 'x!x!'")


def _with_test(project: Project, path: str, text: str, added: str, right: str, name: str, truth: str) -> Seed | None:
    test = f"from {_module(project, path)} import {name}\n\n\ndef test_{name}():\n    assert {truth}\n"
    base = {f"{_tests(project)}test_{name}.py": test}
    return Seed({path: text + added}, (TESTS,), base=base, wanted={path: text + right})


def argument_twice(project: Project, chance: Random) -> Seed | None:
    """A call passes an argument too many, as is left by a bad merge."""
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Call)):
        assert isinstance(node, ast.Call)
        own = isinstance(node.func, ast.Name) and re.search(rf"^def {node.func.id}\(", text, re.M)
        if own and len(node.args) == 1 and not node.keywords:
            words = source(text, node.args[0])
            return Seed({path: replaced(text, node.args[0], f"{words}, {words}")}, (TESTS,), strict=True)
    return None


def shadow(project: Project, chance: Random) -> Seed | None:
    """An import is put in a function, its other users are forgotten."""
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Import)):
        assert isinstance(node, ast.Import)
        name = node.names[0].name
        users = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and f"{name}." in source(text, n)]
        if len(users) > 1 and len(node.names) == 1 and node.col_offset == 0:
            user = chance.choice(users)
            inner = with_lines(text, user.body[0].lineno, f"    import {name}")
            return Seed({path: without_lines(inner, node.lineno, node.lineno)}, BOTH)
    return None


CATEGORIES: dict[str, tuple[Way, ...]] = {
    "missing import": (whole_import_gone, one_name_gone, new_use_without_import, shadow, require_gone),
    "wrong import path": (
        misspelt_module, misspelt_imported_name, moved_module, wrong_level, wrong_home, misspelt_require,
    ),
    "misspelt name": (misspelt_local, misspelt_builtin, misspelt_definition, misspelt_js),
    "misspelt attribute": (misspelt_attribute, misspelt_method, misspelt_of_module, misspelt_property_js),
    "wrong keyword": (misspelt_keyword, keyword_of_another_style),
    "changed signature": (renamed_function, parameter_gone, parameter_renamed, required_parameter, argument_twice),
}  # fmt: skip
