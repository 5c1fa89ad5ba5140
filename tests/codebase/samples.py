"""A few lines of each language, and what they define, call and import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    path: str
    text: str
    defines: frozenset[tuple[str, str]]
    calls: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    documented: tuple[str, str] | None = None


def sample(path: str, text: str, defines: str, calls: str = "", imports: str = "", documented=None) -> Sample:
    pairs = (pair.strip().partition(" ") for pair in defines.split(",") if pair.strip())
    kinds = frozenset((kind, name) for kind, _, name in pairs)
    return Sample(path, text, kinds, frozenset(calls.split()), frozenset(imports.split()), documented)


SAMPLES = (
    sample(
        "a.py",
        'import os.path\nfrom .b import c as d\nLIMIT = 3\nclass A(Base):\n    """Is a."""\n'
        "    @route\n    def m(self):\n"
        "        self.x(d())\n        def inner(): pass\ndef test_it(): A().m()\n"
        '@app.get("/items/{id}")\ndef read(): pass\n',
        "constant LIMIT, class A, method A.m, function A.m.inner, test test_it, function read, route /items/{id}",
        "self.x d route A .m app.get",
        "os.path .b",
        ("A", "Is a."),
    ),
    sample(
        "a.js",
        "import b, { c as d } from './b.js'\nconst fs = require('fs')\nconst LIMIT = 3\n"
        "class A extends B { m() { this.x() } }\n"
        "class P { #n = 1; [Symbol.iterator]() {} }\nvar old = 2\nnew Promise(function executor() {})\n"
        "/** Adds. */\nfunction add(a, b) { return plus(a, b) }\nconst sub = (a, b) => a - b\n"
        "app.get('/items', (q, r) => r.send())\ndescribe('adding', () => { it('adds', () => { add(1, 2) }) })\n",
        "constant fs, constant LIMIT, class A, method A.m, function add, function sub, route /items, "
        "class P, field P.#n, method P.[Symbol.iterator], constant old, function executor, "
        "suite adding, test adding.adds",
        "Promise this.x plus r.send add app.get require describe it",
        "./b.js fs",
        ("add", "Adds."),
    ),
    sample(
        "a.ts",
        "import { B } from './b'\nexport interface I extends J { m(): void }\n"
        "export type T = string | I\nenum E { X }\n"
        "export class A<T> extends B implements I { m(): void { go<T>(new C()) } }\n"
        "export const f = async (x: number): Promise<void> => {}\nexport const LIMIT: number = 3\n"
        "interface P { name: string }\nclass Q { private n = 1 }\ntype S = { size: number }\nlet v = 1\n"
        "declare module 'm' {}\n",
        "interface P, field P.name, class Q, field Q.n, type S, field S.size, constant v, namespace m, constant E.X, "
        "interface I, method I.m, type T, type E, class A, method A.m, function f, constant LIMIT",
        "go C",
        "./b",
    ),
    sample(
        "a.tsx",
        "export function View(props: P) { return <div onClick={() => click()}>{props.x}</div> }\n",
        "function View",
        "click",
    ),
    sample(
        "a.go",
        'package a\n\nimport (\n\t"fmt"\n\tx "net/http"\n)\n\nconst Limit = 3\n\n// A is a.\n'
        "type A struct{ n int }\n\n"
        "type (\n\tG struct{ B }\n\tH []string\n)\n\ntype I interface{ M() }\n\ntype ID string\n\n"
        "func (a *A) M() { fmt.Println(helper()) }\n\n"
        'func main() { x.HandleFunc("/items", nil) }\n\nfunc TestA(t *testing.T) { main() }\n',
        "constant Limit, class A, field A.n, class G, type H, interface I, method I.M, type ID, method A.M, "
        "function main, route "
        "main./items, test TestA",
        "fmt.Println helper x.HandleFunc main",
        "fmt net/http",
        ("A", "A is a."),
    ),
    sample(
        "a.rs",
        "use std::io;\n/// Is a.\npub struct A { n: u8 }\npub trait T { fn m(&self); }\n"
        "impl T for A { fn m(&self) { go(self.x()); } }\n"
        "const LIMIT: u8 = 3;\nenum E { X }\nimpl Other for &A { type Item = u8; }\n"
        'macro_rules! m { () => {} }\nmod inner { pub fn f() { println!("x") } }\n#[test]\n'
        "fn adds() { A::make() }\n",
        "constant E.X, field A.n, function m, type A.Item, class A, interface T, method T.m, method A.m, "
        "constant LIMIT, type E, namespace inner, "
        "function inner.f, test adds",
        "go self.x println A.make",
        "std::io",
        ("A", "Is a."),
    ),
    sample(
        "A.java",
        "package a;\nimport java.util.List;\n/** Is a. */\npublic class A extends B implements I {\n"
        "  static final int LIMIT = 3;\n  A() { super(); }\n  void m() { go(new C()); this.x(); }\n"
        '  @Test void works() { m(); }\n  @GetMapping("/items") String items() { return ""; }\n}\n'
        "interface I { int MOST = 3; void m(); }\nenum E { X }\nrecord R(int n) { R {} }\n"
        "@interface N { String value(); }\nclass F { int n, m; }\n",
        "constant E.X, constant I.MOST, class R, method R.R, interface N, method N.value, class F, field F.n, "
        "field F.m, class A, constant A.LIMIT, method A.A, method A.m, test A.works, method A.items, route A./items, "
        "interface I, method I.m, type E",
        "go C this.x m",
        "java.util.List",
        ("A", "Is a."),
    ),
    sample(
        "a.c",
        "#include <stdio.h>\n#define LIMIT 3\nstruct a { int n; };\ntypedef struct a a_t;\nenum e { X };\n"
        "typedef void *(*made)(int);\nstatic int *count;\nextern int other;\n#define TWICE(x) (2 * (x))\n"
        "/* Adds. */\nstatic int *add(int a, int b) { if (a && b) return plus(a); p->call(); return 0; }\n",
        "field a.n, type made, constant count, function TWICE, constant LIMIT, class a, type a_t, type e, "
        "constant e.X, function add",
        "plus p.call",
        "stdio.h",
        ("add", "Adds."),
    ),
    sample(
        "a.cpp",
        '#include "b.hpp"\nnamespace n {\nclass A : public B { public: void m() { go(); } void later(); };\n'
        "void A::later() { std::move(x.y()); }\ntemplate <class T> T f(T t) { return t; }\nusing I = int;\n"
        "int most = 3;\n}\n"
        "template <> struct hash<A> { int *seed; };\nclass Outer::Inner { };\n"
        "TEST(Adding, Adds) { f(1); }\n",
        "constant n.most, class hash, field hash.seed, class Outer.Inner, namespace n, class n.A, "
        "method n.A.m, method n.A.later, function n.f, type n.I, test Adds",
        "go std.move x.y f",
        "b.hpp",
    ),
    sample(
        "a.cs",
        "using System.Linq;\nnamespace N {\n/// <summary>Is a.</summary>\n"
        "public class A : B, I { const int Limit = 3; int P { get; set; }\n"
        "  public A() {}\n  void M() { Go(new C()); this.X(); }\n  [Fact] public void Works() { M(); } }\n"
        "interface I { void M(); }\nenum E { X }\nrecord R(int N);\n"
        "class F { int n, m; event Action Changed; [Xunit.Fact] void Too() {} }\n}\n",
        "constant N.E.X, class N.R, class N.F, field N.F.n, field N.F.m, field N.F.Changed, test N.F.Too, "
        "namespace N, class N.A, constant N.A.Limit, field N.A.P, method N.A.A, method N.A.M, test N.A.Works, "
        "interface N.I, method N.I.M, type N.E",
        "Go C this.X M",
        "System.Linq",
    ),
    sample(
        "a.rb",
        "require 'json'\nmodule N\n  LIMIT = 3\n  # Is a.\n  class A < B\n    def m(x)\n"
        "      go(x) && self.y(1)\n    end\n    attr_reader :size, :n\n    alias p m\n    alias_method :q, "
        ":m\n    def self.make\n"
        "      A.new\n    end\n  end\nend\ndescribe 'all' do\n  it 'works' do\n    A.make\n  end\nend\n"
        "describe Some::Thing do\nend\n",
        "field N.A.size, field N.A.n, method N.A.p, method N.A.q, suite Some::Thing, "
        "namespace N, constant N.LIMIT, class N.A, method N.A.m, method N.A.make, suite all, test all.works",
        "go self.y A A.new A.make describe it require attr_reader alias_method",
        "json",
        ("A", "Is a."),
    ),
    sample(
        "a.php",
        "<?php\nnamespace N;\nuse Some\\Thing;\nconst LIMIT = 3;\n/** Is a. */\nclass A extends B implements I {\n"
        "  public function m() { go(new C()); $this->x(); D::y(); }\n}\ninterface I {}\n"
        "trait T { public int $n = 1; }\nenum E { case X; }\n"
        "function f() {}\nRoute::get('/items', 'f');\n",
        "namespace N, class T, field T.n, type E, constant E.X, constant LIMIT, class A, method A.m, "
        "interface I, function f, route /items",
        "go C this.x D.y Route.get",
        "Some\\Thing",
        ("A", "Is a."),
    ),
    sample(
        "a.kt",
        "import a.b.C\nval LIMIT = 3\ninterface I {\n  fun m()\n}\n/** Is a. */\nclass A : B(), I {\n"
        "  override fun m() { go(x.y()) }\n"
        "  @Test fun works() { m() }\n}\nobject O {\n  fun f() {}\n}\n"
        "enum class E {\n  X\n}\nclass D(val n: Int, m: Int) {\n  var p = 1\n  constructor() : this(1, 2)\n}\n",
        "constant LIMIT, class I, method I.m, class A, method A.m, test A.works, class O, method O.f, "
        "class E, constant E.X, class D, field D.n, field D.p, method D.constructor",
        "go x.y m",
        "a.b.C",
        ("A", "Is a."),
    ),
    sample(
        "a.swift",
        "import Foundation\nlet limit = 3\nprotocol P { func m() }\n/// Is a.\n"
        "class A: B, P { init() {}\n  func m() { go(x.y()) } }\n"
        "func f() {}\nfunc testIt() { f() }\nextension A { var p: Int { 1 } }\nenum E { case x, y }\n"
        "@Test func adds() {}\nstruct S { let n: Int }\nprotocol Q { associatedtype T }\n",
        "field A.p, class E, constant E.x, constant E.y, test adds, class S, field S.n, interface Q, type Q.T, "
        "constant limit, interface P, method P.m, class A, method A.init, method A.m, function f, test testIt",
        "go x.y f",
        "Foundation",
        ("A", "Is a."),
    ),
    sample(
        "a.sh",
        '#!/bin/sh\n. ./lib.sh\nLIMIT=3\n# Adds.\nadd() { plus "$1" && echo done; }\nfunction sub { add 1; }\n'
        "alias ll='ls -l'\n@test \"adds\" {\n  add 1\n}\n",
        "function ll, test adds, constant LIMIT, function add, function sub",
        "plus echo add . alias @test }",
        "./lib.sh",
        ("add", "Adds."),
    ),
    sample(
        "a.sql",
        "CREATE TABLE orders (id INT, price INT);\nCREATE VIEW dear AS SELECT count(price) FROM orders;\n"
        "CREATE INDEX by_price ON orders (price);\nCREATE SEQUENCE numbers;\n",
        "constant by_price, constant numbers, class orders, field orders.id, field orders.price, class dear",
        "count orders",
    ),
    sample(
        "a.html",
        '<html><head><script src="a.js"></script></head><div id="top">x</div><h2>Heading</h2>'
        '<input id="field"/></html>',
        "section top, section Heading, section field",
        "",
        "a.js",
    ),
    sample(
        "a.css",
        "@import 'b.css';\n:root { --wide: 3px; }\n.card a { color: red; }\n",
        "section :root, constant :root.--wide, section .card a",
        "",
        "b.css",
    ),
    sample("a.yaml", "name: x\non:\n  push: {}\n", "key name, key on, key on.push"),
    sample("a.toml", "title = 'x'\n[tool.a]\nb = 1\n", "key title, section tool.a, key tool.a.b"),
    sample("a.json", '{"name": "x", "scripts": {"test": "y"}}', "key name, key scripts, key scripts.test"),
    sample("a.md", "# Top\n\nx\n\n## Below\n\ny\n", "section Top, section Top.Below"),
)
