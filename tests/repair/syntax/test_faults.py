"""Broken Python is read as it was meant, by hints of the compiler and the checks; never where they cannot tell."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import SyntaxFaults
from journeyman.repair.fixers.syntax import wording
from journeyman.repair.fixers.syntax.compiling import Compiler, Fault
from journeyman.repair.fixers.syntax.searching import EDITORS, readings
from journeyman.repair.fixers.syntax.tokens import Page, words
from tests.repair.shell import PYTEST, RUFF, Folder, LocalShell

SHOP = Path(__file__).with_name("shop.txt").read_text()
COMPILES = Check("compile", "python -m compileall -q -f .", CheckKind.BUILD)

MESSAGES = (
    "invalid syntax", "expected ':'", "'(' was never closed", "unmatched ')'", "unexpected indent", "EOF",
    "closing parenthesis ']' does not match opening parenthesis '(' on line 3", "unterminated string",
    "expected an indented block after 'for' statement on line 32", "inconsistent use of tabs", "f-string: x",
    "unterminated triple-quoted string literal", "invalid character '“' (U+201C)", "'await' outside async function",
    "unindent does not match any outer indentation level", "positional argument follows keyword argument",
)  # fmt: skip

# name: what stands in the shop, what stands there instead
FAULTS = {
    "colon-def": ("def total(items, discount=0):", "def total(items, discount=0)"),
    "colon-class": ("class Item:", "class Item"),
    "colon-for": ("for item in items:", "for item in items"),
    "colon-if": ("if item.price == 0:", "if item.price == 0"),
    "colon-try": ("    try:\n", "    try\n"),
    "colon-except": ("as error:\n", "as error\n"),
    "colon-semicolon": ("as error:\n", "as error;\n"),
    "colon-with": ("as handle:\n", "as handle\n"),
    "colon-dict": ('"low": 1', '"low" 1'),
    "call": ("round(result, 2)", "round(result, 2"),
    "call-over-lines": ("            0,\n        )", "            0,\n"),
    "dict": ('    "high": 2,\n}\n', '    "high": 2,\n'),
    "list": ("x % 2 == 0]", "x % 2 == 0"),
    "list-inside": ('"items": []', '"items": ['),
    "parenthesis": ("(1 - discount)", "(1 - discount"),
    "parameters": ("def read(path):", "def read(path:"),
    "tuple": ("(OSError, ValueError) as", "(OSError, ValueError as"),
    "bracket-inside": ("range(value) if", "range(value if"),
    "extra-closing": ("round(result, 2)", "round(result, 2))"),
    "other-closing": ('"count": 0}', '"count": 0]'),
    "no-opening": ("round(result, 2)", "round result, 2)"),
    "no-opening-brace": ('{"items"', '"items"'),
    "quote-at-the-end": ('"cannot read",', '"cannot read,'),
    "quote-at-the-start": ('"cannot read",', 'cannot read",'),
    "apostrophe": ('"don\'t panic"', "'don't panic'"),
    "quote-of-a-key": ('"low": 1', '"low: 1'),
    "quote-of-the-first-key": ('"items": [], "count"', '"items: [], "count"'),
    "quote-of-f-string": ('{self.price:.2f})"', "{self.price:.2f})"),
    "docstring-open": ('"""An item."""', '"""An item.'),
    "docstring-half-closed": ('"""An item."""', '"""An item.""'),
    "docstring-unopened": ('"""An item."""', 'An item."""'),
    "docstring-long-open": ('    With discount.\n    """', "    With discount.\n"),
    "docstring-long-unopened": ('"""Sum of all.', "Sum of all."),
    "docstring-of-module": ('"""Shop of things."""', '"""Shop of things.'),
    "brace-open": ("{self.name} (", "{self.name ("),
    "brace-unopened": ("{self.name} (", "self.name} ("),
    "indented-too-far": ("    result = 0", "      result = 0"),
    "not-indented": ("            continue", "        continue"),
    "indented-oddly": ("        result += item", "       result += item"),
    "indented-oddly-at-the-end": ("    return round", "   return round"),
    "comma-call": ('"cannot read", path', '"cannot read" path'),
    "comma-tuple": ("(OSError, ValueError)", "(OSError ValueError)"),
    "comma-dict": ('"low": 1,\n', '"low": 1\n'),
    "comma-parameters": ("items, discount", "items discount"),
    "comma-over-lines": ("            len(level),\n", "            len(level)\n"),
    "assignment-in-if": ("item.price == 0", "item.price = 0"),
    "assignment-in-comprehension": ("x % 2 == 0", "x % 2 = 0"),
    "non-breaking": ("result = 0", "result =\u00a00"),
    "smart-quotes": ('"cannot read"', "“cannot read”"),
    "full-width": ("round(result, 2)", "round（result，2）"),
    "zero-width": ("result = 0", "result\u200b = 0"),
    "no-def": ("def lookup(", "lookup("),
    "no-in": ("for item in items", "for item items"),
    "no-as": ("open(path) as handle", "open(path) handle"),
    "no-as-in-except": ("ValueError) as error", "ValueError) error"),
    "no-import": ("from dataclasses import dataclass", "from dataclasses dataclass"),
    "no-from": ("from dataclasses import dataclass", "dataclasses import dataclass"),
    "no-class": ("class Item:", "Item:"),
    "no-for": ("for item in items:", "item in items:"),
    "dfe": ("def lookup(", "dfe lookup("),
    "function": ("def lookup(", "function lookup("),
    "retrun": ("return round", "retrun round"),
    "imort": ("import json", "imort json"),
    "stray-dollar": ("result = 0", "result = 0 $"),
    "blank-behind-backslash": ("result = 0", "result = \\ \n        0"),
    "print": ('print("cannot read", path, error)', 'print "cannot read", path, error'),
    "except-comma": ("(OSError, ValueError) as error", "(OSError, ValueError), error"),
    "raise-comma": ('raise ValueError("no data for " + self.name)', 'raise ValueError, "no data for " + self.name'),
    "long": ('"low": 1', '"low": 1L'),
}

# as above, and what is to stand there instead
REWRITES = {
    "print-to": ('print("cannot read", path)', "print >>log, path,", "print(path, end=' ', file=log)"),
    "exec": ('print("cannot read", path)', 'exec "x = 1" in {}', 'exec("x = 1", {})'),
    "backticks": ('print("cannot read", path)', "path = `path`", "path = repr(path)"),
    "octal": ('"low": 1', '"low": 0777', '"low": 0o777'),
    "unequal": ("item.price == 0", "item.price <> 0", "item.price != 0"),
    "raw": ('"don\'t panic"', 'ur"a\\d"', 'r"a\\d"'),
    "raise-with": ("raise ValueError(", "raise ValueError, (", "raise ValueError("),
    "and": ("not value", "not value && level", "not value and level"),
    "else-if": ("        return json", "        else if client:\n            pass\n        return json", None),
    "three-equals": ("item.price == 0", "item.price === 0", "item.price == 0"),
    "increment": ("result += item.price * (1 - discount)", "result++", "result += 1"),
    "positional-last": ("round(result, 2)", "max(key=abs, *[1], 2)", "max(*[1], 2, key=abs)"),
    "quotes-in-f-string": ("{self.price:.2f}", '{self.tags["a"]}', "{self.tags['a']}"),
    "mixed-quotes": ('"don\'t panic"', "\"panic'", '"panic"'),
    "empty-block": ("            continue\n", "            # nothing\n", None),
    "comment": ("result = 0", "result = 0  // none", None),
}


def shell(root: Path) -> LocalShell:
    (root / "tree").mkdir(exist_ok=True)
    return LocalShell(root / "tree")


def meaning(text: str) -> str:
    return ast.dump(ast.parse(text))


@pytest.mark.parametrize("name", FAULTS)
async def test_the_likeliest_reading_is_the_right_one(tmp_path: Path, name: str) -> None:
    right, wrong = FAULTS[name]
    assert right in SHOP
    found = await readings(SHOP.replace(right, wrong, 1), Compiler(shell(tmp_path)))
    assert meaning(found[0].text) == meaning(SHOP), [(reading.cost, reading.what) for reading in found]


@pytest.mark.parametrize("name", REWRITES)
async def test_what_has_no_original_is_read_sensibly(tmp_path: Path, name: str) -> None:
    old, wrong, right = REWRITES[name]
    found = await readings(SHOP.replace(old, wrong, 1), Compiler(shell(tmp_path)))
    assert found
    if right is not None:
        assert meaning(found[0].text) == meaning(SHOP.replace(old, right, 1)), [r.what for r in found]


async def test_many_faults_of_one_file_and_the_rest_stays_as_it_is(tmp_path: Path) -> None:
    wrong = SHOP.replace("round(result, 2)", "round(result, 2").replace("table=LEVELS):", "table=LEVELS)")
    wrong = wrong.replace('print("cannot read", path, error)', 'print "cannot read", path, error')
    wrong = wrong.replace(
        "for item in items:\n        if item.price == 0:", "for item in items\n        if item.price = 0"
    )
    found = await readings(wrong, Compiler(shell(tmp_path)))
    assert found[0].text == SHOP


async def test_a_large_file_takes_little_longer(tmp_path: Path) -> None:
    copies = [SHOP.replace("lookup", f"lookup_{n}").replace("Shop of things", "") for n in range(120)]
    copies[80] = copies[80].replace("round(result, 2)", "round(result, 2")
    text = "\n".join(copies)
    assert text.count("\n") > 7_000
    tree = shell(tmp_path)
    found = await readings(text, Compiler(tree))
    assert found[0].text == text.replace("round(result, 2\n", "round(result, 2)\n")


SMALL = SHOP[: SHOP.index("def total")]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_no_text_is_too_strange(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SMALL) - 1))
    text = SMALL[:at] + data.draw(st.text(max_size=3)) + SMALL[at + data.draw(st.integers(0, 3)) :]
    assert "".join(word.text for word in words(text)) == text
    page = Page(text)
    fault = Fault(data.draw(st.integers(0, 80)), data.draw(st.integers(0, 90)), data.draw(st.sampled_from(MESSAGES)))
    for editor in (*EDITORS, wording.anything):
        for edit in editor(page, fault):
            edit.made(text)


TEST = "from shop import total\n\n\ndef test_total():\n    assert total([]) == 0\n"


@pytest.mark.parametrize("check", [PYTEST, RUFF, COMPILES], ids=lambda check: check.name)
async def test_the_failing_check_proves_it(tmp_path: Path, check: Check) -> None:
    wrong = SHOP.replace("for item in items:", "for item in items").replace("def read(path):", "def read(path:")
    (tmp_path / "tree").mkdir()
    folder = Folder(tmp_path / "tree", {"shop.py": wrong, "more.py": "x = (1, 2\n", "test_shop.py": TEST})
    mended = await folder.mend(check, fixers=[SyntaxFaults()])
    assert folder.texts()["shop.py"] == SHOP
    assert folder.texts()["more.py"] == "x = (1, 2)\n"
    assert set(mended.mends[0].paths) == {"shop.py", "more.py"}
    assert "shop.py:32" in mended.mends[0].summary
    assert (await folder.mend(check, fixers=[SyntaxFaults()])).mends == ()


async def test_of_two_readings_the_tests_choose(tmp_path: Path) -> None:
    wrong = "def half(values):\n    return (len(values) + 1 // 2\n"
    test = "from half import half\n\n\ndef test_half():\n    assert half([1, 2, 3]) == 2\n"
    (tmp_path / "tree").mkdir()
    folder = Folder(tmp_path / "tree", {"half.py": wrong, "test_half.py": test})
    mended = await folder.mend(PYTEST, fixers=[SyntaxFaults()])
    assert mended.leftovers == ()
    assert folder.texts()["half.py"] == "def half(values):\n    return (len(values) + 1) // 2\n"


async def test_where_nothing_tells_two_readings_apart_none_is_chosen(tmp_path: Path) -> None:
    files = {"a.py": "def grow(x, y):\n    for n in x:\n    y.append(n)\n    y.sort()\n    return y\n"}
    (tmp_path / "tree").mkdir()
    folder = Folder(tmp_path / "tree", files)
    mended = await folder.mend(COMPILES, fixers=[SyntaxFaults()])
    assert mended.mends == ()
    assert len(mended.choices) > 1
    assert "+        y.append(n)" in mended.choices[0].diff
    assert folder.texts() == files


async def test_a_broken_test_stays(tmp_path: Path) -> None:
    files = {"shop.py": "x = 1\n", "test_shop.py": "def test_x()\n    assert True\n"}
    (tmp_path / "tree").mkdir()
    folder = Folder(tmp_path / "tree", files)
    assert (await folder.mend(PYTEST, fixers=[SyntaxFaults()])).mends == ()
    assert folder.texts() == files
