"""What a linter of JavaScript calls unused goes, if nothing else goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import UnusedScripts
from journeyman.repair.fixers.unused_scripts import without_names

from .shell import Folder


@pytest.mark.parametrize(
    ("text", "line", "right"),
    [
        ("var a = 1;\nvar spare = require('fs');\nuse(a);\n", 2, "var a = 1;\nuse(a);\n"),
        ("var a = 1;\n\nconst spare = [];\n\nuse(a);\n", 3, "var a = 1;\n\nuse(a);\n"),
        ("import spare from 'fs'\nuse()\n", 1, "use()\n"),
        ("import * as spare from 'fs';\n\nuse();\n", 1, "use();\n"),
        ("import { one, spare } from './a';\nuse(one);\n", 1, "import { one } from './a';\nuse(one);\n"),
        ("import { spare, one } from './a';\nuse(one);\n", 1, "import { one } from './a';\nuse(one);\n"),
        ("import { x as spare, one } from './a';\nuse(one);\n", 1, "import { one } from './a';\nuse(one);\n"),
        ("import {\n  one,\n  spare,\n  two,\n} from './a';\nuse(one, two);\n", 3,
         "import {\n  one,\n  two,\n} from './a';\nuse(one, two);\n"),
        ("import {\n  one,\n  spare\n} from './a';\nuse(one);\n", 3, "import {\n  one\n} from './a';\nuse(one);\n"),
        ("const { spare } = require('a');\nuse();\n", 1, "use();\n"),
        ("const { one, spare } = require('a');\nuse(one);\n", 1, "const { one } = require('a');\nuse(one);\n"),
        ("var spare = require('spare');  // spare\nuse();\n", 1, "var spare = require('spare');  // spare\nuse();\n"),
        ("var spare = require('spare');\nuse(); // spare\n", 1, "use(); // spare\n"),
        ("let spare;\nuse();\n", 1, "use();\n"),
    ],
)  # fmt: skip
def test_what_is_of_one_name_alone_goes(text: str, line: int, right: str) -> None:
    assert without_names(text, [(line, "spare")]) == right


@pytest.mark.parametrize(
    "text",
    [
        "var spare = made();\n",
        "var spare = 1, other = 2;\nuse(other);\n",
        "function spare() {}\n",
        "var spare = 1;\nspare = 2;\n",
        "function f(spare) {}\n",
    ],
)
def test_what_does_something_besides_stays(text: str) -> None:
    assert without_names(text, [(1, "spare")]) == text


async def test_a_linter_s_complaint_is_answered_and_tests_are_left(tmp_path: Path) -> None:
    said = "no-unused-vars 'spare' is assigned a value but never used"
    tell = f'grep -q spare $path && echo "$path:1: {said}"'
    lint = f"for path in main.js test/main.js; do {tell}; done; ! grep spare main.js\n"
    files = {"main.js": "var spare = 1;\nuse();\n", "test/main.js": "var spare = 1;\n", "lint.sh": lint}
    folder = Folder(tmp_path, files)
    mended = await folder.mend(Check("lint", "sh lint.sh", CheckKind.LINT), fixers=[UnusedScripts()])
    assert mended.leftovers == ()
    assert folder.texts()["main.js"] == "use();\n"
    assert folder.texts()["test/main.js"] == files["test/main.js"]
