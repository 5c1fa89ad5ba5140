"""Without a model the repository's own tools mend: the real ones, in the real sandbox, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.project import BROKEN, FIXED_SUM, CommandLine, git, make_repository

pytestmark = pytest.mark.timeout(400)

TASK = ("--task", "Make the failing checks pass", "--mode", "bugfix", "--model", "none", "--json")

PYTHON = {
    "requirements-dev.txt": "black==25.1.0\nisort==6.0.1\nautoflake==2.3.1\nruff==0.11.2\n",
    "pyproject.toml": (
        '[tool.black]\n\n[tool.isort]\nprofile = "black"\n\n[tool.autoflake]\nremove-all-unused-imports = true\n\n'
        '[tool.ruff.lint]\nselect = ["F541"]\n'
    ),
    "order.py": "import sys\nimport json\nimport os\n\n\nprint( sys.argv,os.sep )\nx = f'one'\n",
    "fine.py": "import os\n\nprint(os.sep)\n",
}
PYTHON_MENDED = 'import os\nimport sys\n\nprint(sys.argv, os.sep)\nx = "one"\n'


def mended(journeyman: CommandLine, folder: Path, files: dict[str, str]) -> tuple[Path, dict[str, object]]:
    """Run on a repository with these files; return it and the result of a run that succeeded."""
    local = make_repository(folder / "local", files)
    done = journeyman("run", str(local), *TASK, timeout=350)
    assert done.code == 0, done.err + done.out
    return local, done.json


def changed(local: Path, result: dict[str, object]) -> list[str]:
    return git(local, "diff", "--name-only", f"main..{result['branch_name']}").splitlines()


def shown(local: Path, result: dict[str, object], path: str) -> str:
    return git(local, "show", f"{result['branch_name']}:{path}") + "\n"


def test_python_s_formatters_and_linters(journeyman: CommandLine, tmp_path: Path) -> None:
    local, result = mended(journeyman, tmp_path, PYTHON)
    assert changed(local, result) == ["order.py"]
    assert shown(local, result, "order.py") == PYTHON_MENDED
    logs = journeyman("logs", str(result["run_id"])).out
    for tool in ("black", "isort", "autoflake", "ruff"):
        assert f"{tool}: `{tool} " in logs, logs


PACKAGE = {
    "name": "shop",
    "version": "1.0.0",
    "private": True,
    "type": "module",
    "scripts": {
        "format:check": "prettier --check docs",
        "build": "npm run --silent all",
        "all": "eslint lib && prettier -c lib",
    },
    "devDependencies": {"eslint": "8.57.1", "prettier": "3.3.3"},
}
NODE = {
    "package.json": json.dumps(PACKAGE, indent=2) + "\n",
    ".eslintrc.json": json.dumps(
        {"root": True, "parserOptions": {"ecmaVersion": 2022, "sourceType": "module"}, "rules": {"no-var": "error"}}
    ),
    "docs/page.js": "export const page = 'page'\n",
    "src/one.js": "export function one() {\n  var a = 1;\n  return a;\n}\n",
    "lib/sum.js": "export function sum(a, b) {\n  var c = a + b\n  return c\n}\n",
}


@pytest.mark.long
def test_node_s_formatters_and_linters(journeyman: CommandLine, tmp_path: Path) -> None:
    """prettier by a script, eslint called directly, and both behind a script of a script."""
    local, result = mended(journeyman, tmp_path, NODE)
    assert changed(local, result) == ["docs/page.js", "lib/sum.js", "src/one.js"]
    assert shown(local, result, "docs/page.js") == 'export const page = "page";\n'
    assert shown(local, result, "src/one.js") == "export function one() {\n  let a = 1;\n  return a;\n}\n"
    assert shown(local, result, "lib/sum.js") == "export function sum(a, b) {\n  let c = a + b;\n  return c;\n}\n"
    logs = journeyman("logs", str(result["run_id"])).out
    assert "prettier docs --write" in logs
    assert "npx --no-install eslint . --fix" in logs
    assert "prettier lib --write" in logs


def test_what_a_check_writes_is_not_kept(journeyman: CommandLine, tmp_path: Path) -> None:
    """A check that bends a test to the fault would pass for a mend."""
    bends = "sed -i 's/5)/-1)/' tests/test_sums.py"
    checks = f"checks:\n  tests: python3 -m unittest discover -s tests -t .\n  bends: {bends}\n"
    test = "import unittest\n\nfrom sums import add\n\n\nclass T(unittest.TestCase):\n    def test_add(self):\n"
    files = {
        ".journeyman.yaml": checks,
        "sums.py": BROKEN["src/sums.py"],
        "tests/__init__.py": "",
        "tests/test_sums.py": f"{test}        self.assertEqual(add(2, 3), 5)\n",
    }
    local, result = mended(journeyman, tmp_path, files)
    assert changed(local, result) == ["sums.py"]
    assert shown(local, result, "sums.py") == FIXED_SUM


HOOK = {
    ".pre-commit-hooks.yaml": "- {id: shout, name: shout, entry: shout, language: python, types: [text]}\n",
    "setup.py": "from setuptools import setup\nsetup(name='shout', version='1', py_modules=['shout'], entry_points="
    "{'console_scripts': ['shout=shout:main']})\n",
    "shout.py": (
        "import pathlib\nimport sys\n\n\ndef main():\n    code = 0\n    for name in sys.argv[1:]:\n"
        "        path = pathlib.Path(name)\n        text = path.read_text()\n"
        "        if 'whisper' in text:\n            code = 1\n"
        "            path.write_text(text.replace('whisper', 'SHOUT'))\n    return code\n"
    ),
}
HOOKS = """repos:
- repo: {hooks}
  rev: {revision}
  hooks:
  - {{id: shout, files: notes.txt}}
- repo: local
  hooks:
  - {{id: tidy, name: tidy, entry: isort, language: python, additional_dependencies: [isort==6.0.1], types: [python]}}
  - {{id: ends, name: ends, entry: "sed -i -e '$a\\\\'", language: system, files: notes.txt}}
  - {{id: pretty, name: pretty, entry: prettier --write, language: node, additional_dependencies: [prettier@3.3.3],
     types: [json]}}
- repo: https://hooks.invalid/none
  rev: v1
  hooks:
  - id: none
"""


@pytest.mark.long
def test_pre_commit_with_local_hooks_and_a_repository_of_hooks(journeyman: CommandLine, tmp_path: Path) -> None:
    hooks = make_repository(tmp_path / "hooks", HOOK)
    journeyman.variables["JOURNEYMAN_CONFIG"] = str(tmp_path / "settings.yaml")
    (tmp_path / "settings.yaml").write_text(f"sandbox: {{install_folders: [{hooks}]}}\n")
    config = HOOKS.format(hooks=hooks, revision=git(hooks, "rev-parse", "HEAD"))
    files = {
        ".pre-commit-config.yaml": config,
        "a.py": "import sys\nimport os\n",
        "notes.txt": "whisper",
        "a.json": '{"a":1}',
    }
    local, result = mended(journeyman, tmp_path, files)
    assert changed(local, result) == ["a.json", "a.py", "notes.txt"]
    assert shown(local, result, "a.py") == "import os\nimport sys\n"
    assert shown(local, result, "notes.txt") == "SHOUT\n"
    assert shown(local, result, "a.json") == '{ "a": 1 }\n'
    assert "hooks.invalid" in journeyman("logs", str(result["run_id"])).out


MAKEFILE = 'lint:\n\ttest -z "$$(gofmt -l .)"\n'
GO = {
    "go.mod": "module example.org/parity\n\ngo 1.19\n",
    "Makefile": MAKEFILE,
    "parity.go": "package parity\n\nfunc Odd(n int) bool { return n %2 != 0 }\n",
}
RUST = {
    "Cargo.toml": '[package]\nname = "parity"\nversion = "1.0.0"\nedition = "2021"\n',
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "parity"\nversion = "1.0.0"\n',
    "rustfmt.toml": "",
    "src/lib.rs": "pub fn odd(n: u32) -> bool { n %2 == 1 }\n",
}


@pytest.mark.long
def test_the_formatters_of_go_and_rust(journeyman: CommandLine, tmp_path: Path) -> None:
    rustup = Path.home() / ".rustup"
    if rustup.is_dir():
        (journeyman.home / "user").mkdir(parents=True)
        (journeyman.home / "user/.rustup").symlink_to(rustup)
    local, result = mended(journeyman, tmp_path / "go", GO)
    assert shown(local, result, "parity.go") == GO["parity.go"].replace("n %2", "n%2")
    local, result = mended(journeyman, tmp_path / "rust", RUST)
    assert shown(local, result, "src/lib.rs") == "pub fn odd(n: u32) -> bool {\n    n % 2 == 1\n}\n"


def node_project(**versions: str) -> str:
    """Return the text of a manifest."""
    return json.dumps({"name": "shop", "version": "1.0.0", "private": True, "devDependencies": versions}, indent=2)


TYPED = {
    "package.json": node_project(typescript="5.6.3", pyright="1.1.390"),
    "tsconfig.json": '{"compilerOptions": {"strict": true, "noEmit": true}, "include": ["src"]}\n',
    "pyrightconfig.json": '{"include": ["shop"], "reportUnnecessaryTypeIgnoreComment": "error"}\n',
    "src/user.ts": "export interface User { name: string }\n\nexport const first = (user: User) => user.nmae;\n",
    "src/more.ts": 'import { frist } from "./user";\n\nexport const all = [{ name: "Ann" }].mapp(frist);\n',
    "shop/tax.py": (
        "def tax(net: int, rate: int = None) -> int:\n    return net * (rate or 19) // 100\n\n\n"
        "TWICE = tax(2) * 2  # type: ignore\n"
    ),
}


@pytest.mark.long
def test_what_the_type_checkers_of_node_complain_of(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", TYPED)
    checks = ("--check", "npx --no-install tsc -p .", "--check", "npx --no-install pyright")
    done = journeyman("fix", str(checkout), *checks, "--json", timeout=350)
    assert done.code == 0, done.err + done.out
    assert "user.name;" in (checkout / "src/user.ts").read_text()
    more = TYPED["src/more.ts"].replace("frist", "first").replace("mapp", "map")
    assert (checkout / "src/more.ts").read_text() == more
    tax = (checkout / "shop/tax.py").read_text()
    assert "rate: Optional[int] = None" in tax
    assert tax.endswith("TWICE = tax(2) * 2\n")


def snapshot(path: str, header: str) -> dict[str, str]:
    """Return a test and its snapshot, which is behind."""
    folder, _, name = path.rpartition("/")
    use = "" if name.endswith("cjs") else "import { expect, test } from 'vitest';\n\n"
    return {
        path: f"{use}test('page', () => {{ expect('Hello, Ann!').toMatchSnapshot(); }});\n",
        f"{folder}/__snapshots__/{name}.snap": f'{header}\n\nexports[`page 1`] = `"Hello Ann!"`;\n',
    }


KEPT = {
    "package.json": node_project(jest="29.7.0", vitest="2.1.8"),
    "jest.config.json": '{"testMatch": ["**/jest/*.test.cjs"]}\n',
    "vitest.config.mjs": "export default { test: { include: ['vitest/*.test.mjs'] } };\n",
    **snapshot("jest/page.test.cjs", "// Jest Snapshot v1, https://goo.gl/fbAQLP"),
    **snapshot("vitest/page.test.mjs", "// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html"),
}


@pytest.mark.long
def test_snapshots_of_node_are_made_anew_where_a_person_allows_it(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", KEPT)
    checks = ("--check", "npx --no-install jest --ci", "--check", "npx --no-install vitest run")
    refused = journeyman("fix", str(checkout), *checks, "--time-limit", "5", timeout=350)
    assert refused.code == 1
    assert refused.out.count("make the snapshots anew with --allow-oracle-changes") == 2
    done = journeyman("fix", str(checkout), *checks, "--allow-oracle-changes", "--json", timeout=350)
    assert done.code == 0, done.err + done.out
    behind = [path for path in KEPT if path.endswith(".snap")]
    assert done.json["written"] == behind
    for path in behind:
        assert (checkout / path).read_text() == KEPT[path].replace("Hello ", "Hello, ")


LINTED = {
    "requirements-dev.txt": "pylint==3.3.1\n",
    "shop.py": (
        '"""Sells."""\n\n\nclass Shop(object):\n    """Sells what it has."""\n\n    def __init__(self):\n'
        "        super(Shop, self).__init__()\n        self.stock = dict()\n\n    def sell(self, name):\n"
        '        """Sell one, if there is one."""\n        if self.stock.get(name) == None:\n'
        '            print(f"none")\n        return [one for one in self.stock]\n\n    def close(self):\n'
        '        """Close."""\n        pass\n'
    ),
}


@pytest.mark.long
def test_what_pylint_complains_of_is_answered_by_our_ruff(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", LINTED)
    done = journeyman("fix", str(checkout), "--check", "pylint shop.py", "--json", timeout=350)
    assert done.code == 0, done.err + done.out
    text = (checkout / "shop.py").read_text()
    for answer in ("class Shop:", "super().__init__()", "= {}", "is None", 'print("none")', "list(self.stock)"):
        assert answer in text, text
    assert "pass" not in text
