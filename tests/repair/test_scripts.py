"""JavaScript: names, properties and paths that Node does not find are spelt right, or required."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import ScriptNames
from journeyman.repair.fixers.script_paths import said_from, there

from .shell import Folder

NODE = Check("tests", "node test/total.js", CheckKind.TEST)
TEST = """const assert = require('assert');
assert.strictEqual(require('../lib/total')([1, 2], 'a-b'), 'A-B: 3');
"""
TOTAL = """'use strict';

var spelt = require('./spelling');
var path = require('path');

module.exports = function total(values, words) {
  var found = values.reduce(function (sum, value) {
    return sum + value;
  }, 0);
  return spelt(path.basename(words)) + ': ' + found;
};
"""
SPELLING = "module.exports = function spelt(words) {\n  return words.toUpperCase();\n};\n"
OTHER = "var path = require('path');\nmodule.exports = path.sep;\n"


def shop(root: Path, total: str) -> Folder:
    files = {"lib/total.js": total, "lib/spelling.js": SPELLING, "lib/other.js": OTHER, "test/total.js": TEST}
    return Folder(root, {**files, "package.json": '{"name": "shop"}\n'})


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("'./spelling'", "'./speling'"),
        ("'./spelling'", "'./Spelling'"),
        ("'./spelling'", "'../spelling'"),
        ("values.reduce", "values.redcue"),
        ("return spelt(", "return splet("),
        ("': ' + found", "': ' + fuond"),
        ("path.basename", "path.basname"),
    ],
)
async def test_what_node_does_not_find_is_spelt_right(tmp_path: Path, right: str, wrong: str) -> None:
    folder = shop(tmp_path, TOTAL.replace(right, wrong))
    mended = await folder.mend(NODE, fixers=[ScriptNames()])
    assert mended.leftovers == ()
    assert folder.texts()["lib/total.js"] == TOTAL
    assert folder.texts()["test/total.js"] == TEST


@pytest.mark.parametrize("forgotten", ["var path = require('path');\n", "var spelt = require('./spelling');\n"])
async def test_what_is_forgotten_is_required(tmp_path: Path, forgotten: str) -> None:
    folder = shop(tmp_path, TOTAL.replace(forgotten, "").replace("spelt", "spelling"))
    mended = await folder.mend(NODE, fixers=[ScriptNames()])
    assert mended.leftovers == ()
    assert sorted(folder.texts()["lib/total.js"].splitlines()) == sorted(
        TOTAL.replace("spelt", "spelling").splitlines()
    )


async def test_modules_are_imported_as_their_neighbours_are(tmp_path: Path) -> None:
    use = "import assert from 'node:assert';\nimport { twice } from './twcie.js';\n\nassert.equal(twice(2), 4);\n"
    files = {
        "main.mjs": use,
        "twice.js": "export const twice = (x) => x * 2;\n",
        "package.json": '{"type": "module"}\n',
    }
    folder = Folder(tmp_path, files)
    mended = await folder.mend(Check("tests", "node main.mjs", CheckKind.TEST), fixers=[ScriptNames()])
    assert mended.leftovers == ()
    assert folder.texts()["main.mjs"] == use.replace("twcie", "twice")


async def test_a_path_or_name_that_a_test_has_wrong_stays(tmp_path: Path) -> None:
    folder = shop(tmp_path, TOTAL)
    wrong = TEST.replace("lib/total", "lib/totla")
    (tmp_path / "test/total.js").write_text(wrong)
    mended = await folder.mend(NODE, fixers=[ScriptNames()])
    assert mended.mends == ()
    assert folder.texts()["test/total.js"] == wrong


@pytest.mark.parametrize(("name", "spelt"), [("window", "window"), ("widnows", "windows")])
async def test_what_the_surroundings_bring_is_not_misspelt(tmp_path: Path, name: str, spelt: str) -> None:
    said = f"no-undef '{name}' is not defined"
    lint = f'grep -q "of {name}" a.js || exit 0; echo "a.js:2: {said}"; exit 1'
    folder = Folder(
        tmp_path, {"a.js": f"var windows = [];\nfor (const one of {name}) use(one);\n", "lint.sh": f"{lint}\n"}
    )
    await folder.mend(Check("lint", "sh lint.sh", CheckKind.LINT), fixers=[ScriptNames()])
    assert folder.texts()["a.js"] == f"var windows = [];\nfor (const one of {spelt}) use(one);\n"


def test_where_paths_lead() -> None:
    paths = ["a/index.ts", "b/c.d.ts", "d.json", "e.tsx"]
    assert [place for place in ("a", "b/c", "d", "e.js", "f", "a/index.js") if there(place, paths)] == [
        "a", "b/c", "d", "e.js", "a/index.js",
    ]  # fmt: skip
    assert said_from("a/b.js", "a/c") == "./c"
    assert said_from("a/b.js", "c") == "../c"
