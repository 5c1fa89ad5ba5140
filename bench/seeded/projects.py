"""Small real projects from the registries, pinned by digest, laid out as CI sees them, with all checks green."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bench.children import NotMeasured, must, run
from bench.seeded.manifests import FLAKE8, MAKEFILE, PRE_COMMIT, npm_manifest, python_manifest
from bench.seeded.seeds import FORMAT, LINT, TESTS, TYPES, Project


@dataclass(frozen=True)
class Origin:
    """Where a project comes from and how it is laid out.

    `keep` are beginnings of paths; `digest` is the archive's SHA-256. `tools` are installed to judge with, `settle`
    are commands that bring the project into its own style, `lock` is what makes its lock file.
    """

    name: str
    version: str
    language: str
    digest: str
    keep: tuple[str, ...]
    package: str
    style: str
    checks: Mapping[str, str]
    added: Callable[[], Mapping[str, str]]
    tools: tuple[str, ...] = ()
    settle: tuple[str, ...] = ()
    lock: str = ""


RUFF = ("ruff format -q .", "ruff check -q --fix --unsafe-fixes .", "ruff format -q .")
BLACK = ("isort -q .", "black -q .")
NPM = {FORMAT: "npm run format", LINT: "npm run lint", TESTS: "npm test", "blanks": "npm run lint"}
RUFF_CHECKS = {FORMAT: "ruff format --check .", LINT: "ruff check .", TESTS: "python -m pytest -q"}

ORIGINS = (
    Origin(
        "cachetools", "5.5.2", "python", "1a661caa9175d26759571b2e19580f9d6393969e5dfca11fdb1f947a23e640d4",
        ("src/cachetools/", "tests/"), "src/cachetools/", "ruff",
        {**RUFF_CHECKS, "blanks": "pre-commit run --all-files"},
        lambda: {
            "pyproject.toml": python_manifest(
                "cachetools", "5.5.2",
                dev=("pytest>=8", "ruff>=0.14", "mypy>=1.18", "pre-commit", "pre-commit-hooks", "syrupy>=5"),
            ),
            ".pre-commit-config.yaml": PRE_COMMIT,
        },
        ("pytest", "ruff", "mypy", "pre-commit", "pre-commit-hooks", "syrupy"), RUFF, "uv lock -q",
    ),
    Origin(
        "inflection", "0.5.1", "python", "1a29730d366e996aaacffb2f1f1cb9593dc38e2ddd30c91250c6dde09ea9b417",
        ("inflection/", "test_inflection.py"), "inflection/", "black",
        {
            FORMAT: "black --check . && isort --check-only .", LINT: "flake8 .", TYPES: "mypy inflection",
            TESTS: "pytest", "blanks": "flake8 --select=W .",
        },
        lambda: {
            "pyproject.toml": python_manifest("inflection", "0.5.1", tools="black"),
            "requirements-dev.txt": "black==26.10.1\nisort==9.0.2\nflake8>=7\nmypy>=1.18\npytest>=8\nsyrupy>=5\n",
            ".flake8": FLAKE8,
        },
        ("black==26.10.1", "isort==9.0.2", "flake8>=7", "mypy>=1.18", "pytest>=8", "syrupy>=5"), BLACK,
    ),
    Origin(
        "semver", "3.0.4", "python", "afc7d8c584a5ed0a11033af086e8af226a9c0b206f313e0301f8dd7b6b589602",
        ("src/semver/", "tests/"), "src/semver/", "ruff",
        {FORMAT: "make format-check", LINT: "make lint", TYPES: "make types", TESTS: "make test"},
        lambda: {
            "pyproject.toml": python_manifest(
                "semver", "3.0.4", dev=("pytest>=8", "ruff>=0.14", "mypy>=1.18", "syrupy>=5"),
            ),
            "Makefile": MAKEFILE,
        },
        ("pytest", "ruff", "mypy", "syrupy"), RUFF, "uv lock -q",
    ),
    Origin(
        "tinycss2", "1.4.0", "python", "10c0972f6fc0fbee87c3edb76549357415e94548c1ae10ebccdea16fb404a9b7",
        ("tinycss2/", "tests/"), "tinycss2/", "black",
        {FORMAT: "black --check . && isort --check-only .", LINT: "flake8 .", TESTS: "python -m pytest -q"},
        lambda: {
            "pyproject.toml": python_manifest(
                "tinycss2", "1.4.0", dev=("pytest>=8", "black==26.10.1", "isort==9.0.2", "flake8>=7"),
                needs=("webencodings>=0.5",), tools="black",
            ),
            ".flake8": FLAKE8,
        },
        ("black==26.10.1", "isort==9.0.2", "flake8>=7", "pytest>=8", "webencodings"),
        ("rm tests/css-parsing-tests/generate_color_json.py", *BLACK), "uv lock -q",
    ),
    Origin(
        "minimist", "1.2.8", "javascript", "350a76c115b393c19d24654834261e5dc9f0e8cc5e08f3937fa80140f3e4ce83",
        ("index.js", "test/"), "", "prettier", NPM,
        lambda: npm_manifest("minimist", "1.2.8", "index.js"), settle=("npx prettier --write .",),
    ),
    Origin(
        "shell-quote", "1.8.1", "javascript",
        "556ccc57c32983fe4c1c593817b86ef8aa66ab5d11e3bd43bd8b9750cb18bf0d",
        ("index.js", "parse.js", "quote.js", "test/"), "", "prettier", NPM,
        lambda: npm_manifest("shell-quote", "1.8.1", "index.js"),
        settle=(r"sed -i -E 's/ ([!=]=) (SQ|\x27\x27)/ \1= \2/' parse.js", "npx prettier --write ."),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Ready:
    """A project with the place of its tools: what a judge needs."""

    project: Project
    programs: Path
    modules: Path | None = None


def ready(origin: Origin, folder: Path) -> Ready:
    """Return a project ready to be broken, made in a folder unless it was before.

    Raises `NotMeasured` where something cannot be had, or where a check is not green.
    """
    tree = folder / origin.name / "tree"
    if not (tree / ".settled").exists():
        shutil.rmtree(folder / origin.name, ignore_errors=True)
        tree.mkdir(parents=True)
        _unpack(origin, _archive(origin, tree.parent), tree)
        _settle(origin, tree)
        (tree / ".settled").touch()
    files = {
        str(path.relative_to(tree)): path.read_text()
        for path in sorted(tree.rglob("*"))
        if path.is_file() and "node_modules" not in path.parts and path.name != ".settled"
    }
    project = Project(
        origin.name, origin.language, origin.package, origin.style, origin.checks, files, origin.version
    )
    if origin.language == "python":
        return Ready(project, tree.parent / "judge" / "bin")
    return Ready(project, tree / "node_modules" / ".bin", tree / "node_modules")


def _archive(origin: Origin, folder: Path) -> Path:
    if origin.language == "python":
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{origin.name}=={origin.version} --hash=sha256:{origin.digest}\n")
        words = ("download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder), "-r", str(wanted))
        must((sys.executable, "-m", "pip", *words))
        return next(folder.glob("*.tar.gz"))
    must(("npm", "pack", "--silent", f"{origin.name}@{origin.version}"), folder=folder)
    archive = next(folder.glob("*.tgz"))
    if sha256(archive.read_bytes()).hexdigest() != origin.digest:
        raise NotMeasured(f"{archive.name} is not the file that was pinned")
    return archive


def _unpack(origin: Origin, archive: Path, tree: Path) -> None:
    with tarfile.open(archive) as packed:
        for member in packed:
            path = member.name.partition("/")[2]
            if member.isfile() and path.startswith(origin.keep):
                content = packed.extractfile(member)
                assert content is not None
                target = tree / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read().replace(b"\r\n", b"\n"))
    for path, text in origin.added().items():
        (tree / path).write_text(text)


def _settle(origin: Origin, tree: Path) -> None:
    """Install the tools, bring the tree into its own style, make its lock, and see that all checks are green."""
    if origin.language == "python":
        judge = tree.parent / "judge"
        must((str(Path(sys.executable).with_name("uv")), "venv", "-q", str(judge)))
        names = [*origin.tools, "uv"]
        must((str(Path(sys.executable).with_name("uv")), "pip", "install", "-q", "-p", f"{judge}/bin/python", *names))
        programs = judge / "bin"
    else:
        must(("npm", "install", "--silent", "--no-audit", "--no-fund"), folder=tree)
        programs = tree / "node_modules" / ".bin"
    for command in (*origin.settle, *([origin.lock] if origin.lock else ())):
        must(("bash", "-c", command), variables=around(programs), folder=tree)
    for kind, command in origin.checks.items():
        if kind != "blanks":
            ended = run(("bash", "-c", command), variables=around(programs), folder=tree)
            if ended.code:
                raise NotMeasured(f"{origin.name}: {command} is not green to begin with:\n{ended.said[-2000:]}")
    for path in (*tree.rglob("__pycache__"), *tree.rglob(".*_cache")):
        shutil.rmtree(path)


def around(programs: Path) -> dict[str, str]:
    """Return an environment in which these programs come first."""
    own = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
    }
    return {**os.environ, **own, "PATH": f"{programs}:{os.environ['PATH']}"}
