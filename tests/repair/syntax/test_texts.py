"""Broken data files and broken JavaScript: the smallest edit that parses and that the check wants."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import DataSyntax, MergeConflicts, ScriptSyntax
from journeyman.repair.fixers.syntax.compiling import Faults
from journeyman.repair.fixers.syntax.conflicts import without_lone_mark
from journeyman.repair.fixers.syntax.dialects import DATA, json_fault
from journeyman.repair.fixers.syntax.nesting import oddity
from journeyman.repair.fixers.syntax.texts import readings
from tests.repair.shell import PYTEST, Folder

NO_NODE = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
NODE = Check("node", "node --check run.js && node run.js", CheckKind.TEST)
READ = {
    "json": "python -m json.tool data.json",
    "toml": 'python -c \'import tomllib; tomllib.load(open("data.toml", "rb"))\'',
    "yaml": "python -c 'import yaml; yaml.safe_load(open(\"data.yaml\"))'",
}
PACKAGE = '{\n  "name": "shop",\n  "scripts": {\n    "test": "tape test",\n    "lint": "eslint ."\n  },\n'
PACKAGE += '  "private": true\n}\n'
PROJECT = '[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["httpx", "rich"]\n'
WORKFLOW = "on: push\njobs:\n  test:\n    runs-on: linux\n    steps:\n      - run: make\n      - run: 'echo: done'\n"


def check(ending: str) -> Check:
    return Check("read", READ[ending], CheckKind.BUILD)


@pytest.mark.parametrize(
    ("ending", "right", "old", "new"),
    [
        ("json", PACKAGE, "true\n}", "true,\n}"),
        ("json", PACKAGE, 'test",', 'test"'),
        ("json", PACKAGE, "  },\n", "  \n"),
        ("json", PACKAGE, "shop\"", "shop"),
        ("json", PACKAGE, '"private"', "private"),
        ("json", PACKAGE, '"shop"', "'shop'"),
        ("json", PACKAGE, "true", "True"),
        ("toml", PROJECT, '"1.0"', '"1.0'),
        ("toml", PROJECT, "[project]", "[project"),
        ("toml", PROJECT, '"httpx",', '"httpx"'),
        ("toml", PROJECT, "name =", "name :"),
        ("yaml", WORKFLOW, "  test:\n", "  test\n"),
        ("yaml", WORKFLOW, "    steps", "     steps"),
        ("yaml", WORKFLOW, "done'", "done"),
        ("yaml", WORKFLOW, "    runs-on", "\truns-on"),
    ],
)  # fmt: skip
async def test_a_broken_data_file_is_read_as_it_was_meant(
    tmp_path: Path, ending: str, right: str, old: str, new: str
) -> None:
    assert old in right
    folder = Folder(tmp_path, {f"data.{ending}": right.replace(old, new, 1)})
    mended = await folder.mend(check(ending), fixers=[DataSyntax()])
    assert mended.leftovers == ()
    _, fault = DATA[f".{ending}"]
    text = folder.texts()[f"data.{ending}"]
    assert fault(text) is None
    assert "".join(text.split()) == "".join(right.split()) or ending == "yaml"


async def test_a_data_file_that_lost_too_much_is_left(tmp_path: Path) -> None:
    text = "%PDF-1.4 this was never JSON <<<>>> {{{{[[[[\n" * 3
    folder = Folder(tmp_path, {"data.json": text})
    assert (await folder.mend(check("json"), fixers=[DataSyntax()])).mends == ()
    assert folder.texts()["data.json"] == text


@given(
    st.recursive(st.integers() | st.text("ab ,:"), lambda kids: st.dictionaries(st.text("xy"), kids) | st.lists(kids))
)
@settings(max_examples=30, deadline=None)
def test_what_a_reading_offers_parses(value: object) -> None:
    import asyncio

    text = json.dumps(value, indent=2)
    broken = text.replace(",", "", 1) if "," in text else text[:-1]

    async def ask(texts: object) -> Faults:
        assert isinstance(texts, list)
        return [json_fault(each) for each in texts]

    found = asyncio.run(readings(broken, DATA[".json"][0], ask))
    assert all(json_fault(each.text) is None for each in found)


SCRIPT = (
    "'use strict';\n\nfunction total(items) {\n  let sum = 0;\n  items.forEach(function (item) {\n"
    "    if (item > 0) {\n      sum += item;\n    }\n  });\n  return sum;\n}\n\n"
    "if (total([1, -2, 3]) !== 4) {\n  throw new Error('wrong');\n}\n"
)


@NO_NODE
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if (item > 0) {", "if (item > 0 {"),
        ("    }\n  });", "    \n  });"),
        ("      sum += item;\n    }\n", "      sum += item;\n"),
        ("'use strict'", "'use strict"),
        ("[1, -2, 3]", "[1, -2 3"),
        ("return sum", "retrun sum"),
        ("  });", "  );"),
    ],
)
async def test_broken_javascript_is_read_as_it_was_meant(tmp_path: Path, old: str, new: str) -> None:
    folder = Folder(tmp_path, {"run.js": SCRIPT.replace(old, new, 1)})
    mended = await folder.mend(NODE, fixers=[ScriptSyntax()])
    assert mended.leftovers == ()
    assert "".join(folder.texts()["run.js"].split()) == "".join(SCRIPT.split())


@NO_NODE
async def test_script_that_is_another_language_is_left(tmp_path: Path) -> None:
    text = "const page = <p>hello</p>;\n"
    folder = Folder(tmp_path, {"run.js": text})
    assert (await folder.mend(NODE, fixers=[ScriptSyntax()])).mends == ()


@pytest.mark.parametrize("mark", ["<<<<<<< HEAD", "=======", ">>>>>>> 3f2a9c1 (Faster)"])
async def test_a_mark_that_was_forgotten_is_taken_out(tmp_path: Path, mark: str) -> None:
    right = "def rate():\n    return 2\n"
    test = "from a import rate\n\n\ndef test_rate():\n    assert rate() == 2\n"
    folder = Folder(tmp_path, {"a.py": f"{mark}\n{right}", "test_a.py": test})
    assert (await folder.mend(PYTEST, fixers=[MergeConflicts()])).leftovers == ()
    assert folder.texts()["a.py"] == right


def test_headings_and_marks_of_two_sides_are_no_forgotten_mark() -> None:
    for path, text in (
        ("a.md", "Title\n=======\n"),
        ("a.py", '"""Title\n=======\n"""\n'),
        ("a.py", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n"),
    ):
        assert without_lone_mark(path, text) == text


def test_layout_that_contradicts_the_brackets_is_odd() -> None:
    assert oddity(SCRIPT) == oddity(PACKAGE) == 0
    assert oddity(SCRIPT.replace("  });", "    });")) > 0
