"""What is found out of how a repository is written: by counting, and only where it is clear enough."""

from __future__ import annotations

from pathlib import Path

from journeyman.context.conventions import conventions
from tests.codebase.places import committed, opened, refreshed

ORDERS = "".join(
    f"\n\ndef {name}_of_order(order: str) -> str:\n"
    f'    """Return it.\n\n    Args:\n        order: which\n    """\n'
    f'    return "one" + "two" + order\n'
    for name in ("price", "_weight", "_state", "_owner")
)
PYTHON = {
    "pyproject.toml": "[project]\nname = 'shop'\n",
    ".pre-commit-config.yaml": "repos: []\n",
    "shop/orders.py": "from sqlalchemy import Table\n"
    + "".join(f"\n\nclass {name}:\n    pass\n" for name in ("LineItem", "TaxRate", "RebateCode"))
    + ORDERS,
    "tests/test_orders.py": "import pytest\n\nfrom shop.orders import price_of_order\n"
    + "".join(
        f"\n\n@pytest.fixture\ndef order_{n}():\n    return {n}\n"
        f'\n\n@pytest.mark.parametrize("one", [1])\ndef test_{n}(one):\n    assert price_of_order("x")\n'
        for n in range(3)
    ),
}
JAVASCRIPT = {
    "package.json": '{"name": "shop"}\n',
    "src/orders.js": "import express from 'express';\n"
    + "".join(
        f"\nexport function {name}OfOrder(order) {{\n\tconst found = 'one' + 'two' + 'three';\n\treturn found;\n}}\n"
        for name in ("price", "weight", "state")
    ),
    "src/orders.test.js": "import { expect } from 'vitest';\nimport { priceOfOrder } from './orders.js';\n"
    + "".join(
        f"\ndescribe('order {n}', () => {{\n"
        f"\tit('costs', () => {{\n\t\texpect(priceOfOrder({n})).toBe(1);\n\t}});\n}});\n"
        for n in range(3)
    ),
}
MIXED = {
    "a.py": "class First: pass\n\n\ndef snake_case(): pass\n\n\ndef camelCase(): pass\n\n\ndef other_snake(): pass\n"
    "\n\ndef otherCamel(): pass\n",
}


def told(folder: Path, files: dict[str, str]) -> list[str]:
    index = opened(folder / "home", committed(folder / "one", dict(files)))
    refreshed(index)
    found = [piece.text for piece in conventions(index.code(), [])]
    index.close()
    return found


def test_names_style_frameworks_and_habits_of_tests_in_python(tmp_path: Path) -> None:
    assert told(tmp_path, PYTHON) == [
        "Languages, by files: python 100%",
        "Names: functions snake_case, classes PascalCase",
        "Names of what is internal begin with an underscore",
        "Style: indented by 4 spaces, double quotes",
        "Documentation: all functions are documented, in the style of Google",
        "Type annotations: all functions are annotated",
        "Set up at the top: Python project (pyproject.toml), pre-commit (.pre-commit-config.yaml)",
        "Frameworks that are imported near the task: SQLAlchemy",
        "Tests: 1 file, 1 of them in tests, named like test_*.py",
        "Tests use pytest, plain test functions, bare asserts, parametrised cases, fixtures",
    ]


def test_names_style_frameworks_and_habits_of_tests_in_javascript(tmp_path: Path) -> None:
    assert told(tmp_path, JAVASCRIPT) == [
        "Languages, by files: javascript 100%",
        "Names: functions camelCase",
        "Style: indented by tabs, single quotes, semicolons",
        "Documentation: no functions are documented",
        "Set up at the top: npm (package.json)",
        "Frameworks that are imported near the task: Express",
        "Tests: 1 file, 1 of them in src, named like *.test.js",
        "Tests use Vitest, describe/it blocks",
    ]


def test_what_is_no_habit_is_not_told(tmp_path: Path) -> None:
    assert told(tmp_path, MIXED) == [
        "Languages, by files: python 100%",
        "Documentation: no functions are documented",
        "Type annotations: no functions are annotated",
    ]
