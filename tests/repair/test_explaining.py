"""The ranking of suspects as pictures: what stands in them, and that nothing of a repository gets out of place."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from journeyman.cli.explained_page import page
from journeyman.cli.explaining import bar, harmless, picture
from journeyman.domain.suspicion import SuspectFunction, SuspectLine, Suspicion, TracedTest
from journeyman.repair.localisation import FORMULAS
from journeyman.repair.search import EditSearch

from .browser import Browser, browser
from .shell import PYTEST, Folder

EVIL = "x = '</td><script>alert(1)</script>' + \"\x1b]0;t\x07\""
SCORES = {"ochiai": 0.5, "dstar": 0.25, "tarantula": 1.0, "barinel": 0.5, "op2": 0.75}


def line(number: int, score: float, tests: tuple[int, ...] = (0,)) -> SuspectLine:
    scores = {name: value * score for name, value in SCORES.items()}
    return SuspectLine(number, score, scores, 1, len(tests) - 1, tests)


SUSPICION = Suspicion(
    "tests <b>",
    (
        TracedTest("tests/test_a.py::test_b[<i>\x1b[31m]", False, "AssertionError: 1 < 2 & 3\nmore"),
        TracedTest("tests/test_a.py::test_c", True),
    ),
    passing=1,
    collected=9,
    functions=(
        SuspectFunction(
            "src/a.py",
            "Shop.total",
            10,
            ("def total(self):", "    a = 1", f"    {EVIL}", *(f"    b = {n}" for n in range(20)), "    return a"),
            1.5,
            ("is run by 1 of 1 failing and 0 of 1 passing tests", "the tests call it directly"),
            (line(12, 1.0), line(33, 0.3, (0, 1))),
        ),
        SuspectFunction("src/b.py", "other", 1, ("def other():", "    return 2"), 0.5, ("rarely",), (line(2, 0.6),)),
    ),
)


def drawn(suspicion: Suspicion = SUSPICION, width: int = 100, *, colour: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=colour, no_color=not colour)
    for text in picture(suspicion):
        console.print(text, no_wrap=True, overflow="ellipsis", crop=True)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_terminal_shows_heat_marks_and_folds() -> None:
    lines = drawn().splitlines()
    assert lines[0] == "Suspects of tests <b>"
    assert lines[1].startswith("1 failing test and 1 passing test traced, of 9")
    hot = next(text for text in lines if "alert" in text)
    assert hot.startswith("████████     12  ✗1 ")
    assert next(text for text in lines if "return a" in text).startswith("██▍          33  ✗1 ✓1")
    assert any("⋯  18 lines" in text for text in lines)
    assert not any("b = 9" in text for text in lines)
    assert "1. Shop.total  src/a.py:10" in lines
    assert "2. other  src/b.py:1" in lines


def test_no_control_character_of_a_repository_reaches_the_terminal() -> None:
    assert "\x1b" not in drawn() + drawn(width=40)
    assert "\x1b]0" not in drawn(colour=True)
    assert harmless("a\tb\u202ec") == "a   b�c"


def test_lines_are_cut_to_the_width_and_colours_follow_the_heat() -> None:
    assert max(map(len, drawn(width=60).splitlines())) <= 60
    coloured = drawn(colour=True)
    assert "\x1b[1;31m████████" in coloured
    assert "\x1b[33m██▍" in coloured


def test_a_bar_is_as_long_as_its_score() -> None:
    assert [len(bar(score).rstrip()) for score in (0, 0.125, 0.5, 1, 2, -1)] == [0, 1, 4, 8, 8, 0]


class Outline(HTMLParser):
    """The tags with their attributes, and the texts of some of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_is_well_formed_self_contained_and_escaped() -> None:
    outline = Outline(page("Suspects <&>", [SUSPICION]))
    assert outline.open == []
    assert [tag for tag, _ in outline.tags].count("script") == 1
    addresses = [value for _, attrs in outline.tags for name, value in attrs.items() if name in ("src", "href")]
    assert addresses
    assert all(address and address.startswith("#") for address in addresses)
    assert "</td><script>alert(1)</script>" in outline.words
    assert "Suspects <&>" in outline.words
    rows = [attrs for tag, attrs in outline.tags if tag == "tr" and attrs.get("class") == "hit"]
    assert [row["style"] for row in rows] == ["--heat: 1.00", "--heat: 0.30", "--heat: 0.60"]
    assert "✓ tests/test_a.py::test_c" in outline.words
    assert all(name in outline.words for name in FORMULAS)


async def test_the_mender_explains_the_tree_as_it_was_and_then_mends_it(tmp_path: Path) -> None:
    source = "def area(a, b):\n    return a + b\n\n\ndef fine():\n    return 1\n"
    tests = (
        "import pathlib\nfrom program import area, fine\n\n\ndef test_area():\n"
        "    pathlib.Path('made.txt').write_text('by the test')\n    assert area(3, 4) == 12\n\n\n"
        "def test_fine():\n    assert fine() == 1\n"
    )
    folder = Folder(tmp_path, {"program.py": source, "tests/test_program.py": tests})
    mended = await folder.mend(PYTEST, fixers=[EditSearch()], explain=True)
    (suspicion,) = mended.suspicions
    (function,) = suspicion.functions
    assert (function.name, function.text(2), suspicion.failing[0].name) == (
        "area",
        "    return a + b",
        "tests/test_program.py::test_area",
    )
    assert [(s.line, s.function) for s in mended.suspects] == [(0, "area"), (2, "area")]
    assert mended.leftovers == ()
    assert "a * b" in folder.texts()["program.py"]
    assert (await folder.mend(PYTEST, explain=True)).suspicions == ()


@pytest.mark.long
def test_a_browser_shows_the_page_and_sorts_it() -> None:
    found = browser()
    if found is None:
        pytest.skip("no headless browser: sh requirements/test-servers.sh installs one")
    text = page("Suspects", [SUSPICION])
    order = "[...document.querySelector('.ranking').tBodies[0].rows].map(row => row.cells[1].textContent).join(' ')"
    probe = (
        "<script>const said = document.createElement('output'); const heads = document.querySelectorAll('th button');"
        f"heads[5].click(); said.textContent = {order}; heads[5].click(); said.textContent += ' | ' + {order};"
        "document.body.append(said)</script></body>"
    )
    seen = Browser(found).dom(text.replace("</body>", probe))
    assert "src/a.py:12 src/b.py:2 src/a.py:33 | src/a.py:33 src/b.py:2 src/a.py:12</output>" in seen
    assert "alert(1)</script>" not in seen


async def test_what_no_edit_mends_is_told_with_its_suspects(tmp_path: Path) -> None:
    source = "def parse(text):\n    raise NotImplementedError\n\n\ndef fine():\n    return 1\n"
    tests = (
        "from program import fine, parse\n\n\n"
        "def test_parse():\n    assert parse('a=1;b=2') == {'a': '1', 'b': '2'}\n"
        "\n\ndef test_fine():\n    assert fine() == 1\n"
    )
    folder = Folder(tmp_path, {"program.py": source, "tests/test_program.py": tests})
    mended = await folder.mend(PYTEST, fixers=[EditSearch()], seconds=20)
    assert mended.mends == ()
    assert [(s.path, s.line, s.function) for s in mended.suspects] == [
        ("program.py", 0, "parse"),
        ("program.py", 2, "parse"),
    ]
