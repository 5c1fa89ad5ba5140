"""Fixers for what one compiler or linter says in its own way: TypeScript, Go, mypy, pylint, circular imports."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind, CheckReport
from journeyman.repair import Bench
from journeyman.repair.fixers import (
    Case,
    CircularImports,
    GoNames,
    LintCodes,
    OwnTools,
    Proposal,
    TypedScripts,
    UnusedImports,
    WrongReturns,
)
from journeyman.repair.fixers.go_names import with_import, without_import
from journeyman.repair.fixers.own_tools import TOOLS
from journeyman.repair.tree import SourceTree

from .shell import PYTEST, RUFF, RUFF_FORMAT, Folder

MYPY = Check("mypy", "mypy --no-incremental --cache-dir=/dev/null shop.py", CheckKind.TYPES, "mypy")


@pytest.mark.parametrize(
    ("checking", "writing"),
    [
        ("biome ci .", "biome check . --write"),
        ("biome lint src", "biome lint src --write"),
        ("dprint check", "dprint fmt"),
        ("oxlint -f unix src", "oxlint src --fix"),
        ("stylelint 'css/*.css'", "stylelint 'css/*.css' --fix"),
        ("yapf --diff -r src", "yapf -r src --in-place"),
        ("python -m autopep8 --diff --exit-code -r src", "python -m autopep8 -r src --in-place"),
        ("mdformat --check docs", "mdformat docs"),
        ("clang-format --dry-run -Werror a.c", "clang-format a.c -i"),
        ("cargo clippy --all-targets -- -D warnings",
         "cargo clippy --all-targets --fix --allow-dirty --allow-staged -- -D warnings"),
        ("cargo fmt --all -- --check", "cargo fmt --all"),
        ("npx prettier -l src", "npx prettier src --write"),
        ("terraform fmt -check -recursive", "terraform fmt -recursive"),
        ("shfmt -d bin", "shfmt bin -w"),
        ("pytest tests/standard", None),
        ("python check_xor.py", None),
    ],
)  # fmt: skip
def test_tools_are_told_to_write_what_they_check(checking: str, writing: str | None) -> None:
    assert next((made for tool in TOOLS if (made := tool.mending(checking))), None) == writing


async def test_what_a_tool_leaves_beside_its_work_is_removed(tmp_path: Path) -> None:
    """`cargo fmt` makes a lock file where there was none."""
    folder = Folder(tmp_path, {"a.py": "x  =  1\n"})

    async def files(snapshot: str) -> list[str]:
        return [str(path.relative_to(snapshot)) for path in Path(snapshot).rglob("*") if path.is_file()]

    fixer = OneProposal(Proposal("format", commands=("ruff format --no-cache . && touch left 'as well'",)))
    mended = await folder.mend(RUFF_FORMAT, fixers=[fixer], files=files)
    assert mended.leftovers == ()
    assert folder.texts() == {"a.py": "x = 1\n"}


class OneProposal:
    """Proposes one thing."""

    name = "one"

    def __init__(self, proposal: Proposal) -> None:
        self._proposal = proposal

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        yield self._proposal


async def test_a_package_keeps_what_it_offers_and_loses_what_python_has(tmp_path: Path) -> None:
    text = "import os\nfrom typing import Any\n\nfrom shop.till import total\n"
    folder = Folder(tmp_path, {"shop/__init__.py": text, "shop/till.py": "def total():\n    return 0\n"})
    await folder.mend(RUFF, fixers=[UnusedImports()])
    assert folder.texts()["shop/__init__.py"] == "\nfrom shop.till import total\n"


async def test_blanks_are_put_right_where_nothing_formats(tmp_path: Path) -> None:
    said = "a.py:2:1: E302 expected 2 blank lines, found 0\\na.py:2:7: E201 whitespace after '('"
    said += "\\na.py:2:9: E202 whitespace before ')'"
    check = Check("style", f"! grep -q '( x )' a.py || {{ printf \"{said}\"; exit 1; }}", CheckKind.LINT)
    folder = Folder(tmp_path, {"a.py": "import os\ndef f( x ):\n    return x+os.sep\n"})
    mended = await folder.mend(check, fixers=[LintCodes()])
    assert mended.leftovers == ()
    assert folder.texts()["a.py"] == "import os\n\n\ndef f(x):\n    return x+os.sep\n"


async def test_what_pylint_says_is_answered_as_ruff_calls_it(tmp_path: Path) -> None:
    said = "a.py:1:0: R1711: Useless return at end of function or method (useless-return)"
    check = Check("pylint", f"! grep -q 'return None' a.py || {{ echo '{said}'; exit 8; }}", CheckKind.LINT)
    folder = Folder(tmp_path, {"a.py": "def f(x):\n    print(x)\n    return None\n"})
    mended = await folder.mend(check, fixers=[LintCodes()])
    assert mended.leftovers == ()
    assert folder.texts()["a.py"] == "def f(x):\n    print(x)\n"


async def test_a_circular_import_moves_into_the_function_that_needs_it(tmp_path: Path) -> None:
    files = {
        "ring/__init__.py": "",
        "ring/one.py": "from ring.two import double\n\n\ndef base():\n    return 2\n\n\ndef both():\n"
        "    return double() + base()\n",
        "ring/two.py": 'from ring.one import base\n\n\ndef double():\n    """Twice."""\n    return base() * 2\n',
        "tests/test_ring.py": "from ring.one import both\n\n\ndef test_both():\n    assert both() == 6\n",
    }
    folder = Folder(tmp_path, files)
    mended = await folder.mend(PYTEST, fixers=[CircularImports()])
    assert mended.leftovers == ()
    wanted = 'def double():\n    """Twice."""\n    from ring.one import base\n    return base() * 2\n'
    assert folder.texts()["ring/two.py"] == wanted


async def test_a_circular_import_that_the_module_itself_needs_stays(tmp_path: Path) -> None:
    files = {
        "one.py": "from two import Two\n\n\nclass One:\n    pass\n\n\nclass Three(Two):\n    pass\n",
        "two.py": "from one import One\n\n\nclass Two(One):\n    pass\n",
        "test_one.py": "import one\n\n\ndef test_it():\n    assert one.Three\n",
    }
    folder = Folder(tmp_path, files)
    mended = await folder.mend(PYTEST, fixers=[CircularImports()])
    assert mended.mends == ()
    assert folder.texts() == files


@pytest.mark.parametrize(
    ("wrong", "right", "body"),
    [
        ("None", "str", "    return name.upper()\n"),
        ("int", "str", "    if not name:\n        return ''\n    return name\n"),
        ("str", "list[str]", "    return name.split()\n"),
    ],
)
async def test_an_annotation_that_no_return_fits_is_put_right(
    tmp_path: Path, wrong: str, right: str, body: str
) -> None:
    text = f"def loud(name: str) -> {wrong}:\n{body}"
    folder = Folder(tmp_path, {"shop.py": text})
    mended = await folder.mend(MYPY, fixers=[WrongReturns()])
    assert mended.leftovers == ()
    assert folder.texts()["shop.py"] == text.replace(f"-> {wrong}", f"-> {right}")


async def test_an_annotation_stays_where_one_return_fits_it(tmp_path: Path) -> None:
    text = "def loud(name: str) -> str:\n    if name:\n        return name\n    return 3\n"
    folder = Folder(tmp_path, {"shop.py": text})
    assert (await folder.mend(MYPY, fixers=[WrongReturns()])).mends == ()
    assert folder.texts()["shop.py"] == text


async def test_an_annotation_stays_where_a_test_fails(tmp_path: Path) -> None:
    text = "def loud(name: str) -> int:\n    return str(len(name))\n"
    test = "from shop import loud\n\n\ndef test_loud():\n    assert loud('a') == 1\n"
    folder = Folder(tmp_path, {"shop.py": text, "test_shop.py": test})
    assert (await folder.mend(MYPY, PYTEST, fixers=[WrongReturns()])).mends == ()


TSC = """\
src/more.ts(1,10): error TS2724: '"./user"' has no exported member named 'describ'. Did you mean 'describe'?
src/more.ts(3,25): error TS2551: Property 'mapp' does not exist on type 'string[]'. Did you mean 'map'?
src/user.ts(3,33): error TS2339: Property 'nmae' does not exist on type 'User'.
src/user.ts(5,1): error TS2578: Unused '@ts-expect-error' directive.
"""
"""What TypeScript 5.9 said of the files below."""

TYPED = {
    "src/more.ts": 'import { describ } from "./user";\n\nexport const all = [""].mapp(describ);\n',
    "src/user.ts": "export interface User { name: string }\n\nexport const a = (u: User) => u.nmae;\n\n"
    "// @ts-expect-error\nexport const describe = (name: string) => name;\n",
}


async def test_what_typescript_does_not_find_is_spelt_right(tmp_path: Path) -> None:
    wrong = "grep -Eq 'nmae|mapp|describ }|expect' src/*.ts"
    check = Check("types", f"{wrong} && cat said.txt && exit 2 || exit 0", CheckKind.TYPES, "tsc")
    folder = Folder(tmp_path, {**TYPED, "said.txt": TSC})
    texts = [proposal async for proposal in TypedScripts().propose(await case_of(folder, check))]
    both = {path: text for each in texts for path, text in getattr(each, "texts", {}).items()}
    assert both["src/user.ts"].splitlines()[2] == "export const a = (u: User) => u.name;"
    everything = [getattr(each, "texts", {}) for each in texts]
    meant = 'import { describe } from "./user";\n\nexport const all = [""].map(describ);\n'
    assert {"src/more.ts": meant} in everything
    assert any("expect" not in each.get("src/user.ts", "expect") for each in everything)


async def case_of(folder: Folder, check: Check) -> Case:
    outcome, paths = await folder.judge(check), sorted(folder.texts())
    report = CheckReport((outcome,))
    bench = Bench(folder.shell, report, paths, folder.judge, folder.save, folder.back, folder.progress)
    return Case(outcome, SourceTree(folder.shell, paths), 60.0, bench)


GO = 'package words\n\nimport (\n\t"os"\n)\n\n// Upper makes a word upper case.\nfunc Upper(s string) string {\n'


@pytest.mark.parametrize(
    ("verb", "right", "wrong"),
    [
        ("build", '"strings"', '"os"'),
        ("build", '"strings"', '"strings"\n\t"os"'),
        ("vet", '"strings"', '"strings"\n\t"os"'),
        ("build", "ToUpper", "ToUppr"),
        ("vet", "ToUpper", "ToUppr"),
    ],
)
async def test_go_imports_and_names_are_put_right(tmp_path: Path, verb: str, right: str, wrong: str) -> None:
    build = Check("build", f"go {verb} ./...", CheckKind.BUILD, "go")
    whole = f"{GO.replace('os', 'strings')}\treturn strings.ToUpper(s)\n}}\n"
    broken = whole.replace(right, wrong)
    folder = Folder(tmp_path, {"go.mod": "module example.com/words\n\ngo 1.19\n", "words.go": broken})
    mended = await folder.mend(build, fixers=[GoNames()], seconds=120.0)
    assert mended.leftovers == ()
    assert folder.texts()["words.go"] == whole


def test_imports_of_go_are_taken_out_and_put_in() -> None:
    block = 'package a\n\nimport (\n\t"fmt"\n\tx "os/exec" // why\n)\n\nvar A = 1\n'
    assert without_import(block, "os/exec") == block.replace('\tx "os/exec" // why\n', "")
    assert without_import('package a\n\nimport "fmt"\n\nvar A = 1\n', "fmt") == "package a\n\nvar A = 1\n"
    assert with_import("package a\n\nvar A = 1\n", "os") == 'package a\n\nimport "os"\n\nvar A = 1\n'
    assert with_import('package a\n\nimport "fmt"\n', "os") == 'package a\n\nimport (\n\t"fmt"\n\t"os"\n)\n'
    assert with_import(block, "fmt") == block


async def test_a_formatter_is_still_called_as_before(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "x  =  1\n"})
    assert (await folder.mend(RUFF_FORMAT, fixers=[OwnTools()])).leftovers == ()
