"""Which checks a repository's files give evidence for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from journeyman.domain.checks import Check
from journeyman.gates import Raw
from journeyman.gates.quality.finding import RepositoryChecks
from journeyman.gates.quality.readers import OutputReaders
from tests.gates.trees import Files, tree

PYTEST = "python -m pytest -q --junitxml=/tmp/journeyman-pytest.xml -o junit_family=xunit1"
VITEST = "--reporter=default --reporter=json --outputFile.json=/tmp/journeyman-vitest.json"
JEST = "--json --outputFile=/tmp/journeyman-jest.json"
RUFF = "ruff check --output-format=concise ."
MYPY = "mypy --no-pretty --show-column-numbers"
T = {"tests/test_a.py": "def test_a():\n    assert True\n"}
D = 'def a():\n    """Say it.\n\n    >>> a()\n    1\n    """\n'
U = "import unittest\n\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        pass\n"


def package(scripts: dict[str, str], **tools: str) -> str:
    return json.dumps({"scripts": scripts, "devDependencies": tools})


FOUND: dict[str, tuple[Files, list[str]]] = {
    "nothing": ({"README.md": "hi"}, []),
    "python without tests": ({"a.py": ""}, []),
    "pytest by its section": ({"pyproject.toml": "[tool.pytest.ini_options]\n", **T}, [PYTEST]),
    "pytest by setup.cfg": ({"setup.cfg": "[tool:pytest]\n", **T}, [PYTEST]),
    "pytest by its import": ({"test_a.py": "import pytest\n"}, [PYTEST]),
    "pre-commit's own hooks are no checks": (
        {
            ".pre-commit-config.yaml": "repos:\n  - repo: local\n    hooks:\n      - id: black\n"
            "        entry: black\n\n      - id: isort\n"
            "  - repo: https://example.org/mirrors-mypy\n    hooks:\n      - id: mypy\n",
            "a.py": "",
        },
        ["pre-commit run --all-files", f"{MYPY} ."],
    ),
    "words of nox": (
        {"noxfile.py": "def lint(session):\n    session.run('ruff', 'format', '--check', '.')\n", "a.py": ""},
        ["ruff format --check ."],
    ),
    "pytest although unittest": ({"requirements-dev.txt": "pytest\n", "tests/test_a.py": U}, [PYTEST]),
    "unittest": ({"tests/__init__.py": "", "tests/test_a.py": U}, ["python -m unittest discover -v -s tests -t ."]),
    "unittest without a package": ({"tests/test_a.py": U}, ["python -m unittest discover -v -s tests"]),
    "unittest at the root": ({"test_a.py": U}, ["python -m unittest discover -v"]),
    "doctest": (
        {"roman.py": D, "lib/plain.py": D, "web/__init__.py": "", "web/a.py": D, "docs/conf.py": D, "b.py": ""},
        ["python -m doctest roman.py", "python -m doctest lib/plain.py"],
    ),
    "doctest by pytest": (
        {"pyproject.toml": "[tool.pytest.ini_options]\n", "web/__init__.py": "", "web/a.py": D},
        ["python -m pytest -q --doctest-modules --junitxml=/tmp/journeyman-pytest.xml -o junit_family=xunit1"],
    ),
    "examples beside tests": ({"a.py": D, **T}, [PYTEST]),
    "python tools": (
        {"pyproject.toml": "[tool.ruff]\n[tool.black]\n[tool.isort]\n[tool.mypy]\nfiles='x'\n", "a.py": ""},
        ["black --check .", "isort --check-only .", RUFF, MYPY],
    ),
    "tools by their own files": (
        {".flake8": "", "mypy.ini": "[mypy]\n", "ruff.toml": "", "shop/__init__.py": ""},
        [RUFF, "flake8 .", f"{MYPY} shop"],
    ),
    "tools by pre-commit": (
        {
            ".pre-commit-config.yaml": "repos:\n- hooks:\n  - id: ruff-check\n  - id: ruff-format\n  - id: mypy\n",
            "src/a.py": "",
        },
        ["ruff format --check .", RUFF, "pre-commit run --all-files", f"{MYPY} src"],
    ),
    "gofmt by CI": (
        {"go.mod": "module a", "a.go": "", "Makefile": 'lint:\n\ttest -z "$$(gofmt -l .)"\n'},
        ["! gofmt -l . | grep -v '^vendor/' | grep .", "go vet ./...", "go build ./..."],
    ),
    "autoflake": (
        {"pyproject.toml": "[tool.autoflake]\nrecursive = true\n", "a.py": ""},
        ["autoflake --check --recursive --jobs 1 ."],
    ),
    "tools by CI": (
        {".github/workflows/a.yml": "      - run: black --check .\n      - run: mypy shop\n", "a.py": ""},
        ["black --check .", f"{MYPY} ."],
    ),
    "broken pyproject": ({"pyproject.toml": "[tool.", **T}, [PYTEST]),
    "node scripts": (
        {
            "package.json": package(
                {"test": "vitest run", "lint": "eslint .", "typecheck": "tsc --noEmit", "build": "vite build"}
            )
        },
        [
            "npm run --silent lint",
            "npm run --silent typecheck",
            "npm run --silent build",
            f"npm run --silent test -- {VITEST}",
        ],
    ),
    "pnpm and jest": (
        {"package.json": package({"test": "jest"}), "pnpm-lock.yaml": ""},
        [f"pnpm run --silent test {JEST}"],
    ),
    "compound scripts stay as they are": (
        {"package.json": package({"test": "tsc && jest"}), "yarn.lock": ""},
        ["yarn run --silent test"],
    ),
    "no placeholder, no fixer, no watcher": (
        {
            "package.json": package(
                {
                    "test": 'echo "Error: no test specified" && exit 1',
                    "lint": "eslint --fix .",
                    "types": "tsc --watch",
                },
                eslint="9",
            ),
            "eslint.config.js": "",
        },
        ["npx --no-install eslint ."],
    ),
    "node --test without a script": (
        {"package.json": "{}", "test/a.test.js": "const test = require('node:test');\n"},
        ["node --test"],
    ),
    "broken package.json": ({"package.json": "{"}, []),
    "go": ({"go.mod": "", "a_test.go": ""}, ["go vet ./...", "go build ./...", "go test -json ./..."]),
    "rust": (
        {"Cargo.toml": "", "rustfmt.toml": "", ".github/workflows/a.yml": "- run: cargo clippy -- -D warnings\n"},
        [
            "cargo fmt --check",
            "cargo clippy --all-targets -- -D warnings",
            "cargo check --all-targets --message-format=short",
            "cargo test --no-fail-fast",
        ],
    ),
    "make": ({"Makefile": "test: all\n\tx\nlint:\n\ty\nVAR := 1\n"}, ["make lint", "make test"]),
    "make as the last resort": ({"Makefile": "test:\n\tx\nlint:\n\ty\n", **T}, ["make lint", PYTEST]),
    "two ecosystems": (
        {"pyproject.toml": "", **T, "web/package.json": package({"lint": "eslint ."})},
        ["cd web && npm run --silent lint", PYTEST],
    ),
    "a nested project": (
        {"backend/pyproject.toml": "[tool.mypy]\n", "backend/tests/test_a.py": "import pytest\n"},
        [
            f"cd backend && {MYPY} .",
            "cd backend && python -m pytest -q --junitxml=/tmp/journeyman-backend-pytest.xml -o junit_family=xunit1",
        ],
    ),
    "examples and fixtures are nobody's": ({"examples/x/package.json": package({"test": "jest"})}, []),
}


async def found(files: Files, configured: dict[str, str] | None = None) -> tuple[Check, ...]:
    return await RepositoryChecks().find(tree(files), configured)


@pytest.mark.parametrize("name", FOUND)
async def test_checks_are_found_cheapest_first(name: str):
    files, commands = FOUND[name]
    checks = await found(files)
    assert [check.command for check in checks] == commands
    assert all(check.because for check in checks)
    assert len({check.name for check in checks}) == len(checks)


async def test_reports_lie_outside_the_tree():
    for check in await found({**FOUND["two ecosystems"][0], "web/a.test.js": ""}):
        assert check.report_path == "" or check.report_path.startswith("/tmp/journeyman-")


@pytest.mark.parametrize(
    ("command", "reader", "kind"),
    [
        ("pytest -x tests", "pytest", "test"),
        ("tox -e py -- mypy src", "mypy", "types"),
        ("npx eslint src", "eslint", "lint"),
        ("npm run lint", "plain", "lint"),
        ("go vet ./...", "go", "lint"),
        ("ruff format --check", "black", "format"),
        ("./run-everything", "plain", "test"),
    ],
)
async def test_configured_commands_replace_the_found_ones(command: str, reader: str, kind: str):
    (check,) = await found({"pyproject.toml": "[tool.ruff]\n", **T}, {"mine": command})
    assert (check.name, check.command, check.reader, check.kind) == ("mine", command, reader, kind)


async def test_found_checks_run_and_are_read(tmp_path: Path):
    """The whole way with real tools: find, run, read."""
    files = {
        "pyproject.toml": "[tool.pytest.ini_options]\n[tool.ruff]\n[tool.mypy]\nstrict = true\n",
        "src/shop.py": "import os\n\n\ndef total(prices: list[int]) -> int:\n    return str(sum(prices))\n",
        "tests/test_shop.py": "from src.shop import total\n\n\ndef test_total():\n    assert total([1]) == 1\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    outcomes = {}
    for check in await found(files):
        command = check.command.replace("/tmp/journeyman-", f"{tmp_path}/journeyman-")
        bin_folder = Path(sys.executable).parent
        ran = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={"PATH": f"{bin_folder}:/usr/bin:/bin"},
        )
        report = tmp_path / "journeyman-pytest.xml"
        raw = Raw(
            ran.returncode, ran.stdout + ran.stderr, 0.1, report=report.read_text() if report.exists() else None
        )
        outcomes[check.name] = OutputReaders().read(check, raw).failures()
    assert outcomes["ruff"] == {"problem src/shop.py|F401|`os` imported but unused"}
    assert outcomes["pytest"] == {"test tests/test_shop.py::test_total"}
    assert any("return-value" in failure for failure in outcomes["mypy"])
