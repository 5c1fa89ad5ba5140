"""The picture of a repository: its data, and the page in a real browser."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journeyman.cli.map_page import page as page_of
from journeyman.codebase import CodeMap, Link, Node, Relation
from tests.cli.chromium import Page, browsing, program
from tests.codebase.places import SHOP, committed, write
from tests.e2e.project import CommandLine

no_browser = pytest.mark.skipif(program() is None, reason="no Chromium is installed (make servers)")
STRANGE = (
    "</script><script>hacked=1</script>.py",
    "quote\"'`${1}.py",
    "new\nline.py",
    "a\u202egnp.py",
    "<!--<script>.py",
)


@pytest.fixture
def journeyman(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return committed(tmp_path / "shop", SHOP)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        yield page


def test_nodes_and_edges_as_json(journeyman: CommandLine, shop: Path) -> None:
    drawn = journeyman("map", "--json", cwd=shop).json
    nodes = drawn["nodes"]
    assert nodes[0] | {"lines": 0} == _node("folder", "shop", -1)
    assert all(node["parent"] < number for number, node in enumerate(nodes))
    named = {_place(node): node for node in nodes}
    assert named["shop/orders.py:Order.total"]["line"] == 14
    assert named["shop/orders.py:Order.total"]["lines"] == 5
    assert named["tests/test_orders.py"]["test"] is True
    assert sum(node["lines"] for node in nodes if node["kind"] == "file") == nodes[0]["lines"]
    edges = {(_place(nodes[e["source"]]), _place(nodes[e["target"]]), e["relation"]) for e in drawn["edges"]}
    assert ("shop/orders.py", "shop/stock.py", "imports") in edges
    assert ("shop/orders.py:reserve", "shop/stock.py:Warehouse.take", "calls") in edges
    test = "tests/test_orders.py:test_total_takes_the_rebate_off"
    assert {(test, "shop/orders.py:Order", "calls"), (test, "shop/orders.py:Order.total", "calls")} <= edges
    assert (test, "shop/orders.py:Order.total", "tests") in edges
    assert drawn["left_out"] == {}


def _node(kind: str, name: str, parent: int) -> dict[str, Any]:
    usual = {"path": "", "line": 0, "end_line": 0, "lines": 0, "language": "", "test": False, "symbol": ""}
    return {"kind": kind, "name": name, "parent": parent, **usual}


def _place(node: dict[str, Any]) -> str:
    return node["path"] + (f":{node['symbol']}" if node["symbol"] else "")


def test_the_same_tree_gives_the_same_page(journeyman: CommandLine, shop: Path, tmp_path: Path) -> None:
    told = [journeyman("map", str(shop), "-o", str(tmp_path / name), cwd=tmp_path) for name in ("a.html", "b.html")]
    assert [done.code for done in told] == [0, 0]
    assert "4 files" in told[0].err
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert journeyman("map", str(shop), "-o", "-", cwd=tmp_path).out == (tmp_path / "a.html").read_text()


def test_wrong_use_of_map_is_told_in_one_line(journeyman: CommandLine, shop: Path) -> None:
    for words, told in (
        (["map"], "-o"),
        (["map", "-o", ""], "is no file"),
        (["map", "-o", "no/such/map.html"], "cannot be written"),
        (["map", "none", "-o", "x"], "no folder"),
    ):
        done = journeyman(*words, cwd=shop)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert told in done.err


def test_nothing_of_a_repository_gets_into_the_markup() -> None:
    names = (*STRANGE, "\udcff", "]]>", "{{script}}")
    nodes = (
        Node("folder", "</title>", -1, ""),
        *(Node("file", name, 0, name, 1, 1, 1, "</script>") for name in names),
    )
    text = page_of(CodeMap(nodes, (Link(1, 2, Relation.CALLS, 1.0),), {"<b>": 1}))
    head, data, tail = text.partition('<script type="application/json" id="data">')
    data, _, tail = tail.partition("</script>")
    assert data.isascii()
    assert not set("<>&\n") & set(data)
    assert json.loads(data)["name"][1:] == list(names)
    assert not any(name in head + tail for name in names[:5])
    assert tail.count("<script") == 1


@no_browser
def test_a_person_zooms_searches_and_clicks(
    journeyman: CommandLine, shop: Path, tmp_path: Path, browser: Page
) -> None:
    journeyman("map", str(shop), "-o", str(tmp_path / "map.html"), cwd=tmp_path)
    browser.open((tmp_path / "map.html").as_uri())
    assert browser.value("document.title") == "shop"
    before = _scale(browser)
    browser.wheel(500, 400, -600)
    browser.until(lambda: _scale(browser) > before * 1.5)
    browser.key("0")
    browser.until(lambda: abs(_scale(browser) - before) < 0.001)
    browser.key("/")
    browser.write("order.tot")
    browser.until(lambda: browser.value("document.querySelectorAll('#hits li').length") == 1)
    browser.key("Enter")
    browser.until(lambda: _selected(browser) == "shop/orders.py:Order.total")
    told = browser.value("panel.innerText")
    assert "tests (1)\ntest_total_takes_the_rebate_off" in told
    assert "shop/orders.py:14" in told
    browser.key("Escape")
    browser.until(lambda: "A map of the code" in browser.value("panel.innerText"))
    x, y = browser.value("(r => [r.x + r.width / 2, r.y + r.height / 2])(canvas.getBoundingClientRect())")
    browser.click(x, y)
    browser.until(lambda: _selected(browser) == "shop/orders.py:Order.total")
    browser.key("u")
    browser.until(lambda: _selected(browser) == "shop/orders.py:Order")
    paper = browser.value("getComputedStyle(document.body).backgroundColor")
    browser.key("t")
    browser.until(lambda: browser.value("getComputedStyle(document.body).backgroundColor") != paper)
    assert browser.said == []


@no_browser
def test_callers_are_a_click_away(journeyman: CommandLine, shop: Path, tmp_path: Path, browser: Page) -> None:
    journeyman("map", str(shop), "-o", str(tmp_path / "map.html"), cwd=tmp_path)
    browser.open((tmp_path / "map.html").as_uri())
    browser.key("/")
    browser.write("take")
    browser.key("Enter")
    browser.until(lambda: "called by (1)\nreserve" in browser.value("panel.innerText"))
    box = browser.value("(r => [r.x + 9, r.y + 9])(panel.querySelector('li button').getBoundingClientRect())")
    browser.click(*box)
    browser.until(lambda: _selected(browser) == "shop/orders.py:reserve")
    assert browser.said == []


@no_browser
def test_names_can_neither_break_nor_take_over_the_page(
    journeyman: CommandLine, tmp_path: Path, browser: Page
) -> None:
    files = {name.replace("/", "\u2215"): f"def in_{number}(): pass\n" for number, name in enumerate(STRANGE)}
    root = write(tmp_path / "strange", {"</title>/x.py": "def deep(): pass\n", **files})
    (root / os.fsdecode(b"\xff\xfe.py")).write_text("def of_bytes(): pass\n")
    journeyman("map", str(root), "-o", str(tmp_path / "map.html"), cwd=tmp_path)
    browser.open((tmp_path / "map.html").as_uri())
    assert browser.value("typeof hacked") == "undefined"
    for name, told in (
        ("in_3", "a\\u202egnp.py"),
        ("in_2", "new\\u000aline.py"),
        ("of_bytes", "\\udcff\\udcfe.py"),
        ("in_0", "<script>hacked=1"),
    ):
        browser.key("/")
        browser.write(name)
        browser.key("Enter")
        browser.until(lambda told=told: told in browser.value("panel.innerText"))
    assert browser.value("document.scripts.length") == 2
    assert browser.said == []


@no_browser
@pytest.mark.long
def test_three_thousand_files_are_there_within_three_seconds(tmp_path: Path, browser: Page) -> None:
    nodes = [Node("folder", "large", -1, "")]
    for folder in range(60):
        at = len(nodes)
        nodes.append(Node("folder", f"part_{folder}", 0, f"part_{folder}", lines=50 * 200))
        for number in range(50):
            path, file = f"part_{folder}/file_{number}.py", len(nodes)
            nodes.append(Node("file", f"file_{number}.py", at, path, 1, 200, 200, "python", number % 5 == 0))
            nodes += [
                Node("function", f"work_{folder}_{number}_{n}", file, path, 1 + 15 * n, 12 + 15 * n, 12)
                for n in range(13)
            ]
    files = [number for number, node in enumerate(nodes) if node.kind == "file"]
    edges = [
        Link(one + 1 + n % 13, files[(one * 31 + n * 97) % len(files)] + 1 + n % 11, Relation.CALLS, 0.9)
        for one in files
        for n in range(20)
    ]
    (tmp_path / "large.html").write_text(page_of(CodeMap(tuple(nodes), tuple(edges), {})))
    seconds = min(browser.open((tmp_path / "large.html").as_uri()) for _ in range(2))
    assert seconds < 3
    assert browser.value("document.getElementById('told').textContent") == "3000 files, 39000 symbols, 60000 edges"
    browser.key("/")
    browser.write("work_59_49_12")
    browser.key("Enter")
    browser.until(lambda: _selected(browser) == "part_59/file_49.py:work_59_49_12")
    began = time.monotonic()
    for _ in range(10):
        browser.wheel(500, 400, 300)
    browser.value("1")
    print(
        f"3,000 files are there after {seconds:.2f} s; ten steps of the wheel take {time.monotonic() - began:.2f} s"
    )
    assert browser.said == []


def _scale(page: Page) -> float:
    return float(page.value("canvas.dataset.view").split()[2])


def _selected(page: Page) -> str:
    return page.value("panel.dataset.node") or ""
