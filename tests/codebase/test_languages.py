"""Each language: what a sample of it defines, calls and imports."""

from __future__ import annotations

import pytest

from journeyman.codebase.languages import LANGUAGES, language_of
from journeyman.codebase.parsing import Found, parse
from tests.codebase.samples import SAMPLES, Sample


def qualified(symbols: list[Found], symbol: Found) -> str:
    before = symbol.owner or (qualified(symbols, symbols[symbol.parent]) if symbol.parent else "")
    if symbol.owner and symbol.parent:
        before = f"{qualified(symbols, symbols[symbol.parent])}.{symbol.owner}"
    return f"{before}.{symbol.name}" if before else symbol.name


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.path)
def test_what_a_sample_defines_calls_and_imports(sample: Sample) -> None:
    parsed = parse(sample.text.encode(), language_of(sample.path), sample.text.count("\n") + 1)
    symbols = parsed.symbols
    assert not parsed.broken
    assert {(each.kind.value, qualified(symbols, each)) for each in symbols[1:]} == sample.defines
    calls = {call.strip(".") if call != "." else call for calls in parsed.calls.values() for call in calls}
    assert calls == {call.strip(".") if call != "." else call for call in sample.calls}
    assert {each.module for each in parsed.imports} == sample.imports
    if sample.documented:
        name, doc = sample.documented
        assert next(each.doc for each in symbols if each.name == name) == doc


def test_every_language_has_a_sample() -> None:
    assert {language_of(sample.path) for sample in SAMPLES} == {language.name for language in LANGUAGES}
    assert language_of("some/Makefile") == ""


def test_signature_lines_and_complexity() -> None:
    text = "class A(B,\n        C):\n    def m(self, a,\n          b=1):\n        if a and b:\n"
    text += "            return [x for x in a if x]\n"
    a, m = parse(text.encode(), "python", 6).symbols[1:]
    assert (a.signature, a.bases, a.line, a.end_line) == ("class A(B, C)", ("B", "C"), 1, 6)
    assert (m.signature, m.line, m.end_line, m.complexity) == ("def m(self, a, b=1)", 3, 6, 5)


@pytest.mark.parametrize(
    ("path", "text", "bases"),
    [
        ("a.py", "class A(m.B, C[T], metaclass=M): pass\n", {"A": ("m.B", "C", "M")}),
        ("a.js", "class A extends m.B {}\nconst X = class extends Y {}\n", {"A": ("m.B",), "X": ("Y",)}),
        ("a.ts", "class A extends m.B<T<K>> implements I, J {}\ninterface I extends J<K>, L {}\n",
         {"A": ("m.B", "I", "J"), "I": ("J", "L")}),
        ("a.go", "package a\ntype G struct {\n\tB // why\n\t*C\n\tn int\n\tx.D\n}\n"
         "type I interface {\n\tJ\n\tM()\n}\n",
         {"G": ("B", "C", "x.D"), "I": ("J",)}),
        ("a.rs", "trait T: U + V<W> {}\n", {"T": ("U", "V")}),
        ("A.java", "interface I extends J, K {}\nenum E implements I { X }\nrecord R(int n) implements I {}\n"
         "class A<T> extends B<T> implements x.I {}\n",
         {"I": ("J", "K"), "E": ("I",), "R": ("I",), "A": ("B", "x.I")}),
        ("a.cpp", "class A : public n::B, private C {};\nstruct S : T<int> {};\n", {"A": ("B", "C"), "S": ("T",)}),
        ("a.cs", "interface I : J {}\nstruct S : I {}\nrecord R(int N) : Q;\nclass A : B<int>, I {}\n",
         {"I": ("J",), "S": ("I",), "R": ("Q",), "A": ("B", "I")}),
        ("a.rb", "class A < N::B\nend\n", {"A": ("B",)}),
        ("a.php", "<?php\ninterface I extends J {}\nenum E implements I { case X; }\n"
         "class A extends \\N\\B implements I { public $n; use T, U; }\n",
         {"I": ("J",), "E": ("I",), "A": ("B", "I", "T", "U")}),
        ("a.kt", "object O : I {}\ninterface I : J {}\nclass A : B<T>(C(1)), I by x\n",
         {"O": ("I",), "I": ("J",), "A": ("B", "I")}),
        ("a.swift", "class A: B, P<X> {}\nstruct S: P {}\nenum E: String, P { case x }\nprotocol P: Q {}\n",
         {"A": ("B", "P"), "S": ("P",), "E": ("String", "P"), "P": ("Q",)}),
    ],
)  # fmt: skip
def test_what_classes_inherit_from(path: str, text: str, bases: dict[str, tuple[str, ...]]) -> None:
    symbols = parse(text.encode(), language_of(path), text.count("\n") + 1).symbols
    assert {each.name: each.bases for each in symbols if each.bases} == bases


@pytest.mark.parametrize(
    ("path", "text", "signature"),
    [
        ("a.py", "def f(a):\n  if a and a:\n    for b in a: pass\n", "def f(a)"),
        ("a.js", "function f(a) {\n  if (a && a) for (const b of a) {}\n}\n", "function f(a)"),
        ("a.tsx", "function f(a: any): void {\n  if (a && a) for (const b of a) {}\n}\n", "function f(a: any): void"),
        ("a.go", "func f(a int) {\n\tif a > 1 && a < 3 { for a < 3 {} }\n}\n", "func f(a int)"),
        ("a.rs", "fn f(a: bool) {\n  if a && a { for b in 0..3 {} }\n}\n", "fn f(a: bool)"),
        ("a.java", "void f(boolean a) {\n  if (a && a) for (;;) {}\n}\n", "void f(boolean a)"),
        ("a.c", "void f(int a) {\n  if (a && a) for (;;) {}\n}\n", "void f(int a)"),
        ("a.cpp", "void f(int a) {\n  if (a && a) for (;;) {}\n}\n", "void f(int a)"),
        ("a.cs", "void f(bool a) {\n  if (a && a) for (;;) {}\n}\n", "void f(bool a)"),
        ("a.rb", "def f(a)\n  while a\n    b if a && a\n  end\nend\n", "def f(a)"),
        ("a.php", "<?php function f($a) {\n  if ($a && $a) foreach ($a as $b) {}\n}\n", "function f($a)"),
        ("a.kt", "fun f(a: Boolean) {\n  if (a && a) { for (b in 1..3) {} }\n}\n", "fun f(a: Boolean)"),
        ("a.swift", "func f(a: Bool) {\n  if a && a { for b in 1...3 {} }\n}\n", "func f(a: Bool)"),
        ("a.sh", "f() {\n  if a && a; then for b in 1 2; do :; done; fi\n}\n", "f()"),
    ],
)
def test_signature_lines_and_complexity_in_each_language(path: str, text: str, signature: str) -> None:
    found = next(each for each in parse(text.encode(), language_of(path), 9).symbols if each.name == "f")
    assert (found.signature, found.complexity) == (signature, 4)
    assert (found.line, found.end_line) == (1, text.count("\n"))


def test_a_heading_that_is_underlined_is_named_without_its_end() -> None:
    names = [each.name for each in parse(b"1.2 / today\n=====\n\nNews.\n", "markdown", 4).symbols[1:]]
    assert names == ["1.2 / today"]


@pytest.mark.parametrize("path", ["a.js", "a.ts", "a.tsx"])
def test_modules_that_are_required_passed_on_or_loaded_later_are_imports(path: str) -> None:
    text = (
        "const { one, two: other } = require('./b')\nexport * from './all'\nconst later = () => import('./later')\n"
    )
    found = parse(text.encode(), language_of(path), 3).imports
    assert {(each.module, each.imported, each.alias) for each in found if each.imported} == {
        ("./b", "one", ""),
        ("./b", "two", "other"),
    }
    assert {each.module for each in found} == {"./b", "./all", "./later"}


def test_what_is_only_called_tests_is_none() -> None:
    text = "def tests(): pass\n\n\ndef test(): pass\n\n\ndef test_it(): pass\n"
    assert [each.kind.value for each in parse(text.encode(), "python", 7).symbols[1:]] == [
        "function",
        "function",
        "test",
    ]
