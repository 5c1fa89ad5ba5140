"""What the words of a check say is not installed: modules, packages, plugins and programs, and who wants them."""

from __future__ import annotations

import re
import sys

import msgspec

from journeyman.repair.fixers.contract import Case
from journeyman.repair.protected import is_test_file
from journeyman.repair.tracebacks import raised


class Wanted(msgspec.Struct, frozen=True):
    """Something that is not there. `module` as it is imported; `distribution` where the words name it.

    `importers` are files of the repository that import it. `tool`: no file does, a check needs it.
    """

    module: str = ""
    distribution: str = ""
    importers: tuple[str, ...] = ()
    tool: bool = False

    @property
    def for_tests(self) -> bool:
        """Whether nothing but tests and checks wants it."""
        return self.tool or (bool(self.importers) and all(is_test_file(path) for path in self.importers))


_PYTHON = (
    re.compile(r"ModuleNotFoundError: No module named '(?P<module>[\w.]+)'"),
    re.compile(r'Cannot find implementation or library stub for module named "(?P<module>[\w.]+)"'),
    re.compile(r'Import "(?P<module>[\w.]+)" could not be resolved'),
    re.compile(r"E0401:? Unable to import '(?P<module>[\w.]+)'"),
    re.compile(r"DEP00[13] '(?P<module>[\w.]+)' imported but"),
)
_HINTS = (
    re.compile(r'Hint: "python3 -m pip install (?P<dist>types-[\w.-]+)"'),
    re.compile(r"Missing optional dependency '(?P<dist>[\w.-]+)'"),
    re.compile(r"(?:Error|error|Exception)\b.*\bpip install (?:-U |--upgrade )?['\"`]?(?P<dist>[A-Za-z][\w.-]*)"),
    re.compile(r'requires "(?P<dist>[\w.-]+)" to be installed'),
)
_PLUGINS = (
    (re.compile(r"unrecognized arguments:.*--cov\b"), "pytest-cov"),
    (re.compile(r"unrecognized arguments:.*(?:\s-n\b|--numprocesses|--dist\b)"), "pytest-xdist"),
    (re.compile(r"unrecognized arguments:.*--timeout\b"), "pytest-timeout"),
    (re.compile(r"unrecognized arguments:.*--(?:reruns|only-rerun)\b"), "pytest-rerunfailures"),
    (re.compile(r"unrecognized arguments:.*--benchmark"), "pytest-benchmark"),
    (re.compile(r"unrecognized arguments:.*--snapshot-update"), "syrupy"),
    (re.compile(r"fixture 'mocker' not found"), "pytest-mock"),
    (re.compile(r"fixture 'benchmark' not found"), "pytest-benchmark"),
    (re.compile(r"fixture 'freezer' not found"), "pytest-freezer"),
    (re.compile(r"fixture 'requests_mock' not found"), "requests-mock"),
    (re.compile(r"fixture 'httpx_mock' not found"), "pytest-httpx"),
    (re.compile(r"fixture 'respx_mock' not found"), "respx"),
    (re.compile(r"fixture 'fs' not found"), "pyfakefs"),
    (re.compile(r"fixture 'httpserver' not found"), "pytest-httpserver"),
    (re.compile(r"fixture 'subtests' not found"), "pytest-subtests"),
    (re.compile(r"Unknown pytest\.mark\.asyncio|pytest-asyncio"), "pytest-asyncio"),
)
_PROGRAM = (
    re.compile(r"(?:line \d+|sh|bash): (?:\d+: )?(?P<name>[\w-]+): (?:command )?not found"),
    re.compile(r"python[\d.]*: No module named (?P<name>[\w-]+)(?:\.__main__)?$", re.M),
)
PROGRAMS = {
    "pytest": "pytest", "py.test": "pytest", "ruff": "ruff", "black": "black", "isort": "isort", "flake8": "flake8",
    "mypy": "mypy", "pylint": "pylint", "pyright": "pyright", "tox": "tox", "nox": "nox", "coverage": "coverage",
    "pre-commit": "pre-commit", "bandit": "bandit", "codespell": "codespell", "vulture": "vulture", "yapf": "yapf",
    "sphinx-build": "Sphinx", "mkdocs": "mkdocs", "build": "build", "twine": "twine", "deptry": "deptry",
    "autoflake": "autoflake", "autopep8": "autopep8", "pycodestyle": "pycodestyle", "pyflakes": "pyflakes",
    "yamllint": "yamllint", "import-linter": "import-linter", "lint-imports": "import-linter", "nose2": "nose2",
    "interrogate": "interrogate", "pydocstyle": "pydocstyle", "djlint": "djlint", "pyupgrade": "pyupgrade",
}  # fmt: skip

_IMPORT = r"^[ \t]*(?:import[ \t]+(?:[\w., \t]+,[ \t]*)?{0}\b|from[ \t]+{0}(?:\.[\w.]+)?[ \t]+import\b)"


async def wanted(case: Case) -> list[Wanted]:
    """Return what is missing of Python, in the order of the words; modules of the repository or of Python are not."""
    words = case.words()
    found: list[Wanted] = []
    for module in dict.fromkeys(match["module"] for pattern in _PYTHON for match in pattern.finditer(words)):
        top = module.split(".")[0]
        if not own_module(top, case.tree.paths) and top not in _library():
            found.append(Wanted(module, importers=await importers(case, top)))
    told = [match["dist"] for pattern in _HINTS for match in pattern.finditer(words)]
    found += [Wanted(distribution=name, importers=_places(case), tool=name.startswith("types-")) for name in told]
    found += [Wanted(distribution=name, tool=True) for pattern, name in _PLUGINS if pattern.search(words)]
    hooks = await case.tree.text(".pre-commit-config.yaml") or ""
    programs = [match["name"] for pattern in _PROGRAM for match in pattern.finditer(words)]
    programs = [name for name in programs if not re.search(rf"^\s*(?:- )?id:\s*{re.escape(name)}\b", hooks, re.M)]
    found += [Wanted(distribution=PROGRAMS[name], tool=True) for name in programs if name in PROGRAMS]
    return list(dict.fromkeys(found))


def _library() -> frozenset[str]:
    return sys.stdlib_module_names - _GONE


_GONE = frozenset(
    (
        "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp",
        "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau",
        "telnetlib", "uu", "xdrlib",
    )
)  # fmt: skip
"""Modules that a Python of today may not have; an old one that has them does not say that they are missing."""


def own_module(top: str, paths: tuple[str, ...]) -> bool:
    """Tell whether a module, or a folder of modules, is of the repository."""
    return any(
        f"/{path}".endswith(f"/{top}.py") or (f"/{top}/" in f"/{path}" and path.endswith(".py")) for path in paths
    )


async def importers(case: Case, top: str) -> tuple[str, ...]:
    """Return the files of the repository that import a module."""
    pattern = re.compile(_IMPORT.format(re.escape(top)), re.M)
    paths = [path for path in case.tree.paths if path.endswith((".py", ".pyi"))]
    return tuple([path for path in paths if pattern.search(await case.tree.text(path) or "")])


def _places(case: Case) -> tuple[str, ...]:
    """Return the files of the repository that the exceptions came from, innermost frames."""
    inner = (item.frames[-1][0] for item in raised(case.words()) if item.frames)
    return tuple(dict.fromkeys(path for seen in inner if (path := case.tree.path_of(seen))))
