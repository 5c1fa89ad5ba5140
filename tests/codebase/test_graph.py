"""Who calls, imports, inherits and tests what, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.codebase.graph import Edge, Graph
from tests.codebase.places import SHOP, opened, refreshed, write

PACKAGE = {
    "pkg/__init__.py": "from .base import Base\n",
    "pkg/base.py": "class Base:\n    def run(self):\n        self.step()\n    def step(self): pass\n",
    "pkg/child.py": (
        "from pkg import Base\nfrom . import tools\nimport pkg.tools as t\n\n\nclass Child(Base):\n"
        "    def go(self):\n        self.run()\n        tools.cut()\n        t.glue()\n        unknown.only_here()\n"
    ),
    "pkg/tools.py": "def cut(): pass\n\n\ndef glue(): cut()\n\n\ndef only_here(): pass\n",
    "other/tools.py": "def cut(): pass\n",
    "web/a.ts": "import { b as c } from './b'\nexport function a() { c2(); b() }\n",
    "web/b.ts": "export function b() {}\n",
    "lib/a.go": 'package lib\n\nimport "example.org/x/lib/inner"\n\nfunc A() { inner.B() }\n',
    "lib/inner/b.go": "package inner\n\nfunc B() {}\n",
}


@pytest.fixture
def graph(tmp_path: Path):
    index = opened(tmp_path / "home", write(tmp_path / "one", SHOP | PACKAGE))
    refreshed(index)
    return Asked(index.graph())


class Asked:
    """A graph that is asked by places."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def symbol(self, place: str):
        (found,) = [
            each for each in self.graph.symbols(place.rpartition(".")[2].rpartition(":")[2]) if each.place == place
        ]
        return found

    def __getattr__(self, name: str):
        def ask(place: str) -> dict[str, float]:
            found = getattr(self.graph, name)
            edges: list[Edge] = found(place) if name.startswith("import") else found(self.symbol(place))
            there = name in ("callees", "bases", "imports")
            return {(edge.target if there else edge.source).place: edge.confidence for edge in edges}

        return ask


def test_calls_are_resolved_by_imports_and_classes(graph) -> None:
    calls = graph.callees("pkg/child.py:Child.go")
    assert calls["pkg/base.py:Base.run"] == pytest.approx(0.85)
    assert calls["pkg/tools.py:cut"] == calls["pkg/tools.py:glue"] == pytest.approx(0.95)
    assert "other/tools.py:cut" not in calls
    assert calls["pkg/tools.py:only_here"] == pytest.approx(0.6)
    assert graph.callees("pkg/base.py:Base.run") == {"pkg/base.py:Base.step": 0.95}
    assert graph.callees("shop/orders.py:reserve")["shop/stock.py:Warehouse"] == pytest.approx(0.95)


def test_callers_are_the_other_side(graph) -> None:
    assert set(graph.callers("pkg/tools.py:cut")) == {"pkg/child.py:Child.go", "pkg/tools.py:glue"}
    assert graph.callers("other/tools.py:cut") == {}
    assert set(graph.callers("shop/stock.py:Warehouse.take")) == {"shop/orders.py:reserve"}


def test_other_languages_resolve_by_their_imports(graph) -> None:
    assert graph.callees("web/a.ts:a") == {"web/b.ts:b": 0.95}
    assert graph.callees("lib/a.go:A") == {"lib/inner/b.go:B": 0.95}


def test_inheritance_goes_both_ways(graph) -> None:
    assert set(graph.bases("pkg/child.py:Child")) == {"pkg/base.py:Base"}
    assert set(graph.subclasses("pkg/base.py:Base")) == {"pkg/child.py:Child"}


def test_imports_go_both_ways(graph) -> None:
    assert set(graph.imports("pkg/child.py")) == {"pkg/__init__.py", "pkg/tools.py"}
    assert set(graph.importers("pkg/tools.py")) == {"pkg/child.py"}
    assert set(graph.importers("shop/stock.py")) == {"shop/orders.py"}


def test_tests_are_linked_to_what_they_exercise(graph) -> None:
    assert set(graph.tests("shop/orders.py:Order.total")) == {"tests/test_orders.py:test_total_takes_the_rebate_off"}
    assert "tests/test_orders.py:test_total_takes_the_rebate_off" in graph.tests("shop/orders.py:Order")
