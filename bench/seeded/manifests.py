"""The manifests and settings that the projects are given: one for each family of tools that CI commonly has."""

from __future__ import annotations

import json
from collections.abc import Sequence

_RUFF = """
[tool.ruff]
line-length = 88

[tool.ruff.lint]
select = ["E", "F", "W", "I", "UP", "C4"]
ignore = ["E501", "E741", "UP007", "UP031", "UP035"]

[tool.ruff.lint.per-file-ignores]
"tests/*" = ["F401"]
"**/__init__.py" = ["F401"]
"""

_BLACK = """
[tool.black]
line-length = 88

[tool.isort]
profile = "black"
"""

_TOOLS = """
[tool.pytest.ini_options]
addopts = "-q"
pythonpath = [{path}]

[tool.mypy]
warn_unused_ignores = true
disallow_untyped_defs = true

[[tool.mypy.overrides]]
module = ["*._deprecated", "*.cli"]
ignore_errors = true

[[tool.mypy.overrides]]
module = ["*.version"]
disallow_untyped_defs = false
"""


def python_manifest(
    name: str, version: str, *, dev: Sequence[str] = (), needs: Sequence[str] = (), tools: str = "ruff"
) -> str:
    """Return a pyproject.toml of the standard kind."""
    groups = "\n[dependency-groups]\ndev = [" + ", ".join(f'"{each}"' for each in dev) + "]\n" if dev else ""
    required = ", ".join(f'"{each}"' for each in needs)
    path = '"src"' if tools == "ruff" else '"."'
    return (
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n'
        f'requires-python = ">=3.10"\ndependencies = [{required}]\n'
        f"{groups}{_RUFF if tools == 'ruff' else _BLACK}{_TOOLS.format(path=path)}"
    )


FLAKE8 = """[flake8]
max-line-length = 88
extend-ignore = E203,E501,E704,E741,W503
exclude = .git,.venv,build
per-file-ignores =
    */__init__.py: F401,F403
"""

MAKEFILE = """.PHONY: format-check lint types test

format-check:
\truff format --check .

lint:
\truff check .

types:
\tmypy src

test:
\tpython -m pytest
"""

_HOOKS = (
    "trailing-whitespace-fixer",
    "end-of-file-fixer",
    "mixed-line-ending --fix=lf",
    "fix-byte-order-marker",
    "check-executables-have-shebangs",
    "check-shebang-scripts-are-executable",
)

PRE_COMMIT = "repos:\n  - repo: local\n    hooks:\n" + "".join(
    f"      - id: {hook.split()[0]}\n        name: {hook.split()[0]}\n        entry: {hook}\n"
    "        language: system\n        types: [text]\n"
    for hook in _HOOKS
).replace(
    "entry: check-executables-have-shebangs\n        language: system\n        types: [text]",
    "entry: check-executables-have-shebangs\n        language: system\n        types: [text, executable]",
)

_ESLINT = {
    "root": True,
    "parserOptions": {"ecmaVersion": 2018},
    "env": {"node": True, "es6": True},
    "extends": "eslint:recommended",
    "rules": {
        "eqeqeq": ["error", "smart"],
        "eol-last": "error",
        "no-trailing-spaces": "error",
        "no-multiple-empty-lines": "error",
        "linebreak-style": "error",
        "unicode-bom": "error",
        "no-control-regex": "off",
        "no-prototype-builtins": "off",
        "no-useless-escape": "off",
        "no-cond-assign": "off",
        "no-unused-vars": ["error", {"args": "none", "caughtErrors": "none"}],
    },
}


def npm_manifest(name: str, version: str, main: str) -> dict[str, str]:
    """Return package.json and the settings of its tools."""
    manifest = {
        "name": name,
        "version": version,
        "private": True,
        "main": main,
        "scripts": {"format": "prettier --check .", "lint": "eslint .", "test": "tape 'test/**/*.js'"},
        "devDependencies": {"eslint": "^8.57.0", "prettier": "^3.3.0", "tape": "^5.9.0"},
    }
    return {
        "package.json": json.dumps(manifest, indent="\t") + "\n",
        ".eslintrc.json": json.dumps(_ESLINT, indent="\t") + "\n",
        ".prettierrc.json": json.dumps({"singleQuote": True, "useTabs": True, "printWidth": 110}, indent="\t") + "\n",
        ".prettierignore": "node_modules\npackage-lock.json\n",
        ".gitignore": "node_modules\n",
    }
