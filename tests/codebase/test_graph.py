"""Who calls, imports, inherits and tests what, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.codebase import Relation
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


def test_a_class_whose_base_is_named_by_itself_ends(graph, tmp_path: Path) -> None:
    text = "class Base: pass\n\n\nclass Outer:\n    def make(self):\n        class Inner(self.Base): pass\n"
    index = opened(tmp_path / "home", write(tmp_path / "inner", {"a.py": text}))
    refreshed(index)
    assert Asked(index.graph()).bases("a.py:Outer.make.Inner") == {}


def test_a_type_that_a_base_is_given_is_no_base(tmp_path: Path) -> None:
    files = {"m.py": "class Item: pass\n\n\nclass Box: pass\n\n\nclass Items(Box[Item]): pass\n"}
    index = opened(tmp_path / "home", write(tmp_path / "one", files))
    refreshed(index)
    assert set(Asked(index.graph()).bases("m.py:Items")) == {"m.py:Box"}


def test_files_that_stand_for_their_folder_are_imported_by_their_name_too(tmp_path: Path) -> None:
    files = {
        "pkg/lib/__init__.py": "",
        "pkg/lib/main.py": "def run(): pass\n",
        "pkg/lib/use.py": "from . import main\nfrom .main import run\n\n\ndef go():\n    run()\n",
        "web/lib/index.js": "export function draw() {}\n",
        "web/page.js": "import { draw } from './lib/index.js'\nimport './lib'\nfunction show() { draw() }\n",
    }
    index = opened(tmp_path / "home", write(tmp_path / "one", files))
    refreshed(index)
    asked = Asked(index.graph())
    assert set(asked.imports("pkg/lib/use.py")) == {"pkg/lib/__init__.py", "pkg/lib/main.py"}
    assert asked.callees("pkg/lib/use.py:go") == {"pkg/lib/main.py:run": 0.95}
    assert asked.imports("web/page.js") == {"web/lib/index.js": 0.95}
    assert asked.callees("web/page.js:show") == {"web/lib/index.js:draw": 0.95}


LANGUAGES = {
    "js/b.js": "export function add(x) { return x }\nexport class Base { run() {} }\n",
    "js/a.js": "import { add, Base } from './b.js'\nexport function twice(x) { return add(x) + add(x) }\n"
    "class Kid extends Base { go() { this.run() } }\n",
    "js/c.cjs": "const { add } = require('./b')\nconst whole = require('./b')\n"
    "function one() { return add(1) }\nfunction other() { return whole.add(1) }\n",
    "js/a.test.js": "import { twice } from './a.js'\nit('doubles', () => { twice(2) })\n",
    "js/page.html": '<script src="/js/a.js"></script>\n',
    "ts/b.ts": "export function add(x: number) { return x }\nexport class Base { run() {} }\n",
    "ts/a.tsx": "import { add, Base } from './b.js'\nexport function twice(x: number) { return add(x) }\n"
    "class Kid extends Base { go() { this.run() } }\ntest('doubles', () => { twice(2) })\n",
    "ts/c.ts": "import { add } from '@/ts/b'\nexport const one = () => add(1)\n",
    "go/b/b.go": "package b\n\ntype Base struct{}\n\nfunc (b Base) Run() {}\n\nfunc Add() int { return 1 }\n",
    "go/a/a.go": 'package a\n\nimport "x.org/go/b"\n\ntype Kid struct {\n\tn int\n\t*b.Base\n}\n\n'
    "func Twice() int { return b.Add() }\n",
    "go/a/a_test.go": 'package a\n\nimport "testing"\n\nfunc TestTwice(t *testing.T) { Twice() }\n',
    "go/other/other.go": "package other\n\nfunc Twice() int { return 3 }\n",
    "rs/src/lib.rs": "pub mod b;\npub mod deep;\n",
    "rs/src/b.rs": "pub trait Base { fn run(&self); }\npub fn add() -> u8 { 1 }\n",
    "rs/src/deep/a.rs": "use crate::b::{add, Base as Root};\npub struct Kid;\n"
    "impl Root for Kid { fn run(&self) {} }\npub fn twice() -> u8 { add() }\n#[test]\nfn doubles() { twice(); }\n",
    "java/src/main/java/p/Base.java": "package p;\n"
    "public class Base { static int add() { return 1; } void run() {} }\n",
    "java/src/main/java/p/Kid.java": "package p;\npublic class Kid extends Base {\n"
    "  int twice() { return Base.add(); }\n  void go() { run(); }\n}\n",
    "java/src/main/java/q/Base.java": "package q;\npublic class Base { void run() {} }\n",
    "java/src/test/java/p/KidTest.java": "class KidTest { @Test void doubles() { new Kid().twice(); } }\n",
    "c/b.h": "int add(int x);\n",
    "c/b.c": '#include "b.h"\nint add(int x) { return x; }\n',
    "c/a.c": '#include "b.h"\n#include <js/b.js>\nint twice(int x) { return add(x); }\n',
    "cpp/include/n/b.hpp": "namespace n { class Base { public: void run() {} };\n"
    "inline int add(int x) { return x; } }\n",
    "cpp/a.cpp": '#include "n/b.hpp"\nclass Kid : public n::Base { void go() { run(); } };\n'
    "int twice(int x) { return n::add(x); }\nTEST(Twice, Doubles) { twice(2); }\n",
    "cs/Base.cs": "namespace N { public class Base { public static int Add() { return 1; "
    "} protected void Run() {} } }\n",
    "cs/Kid.cs": "using N;\nclass Kid : Base {\n  int Twice() { return Base.Add(); }\n  void Go() { Run(); }\n}\n"
    "class KidTests { [Fact] public void Doubles() { new Kid().Twice(); } }\n",
    "rb/b.rb": "module Loud\n  def shout\n  end\nend\nclass Base\n  def add(x)\n  end\nend\n",
    "rb/a.rb": "require_relative 'b'\nclass Kid < Base\n  include Loud\n  def twice(x)\n    add(x)\n    shout()\n"
    "  end\nend\n",
    "rb/a_spec.rb": "require_relative 'a'\ndescribe Kid do\n  it 'doubles' do\n    Kid.new.twice(2)\n  end\nend\n",
    "php/app/Base.php": "<?php\nnamespace App;\nclass Base { static function add() {} }\n"
    "trait Loud { function shout() {} }\n",
    "php/web/Kid.php": "<?php\nnamespace Web;\nuse Acme\\App\\Base;\nrequire 'helpers.inc.php';\n"
    "class Kid extends Base { use \\App\\Loud; function twice() { $this->shout(); Base::add(); } }\n",
    "php/web/helpers.inc.php": "<?php\nfunction helped() {}\n",
    "kt/Base.kt": "package n\nopen class Base {\n  fun run() {\n  }\n}\nfun add() = 1\n",
    "kt/Kid.kt": "package n\nclass Kid : Base() {\n  fun twice() {\n    run()\n    add()\n  }\n}\n",
    "kt/KidTest.kt": "package n\nclass KidTest {\n  @Test fun doubles() { Kid().twice() }\n}\n",
    "swift/Base.swift": "class Base { func run() {} }\nprotocol Loud { func shout() }\nfunc add() {}\n",
    "swift/Kid.swift": "class Kid: Base, Loud { func twice() { run(); add() } }\n"
    "func testTwice() { Kid().twice() }\n",
    "sh/b.sh": "add() { :; }\n",
    "sh/a.sh": '. "$HERE/b.sh"\ntwice() { add; }\n',
    "css/b.css": ".b {}\n",
    "css/a.css": "@import 'b.css';\n",
    "sql/a.sql": "CREATE FUNCTION cost(x INT) RETURNS INT AS $$ SELECT 1 $$ LANGUAGE SQL;\n"
    "CREATE VIEW dear AS SELECT cost(1);\n",
}


@pytest.fixture(scope="module")
def of_all(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder = tmp_path_factory.mktemp("languages")
    index = opened(folder / "home", write(folder / "one", LANGUAGES))
    refreshed(index)
    return Asked(index.graph())


@pytest.mark.parametrize(
    ("place", "calls"),
    [
        ("js/a.js:twice", {"js/b.js:add"}),
        ("js/a.js:Kid.go", {"js/b.js:Base.run"}),
        ("js/c.cjs:one", {"js/b.js:add"}),
        ("js/c.cjs:other", {"js/b.js:add"}),
        ("ts/a.tsx:twice", {"ts/b.ts:add"}),
        ("ts/a.tsx:Kid.go", {"ts/b.ts:Base.run"}),
        ("ts/c.ts:one", {"ts/b.ts:add"}),
        ("go/a/a.go:Twice", {"go/b/b.go:Add"}),
        ("rs/src/deep/a.rs:twice", {"rs/src/b.rs:add"}),
        ("java/src/main/java/p/Kid.java:Kid.twice", {"java/src/main/java/p/Base.java:Base.add"}),
        ("java/src/main/java/p/Kid.java:Kid.go", {"java/src/main/java/p/Base.java:Base.run"}),
        ("c/a.c:twice", {"c/b.c:add"}),
        ("cpp/a.cpp:twice", {"cpp/include/n/b.hpp:n.add"}),
        ("cpp/a.cpp:Kid.go", {"cpp/include/n/b.hpp:n.Base.run"}),
        ("cs/Kid.cs:Kid.Twice", {"cs/Base.cs:N.Base.Add"}),
        ("cs/Kid.cs:Kid.Go", {"cs/Base.cs:N.Base.Run"}),
        ("rb/a.rb:Kid.twice", {"rb/b.rb:Base.add", "rb/b.rb:Loud.shout"}),
        ("php/web/Kid.php:Kid.twice", {"php/app/Base.php:Base.add", "php/app/Base.php:Loud.shout"}),
        ("kt/Kid.kt:Kid.twice", {"kt/Base.kt:Base.run", "kt/Base.kt:add"}),
        ("swift/Kid.swift:Kid.twice", {"swift/Base.swift:Base.run", "swift/Base.swift:add"}),
        ("sh/a.sh:twice", {"sh/b.sh:add"}),
        ("sql/a.sql:dear", {"sql/a.sql:cost"}),
    ],
)
def test_calls_are_resolved_in_each_language(of_all: Asked, place: str, calls: set[str]) -> None:
    found = of_all.callees(place)
    assert set(found) == calls
    assert all(0.5 < sure < 1 for sure in found.values())
    assert all(place in of_all.callers(called) for called in calls)


@pytest.mark.parametrize(
    ("place", "bases"),
    [
        ("js/a.js:Kid", {"js/b.js:Base"}),
        ("ts/a.tsx:Kid", {"ts/b.ts:Base"}),
        ("go/a/a.go:Kid", {"go/b/b.go:Base"}),
        ("java/src/main/java/p/Kid.java:Kid", {"java/src/main/java/p/Base.java:Base"}),
        ("cpp/a.cpp:Kid", {"cpp/include/n/b.hpp:n.Base"}),
        ("cs/Kid.cs:Kid", {"cs/Base.cs:N.Base"}),
        ("rb/a.rb:Kid", {"rb/b.rb:Base"}),
        ("php/web/Kid.php:Kid", {"php/app/Base.php:Base", "php/app/Base.php:Loud"}),
        ("kt/Kid.kt:Kid", {"kt/Base.kt:Base"}),
        ("swift/Kid.swift:Kid", {"swift/Base.swift:Base", "swift/Base.swift:Loud"}),
    ],
)
def test_inheritance_is_resolved_in_each_language(of_all: Asked, place: str, bases: set[str]) -> None:
    assert set(of_all.bases(place)) == bases
    assert all(place in of_all.subclasses(base) for base in bases)


def test_what_is_imported_under_another_name_is_itself(tmp_path: Path) -> None:
    files = {
        "shop/prices.py": "class Price: pass\n\n\ndef total(x): return x\n",
        "other/prices.py": "class Price: pass\n\n\ndef total(x): return -x\n",
        "use.py": "from shop.prices import Price as P, total as summed\n\n\nclass Own(P): pass\n\n\n"
        "def pay():\n    return summed(3)\n",
    }
    index = opened(tmp_path / "home", write(tmp_path / "one", files))
    refreshed(index)
    asked = Asked(index.graph())
    assert asked.callees("use.py:pay") == {"shop/prices.py:total": 0.95}
    assert set(asked.callers("shop/prices.py:total")) == {"use.py:pay"}
    assert set(asked.subclasses("shop/prices.py:Price")) == {"use.py:Own"}
    assert asked.subclasses("other/prices.py:Price") == {}


def test_what_implements_a_trait_is_below_it(of_all: Asked) -> None:
    assert "rs/src/deep/a.rs:Kid" in of_all.subclasses("rs/src/b.rs:Base")


@pytest.mark.parametrize(
    ("path", "imports"),
    [
        ("js/a.js", {"js/b.js"}),
        ("js/page.html", {"js/a.js"}),
        ("ts/a.tsx", {"ts/b.ts"}),
        ("go/a/a.go", {"go/b/b.go"}),
        ("rs/src/deep/a.rs", {"rs/src/b.rs"}),
        ("c/a.c", {"c/b.h", "c/b.c"}),
        ("cpp/a.cpp", {"cpp/include/n/b.hpp"}),
        ("rb/a.rb", {"rb/b.rb"}),
        ("php/web/Kid.php", {"php/app/Base.php", "php/web/helpers.inc.php"}),
        ("sh/a.sh", {"sh/b.sh"}),
        ("css/a.css", {"css/b.css"}),
    ],
)
def test_an_import_leads_to_the_file_that_it_means_and_to_no_other_language(
    of_all: Asked, path: str, imports: set[str]
) -> None:
    assert set(of_all.imports(path)) == imports


@pytest.mark.parametrize(
    ("place", "test"),
    [
        ("js/a.js:twice", "js/a.test.js:doubles"),
        ("ts/a.tsx:twice", "ts/a.tsx:doubles"),
        ("go/a/a.go:Twice", "go/a/a_test.go:TestTwice"),
        ("rs/src/deep/a.rs:twice", "rs/src/deep/a.rs:doubles"),
        ("java/src/main/java/p/Kid.java:Kid.twice", "java/src/test/java/p/KidTest.java:KidTest.doubles"),
        ("cpp/a.cpp:twice", "cpp/a.cpp:Doubles"),
        ("cs/Kid.cs:Kid.Twice", "cs/Kid.cs:KidTests.Doubles"),
        ("rb/a.rb:Kid.twice", "rb/a_spec.rb:Kid.doubles"),
        ("kt/Kid.kt:Kid.twice", "kt/KidTest.kt:KidTest.doubles"),
        ("swift/Kid.swift:Kid.twice", "swift/Kid.swift:testTwice"),
    ],
)
def test_tests_are_linked_in_each_language(of_all: Asked, place: str, test: str) -> None:
    assert set(of_all.tests(place)) == {test}


def test_all_edges_at_once_are_those_that_are_told_when_asked(tmp_path: Path) -> None:
    index = opened(tmp_path / "home", write(tmp_path / "one", SHOP | PACKAGE | LANGUAGES))
    refreshed(index)
    graph, code, whole = index.graph(), index.code(), index.map()
    asked = []
    for path in code.paths():
        asked += graph.imports(path)
        for symbol in code.symbols(path):
            asked += [*graph.callers(symbol), *graph.bases(symbol), *graph.tests(symbol)]
    places = [f"{node.path}:{node.symbol}" if node.symbol else node.path for node in whole.nodes]
    told = {(places[each.source], places[each.target], each.relation, each.confidence) for each in whole.edges}
    assert told == {(e.source.place, e.target.place, e.relation, round(e.confidence, 3)) for e in asked}
    assert {each.relation for each in whole.edges} == set(Relation)
    assert min(each.confidence for each in whole.edges) < 0.3
    shown = index.map(picture=True)
    assert min(each.confidence for each in shown.edges) >= 0.3
    assert Relation.TESTS not in {each.relation for each in shown.edges}


def test_names_that_tell_nothing_have_users_too(tmp_path: Path) -> None:
    long = "name_that_is_" + "very_" * 10 + "long"
    files = {
        "new.py": f"def get(): pass\n\n\ndef f(): pass\n\n\ndef {long}(): pass\n\n\nclass D: pass\n",
        "use.py": f"import new\n\n\ndef all_of():\n    new.get()\n    new.f()\n    new.{long}()\n\n\n"
        "class E(new.D): pass\n",
        "a.rb": "class Box\n  def empty?\n  end\nend\n",
        "b.rb": "require_relative 'a'\nclass Shelf\n  def full?(box)\n    box.empty?\n  end\nend\n",
    }
    index = opened(tmp_path / "home", write(tmp_path / "one", files))
    refreshed(index)
    asked = Asked(index.graph())
    for name in ("get", "f", long):
        assert set(asked.callers(f"new.py:{name}")) == {"use.py:all_of"}
    assert set(asked.subclasses("new.py:D")) == {"use.py:E"}
    assert set(asked.importers("new.py")) == {"use.py"}
    assert set(asked.importers("a.rb")) == {"b.rb"}
    assert set(asked.callers("a.rb:Box.empty?")) == {"b.rb:Shelf.full?"}
