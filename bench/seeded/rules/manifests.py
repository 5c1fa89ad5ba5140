"""How manifests and locks fall behind the source, and versions behind each other."""

from __future__ import annotations

import json
import posixpath
import re
from random import Random

from bench.seeded.seeds import TESTS, Project, Seed, Way

_USES = (
    ("PyYAML", "import yaml", "def loaded(text):\n    return yaml.safe_load(text)\n", "loaded('a: 1') == {'a': 1}"),
    ("sortedcontainers", "from sortedcontainers import SortedList", "def loaded(items):\n    return list(SortedList(items))\n", "loaded([2, 1]) == [1, 2]"),
    ("python-dateutil", "from dateutil.parser import isoparse", "def loaded(text):\n    return isoparse(text).year\n", "loaded('2024-05-06') == 2024"),
    ("attrs", "import attr", "@attr.s\nclass Loaded:\n    size = attr.ib()\n\n\ndef loaded(size):\n    return Loaded(size).size\n", "loaded(3) == 3"),
    ("beautifulsoup4", "from bs4 import BeautifulSoup", "def loaded(text):\n    return BeautifulSoup(text, 'html.parser').b.text\n", "loaded('<b>x</b>') == 'x'"),
    ("six", "import six", "def loaded(value):\n    return six.text_type(value)\n", "loaded(3) == '3'"),
    ("tomli-w", "import tomli_w", "def loaded(table):\n    return tomli_w.dumps(table)\n", "loaded({'a': 1}) == 'a = 1\\n'"),
    ("python-slugify", "from slugify import slugify", "def loaded(text):\n    return slugify(text)\n", "loaded('A b') == 'a-b'"),
)  # fmt: skip
"""Distributions, not all named like what they bring, and a use of each."""


def used_but_not_declared(project: Project, chance: Random) -> Seed | None:
    """A module comes to use a distribution that the manifest does not name."""
    if project.language != "python":
        return None
    declares, line, code, truth = chance.choice(_USES)
    path = project.package + "loading.py"
    module = project.package.removeprefix("src/").replace("/", ".") + "loading"
    test = f"from {module} import loaded\n\n\ndef test_loaded():\n    assert {truth}\n"
    return Seed(
        {path: f'"""Loading."""\n\n{line}\n\n\n{code}'}, (TESTS,), base={_test(project, "test_loading.py"): test},
        wanted={path: f'"""Loading."""\n\n{line}\n\n\n{code}'}, declares=declares, may_change=_manifests(project),
    )  # fmt: skip


def used_by_tests_only(project: Project, chance: Random) -> Seed | None:
    """A new test needs a distribution that no group for development names."""
    if project.language != "python":
        return None
    declares, line, truth = chance.choice(
        [
            ("freezegun", "from freezegun import freeze_time", "freeze_time('2024-01-01')"),
            ("hypothesis", "import hypothesis", "hypothesis.strategies is not None"),
            ("PyYAML", "import yaml", "yaml.safe_load('[1]') == [1]"),
        ]
    )
    path = _test(project, "test_more.py")
    text = f"{line}\n\n\ndef test_more():\n    assert {truth}\n"
    return Seed({path: text}, (TESTS,), wanted={path: text}, declares=declares, may_change=_manifests(project))


def declaration_lost(project: Project, chance: Random) -> Seed | None:
    """A dependency that the source uses goes from the manifest, as in a bad merge."""
    del chance
    text = project.files.get("pyproject.toml", "")
    lines = [line for line in text.splitlines(keepends=True) if "webencodings" not in line]
    lost = "".join(lines)
    lock = _lock(project)
    if lost == text or lock is None:
        return None
    return Seed(
        {"pyproject.toml": lost, lock: None}, (TESTS,), declares="webencodings", may_change=_manifests(project)
    )


def required_but_not_declared(project: Project, chance: Random) -> Seed | None:
    """A module of Node comes to require a package that package.json does not name."""
    if project.language == "python":
        return None
    declares, use, truth = chance.choice(
        [
            ("is-odd", "require('is-odd')(3)", "true"),
            ("left-pad", "require('left-pad')('a', 2)", "' a'"),
            ("camelcase", "require('camelcase')('a-b')", "'aB'"),
            ("lodash.chunk", "require('lodash.chunk')([1, 2], 1).length", "2"),
        ]
    )
    if declares == "camelcase":  # its newest version cannot be required
        declares, use, truth = "array-uniq", "require('array-uniq')([1, 1]).length", "1"
    code = f"'use strict';\n\nmodule.exports = function loaded() {{\n\treturn {use};\n}};\n"
    test = (
        "'use strict';\n\nvar test = require('tape');\nvar loaded = require('../loaded');\n\n"
        f"test('loaded', function (t) {{\n\tt.equal(loaded(), {truth});\n\tt.end();\n}});\n"
    )
    return Seed(
        {"loaded.js": code}, (TESTS,), base={"test/loaded.js": test}, wanted={"loaded.js": code},
        declares=declares, may_change=_manifests(project),
    )  # fmt: skip


def _test(project: Project, name: str) -> str:
    folder = posixpath.dirname(next(iter(project.tests())))
    return f"{folder}/{name}" if folder else name


def _manifests(project: Project) -> tuple[str, ...]:
    names = ("pyproject.toml", "uv.lock", "poetry.lock", "package.json", "package-lock.json")
    return (*names, "requirements.txt", "requirements-dev.txt", "setup.py", "setup.cfg")


def _lock(project: Project) -> str | None:
    return next((name for name in ("uv.lock", "poetry.lock", "package-lock.json") if name in project.files), None)


# Locks.

LOCK_CHECKS = {
    "uv.lock": "uv lock --check",
    "package-lock.json": "npm ci --dry-run --ignore-scripts",
}


def _behind(project: Project, manifest: str, text: str, declares: str = "") -> Seed | None:
    lock = _lock(project)
    if lock is None or text == project.files.get(manifest):
        return None
    return Seed(
        {manifest: text}, (LOCK_CHECKS[lock],), wanted={manifest: text}, declares=declares,
        may_change=(lock, manifest),
    )  # fmt: skip


def bound_raised(project: Project, chance: Random) -> Seed | None:
    """A lower bound goes beyond what the lock holds."""
    if project.language == "python":
        text = project.files.get("pyproject.toml", "")
        wanted = chance.choice(["<9", "<8.4"])
        return _behind(project, "pyproject.toml", re.sub(r'"pytest[^"]*"', f'"pytest{wanted}"', text, count=1))
    manifest = json.loads(project.files["package.json"])
    manifest["devDependencies"]["tape"] = chance.choice(["^4.17.0", "~5.7.0"])
    return _behind(project, "package.json", json.dumps(manifest, indent="\t") + "\n")


def dependency_added(project: Project, chance: Random) -> Seed | None:
    """A dependency is added by hand, the lock not made again."""
    if project.language == "python":
        text = project.files.get("pyproject.toml", "")
        name = chance.choice(["iniconfig", "six", "colorama"])
        new = re.sub(r"(\[dependency-groups\]\ndev = \[)", rf'\1"{name}", ', text, count=1)
        return _behind(project, "pyproject.toml", new)
    manifest = json.loads(project.files["package.json"])
    manifest.setdefault("dependencies", {})[chance.choice(["is-odd", "left-pad", "array-uniq"])] = "*"
    return _behind(project, "package.json", json.dumps(manifest, indent="\t") + "\n")


def dependency_removed(project: Project, chance: Random) -> Seed | None:
    """A dependency goes from the manifest, and stays in the lock."""
    del chance
    if project.language == "python":
        text = project.files.get("pyproject.toml", "")
        return _behind(project, "pyproject.toml", re.sub(r',? ?"(mypy|flake8)[^"]*"', "", text, count=1))
    manifest = json.loads(project.files["package.json"])
    manifest["devDependencies"].pop("prettier", None)
    return _behind(project, "package.json", json.dumps(manifest, indent="\t") + "\n")


def own_version_raised(project: Project, chance: Random) -> Seed | None:
    """A release raises the project's own version, which the lock repeats."""
    name = "pyproject.toml" if project.language == "python" else "package.json"
    text = project.files.get(name, "")
    if _lock(project) not in ("uv.lock",):
        return None
    return _behind(project, name, text.replace(f'"{project.version}"', f'"{_next(project.version, chance)}"', 1))


def python_narrowed(project: Project, chance: Random) -> Seed | None:
    """The oldest Python that is supported is another."""
    del chance
    text = project.files.get("pyproject.toml", "")
    return (
        _behind(project, "pyproject.toml", text.replace('">=3.10"', '">=3.11"', 1))
        if project.language == "python"
        else None
    )


def lock_gone(project: Project, chance: Random) -> Seed | None:
    """The lock was deleted in a merge."""
    del chance
    lock = _lock(project)
    return Seed({lock: None}, (LOCK_CHECKS[lock],), may_change=(lock,)) if lock else None


# Versions.


def _next(version: str, chance: Random) -> str:
    major, minor, patch = (int(part) for part in version.split("."))
    return chance.choice([f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0"])


def _versions_test(project: Project) -> str:
    top = project.package.removeprefix("src/").rstrip("/")
    return (
        "import re\nfrom pathlib import Path\n\nROOT = Path(__file__).resolve()\n"
        "while not (ROOT / 'pyproject.toml').exists():\n    ROOT = ROOT.parent\n\n\n"
        "def said(path, pattern):\n    return re.search(pattern, (ROOT / path).read_text(), re.M)[1]\n\n\n"
        "def test_versions_agree():\n"
        "    manifest = said('pyproject.toml', r'^version = \"(.*)\"')\n"
        f"    assert said('{project.package}_release.py', r'^RELEASE = \"(.*)\"') == manifest\n\n\n"
        "def test_the_changelog_begins_with_this_version():\n"
        "    assert said('CHANGELOG.md', r'^## (.*)') == said('pyproject.toml', r'^version = \"(.*)\"')\n\n\n"
        f"def test_package_is_named():\n    assert '{top}'\n"
    )


def _release(project: Project, manifest: str, module: str, changelog: str, wanted: str) -> Seed | None:
    text = project.files.get("pyproject.toml", "")
    old = project.version
    if f'version = "{old}"' not in text:
        return None

    also = re.compile(rf"^(__version__ = ['\"]){re.escape(old)}(?=['\"])", re.M)
    others = {path: words for path, words in project.sources().items() if also.search(words)}

    def at(versions: tuple[str, str, str]) -> dict[str, str]:
        return {
            **{path: also.sub(rf"\g<1>{versions[1]}", words) for path, words in others.items()},
            "pyproject.toml": text.replace(f'version = "{old}"', f'version = "{versions[0]}"', 1),
            f"{project.package}_release.py": f'"""The release."""\n\nRELEASE = "{versions[1]}"\n',
            "CHANGELOG.md": f"# Changes\n\n## {versions[2]}\n\n- Faster.\n\n## 0.0.1\n\n- First.\n",
        }

    base = {**at((old, old, old)), _test(project, "test_versions.py"): _versions_test(project)}
    may = ("pyproject.toml", f"{project.package}_release.py", "CHANGELOG.md", *others, *_manifests(project))
    return Seed(
        dict(at((manifest, module, changelog))),
        (TESTS,),
        base=base,
        wanted=at((wanted, wanted, wanted)),
        may_change=may,
    )


def module_behind(project: Project, chance: Random) -> Seed | None:
    """Manifest and changelog name the new version, the module the old one."""
    new = _next(project.version, chance)
    return _release(project, new, project.version, new, new)


def manifest_behind(project: Project, chance: Random) -> Seed | None:
    """Module and changelog name the new version, the manifest the old one."""
    new = _next(project.version, chance)
    return _release(project, project.version, new, new, new)


def package_lock_behind(project: Project, chance: Random) -> Seed | None:
    """A release raises the version in package.json; package-lock.json and the module still have the old one."""
    if project.language == "python" or "package-lock.json" not in project.files:
        return None
    new = _next(project.version, chance)
    test = (
        "'use strict';\n\nvar test = require('tape');\n\ntest('versions agree', function (t) {\n"
        "\tt.equal(require('../package-lock.json').version, require('../package.json').version);\n\tt.end();\n});\n"
    )
    text = project.files["package.json"].replace(f'"{project.version}"', f'"{new}"', 1)
    return Seed(
        {"package.json": text}, (TESTS,), base={"test/versions.js": test}, wanted={"package.json": text},
        may_change=("package-lock.json",),
    )  # fmt: skip


CATEGORIES: dict[str, tuple[Way, ...]] = {
    "missing dependency": (
        used_but_not_declared, used_by_tests_only, required_but_not_declared, declaration_lost, used_but_not_declared,
    ),
    "lock behind": (
        bound_raised, dependency_added, dependency_removed, own_version_raised, python_narrowed, lock_gone,
    ),
    "versions": (module_behind, manifest_behind, package_lock_behind),
}  # fmt: skip
