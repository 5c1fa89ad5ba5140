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
