"""Tests in other languages, line by line: JavaScript, TypeScript, Go, Rust, Java, Kotlin, C#, Ruby, PHP, Swift."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from journeyman.domain.changes import Finding
from journeyman.gates.comparison import Comparison, Edit
from journeyman.gates.places import is_test
from journeyman.gates.quality.weakened.verdicts import blocks


class Tongue(msgspec.Struct, frozen=True):
    """How a language writes tests. `named` catches a test's name; the rest are patterns of a line."""

    named: str
    skips: str
    claims: str
    trivial: str
    vague: str
    quiet: str
    comment: str = r"\s*(?://|\*|/\*)"


TONGUES: dict[str, Tongue] = {
    "js": Tongue(
        named=r"(?:^|[^\w.])[xf]?(?:it|test|describe|specify)(?:\.\w+(?:\([^)]*\)|`[^`]*`)?)?\(\s*(['\"`])(.+?)\1",
        skips=r"\b(?:it|test|describe|specify|suite|context)\.(?:skip|todo|failing|fixme|skipIf|runIf)\b"
        r"|\bx(?:it|test|describe)\s*\("
        r"|\bthis\.skip\(|\bt\.skip\(|\bctx\.skip\(|\bskip:\s*(?:true|['\"])|\btodo:\s*true|\b(?:it|test"
        r"|describe)\.only\b|\bf(?:it|describe)\s*\(",
        claims=r"\bexpect(?:\.\w+)?\s*\(|\bassert(?:\.\w+)*\s*\(|\.should\b|\bt\.(?:is|deepEqual|throws|true"
        r"|false|like)\(",
        trivial=r"expect\(\s*(true|1|false|null)\s*\)\.(?:toBe|toEqual)\(\s*\1\s*\)"
        r"|expect\(\s*true\s*\)\.toBeTruthy|assert(?:\.ok)?\(\s*(?:true|1)\s*\)"
        r"|expect\.anything\(\)|assert\.(?:strictEqual|equal)\(\s*(\w+)\s*,\s*\2\s*\)",
        vague=r"\.(?:toBeDefined|toBeTruthy|toBeFalsy|not\.toBeNull|not\.toBeUndefined|not\.toThrow"
        r"|toHaveBeenCalled)\(|toBeCloseTo|toMatchObject"
        r"|assert\.ok\(|expect\.any\(|toBeGreaterThan|toBeLessThan|toContain\(|\.not\.",
        quiet=r"\bcatch\s*(?:\([^)]*\))?\s*\{",
    ),
    "go": Tongue(
        named=r"^func ()((?:Test|Benchmark|Fuzz|Example)\w*)\(|\bt\.Run\(\s*(\")(.+?)\"",
        skips=r"\bt\.Skip(?:f|Now)?\(|\bb\.Skip|\btesting\.Short\(\)|^//go:build (?:ignore|!)"
        r"|^// \+build (?:ignore|!)",
        claims=r"\bt\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(?:assert|require|is|qt)\.\w+\(",
        trivial=r"\bif false\b|(?:assert|require)\.True\(t,\s*true\b|(?:assert"
        r"|require)\.Equal\(t,\s*(\w+),\s*\1\s*\)",
        vague=r"(?:assert|require)\.(?:NotNil|NotEmpty|True|Contains|NotPanics|InDelta|NotEqual)\(|\bt\.Log",
        quiet=r"\brecover\(\)",
    ),
    "rs": Tongue(
        named=r"\bfn ()(\w+)\s*\(",
        skips=r"#\[ignore\b|#\[cfg\((?:any\(\)|not\(test\)|feature|never)|#\[should_panic",
        claims=r"\b(?:debug_)?assert(?:_eq|_ne|_matches)?!\s*\(|\bpanic!\(|\bunwrap\(\)",
        trivial=r"\bassert!\(\s*true\b|\bassert_eq!\(\s*(\w+)\s*,\s*\1\s*[,)]",
        vague=r"\bassert!\(|\bassert_ne!\(",
        quiet=r"catch_unwind",
    ),
    "jvm": Tongue(
        named=r"(?:@Test|@ParameterizedTest|\[Fact\]|\[Test\]|\[TestMethod\]|\[Theory\]|func (?=test)"
        r"|function (?=test)|fun (?=test))"
        r"(?:[\s\S]{0,200}?\b(?:void|fun|Task|function|func)\s+()(`[^`]+`|\w+)\s*\(|()(test\w*))",
        skips=r"@(?:Disabled|Ignore)\b|\[Ignore\b|Skip\s*=\s*\"|\bAssume\.|\bassume(?:True|False|That)?\("
        r"|markTestSkipped|XCTSkip|Assert\.Ignore",
        claims=r"\b(?:Assert(?:ions)?\.)?(?:assert\w*|verify|expect\w*)\s*\(|\bAssert\.\w+\(|\.Should\(\)"
        r"|\bXCTAssert\w*\(|\$this->assert\w+\(|shouldBe",
        trivial=r"assertTrue\(\s*true\s*\)|Assert\.True\(\s*true\s*\)|assertEquals\(\s*(\w+)\s*,\s*\1\s*\)"
        r"|XCTAssert(?:True)?\(\s*true\s*\)",
        vague=r"assertNotNull|assertTrue|assertNotEquals|assertDoesNotThrow|NotNull\(|XCTAssertNotNil",
        quiet=r"\bcatch\s*\(",
    ),
    "rb": Tongue(
        named=r"\b(?:it|test|specify|describe|context)\s+(['\"])(.+?)\1|\bdef ()(test_\w+)",
        skips=r"^\s*(?:skip|pending)\b|\bx(?:it|describe|context|specify)\b|\bskip:\s*true|\bpending:\s*true",
        claims=r"\bexpect\s*[({]|\bassert\w*\b|\.should\b|\brefute\w*\b",
        trivial=r"\bassert\(?\s*true\b|expect\(\s*true\s*\)\.to (?:be|eq)\(?\s*true",
        vague=r"be_truthy|not_to be_nil|assert_not_nil|refute_nil|be_present",
        quiet=r"^\s*rescue\b",
        comment=r"\s*#",
    ),
}
ENDINGS = {
    **dict.fromkeys(("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts"), "js"),
    **dict.fromkeys(("java", "kt", "cs", "scala", "swift", "php"), "jvm"),
    **{"go": "go", "rs": "rs", "rb": "rb"},
}
EXPECTED = re.compile(r"-?\b\d[\d_.]*\b|(['\"`])(?:\\.|(?!\1).)*\1|\b(?:true|false|null|nil|None)\b")
FUNCTION = re.compile(r"(?ms)^([ \t]*)(?:#\[test\]|#\[tokio::test\]|#\[rstest\])[^{]*\{.*?^\1\}")


async def other_weakenings(comparison: Comparison) -> Iterable[Finding]:
    """Return what the change did to tests that are not Python."""
    edits = [edit for edit in comparison.edits if _tongue(edit) and edit.before is not None]
    tests = [edit for edit in edits if is_test(edit.path) or (edit.path.endswith(".rs") and "#[test]" in edit.before)]  # type: ignore[operator]
    now = {
        name for edit in comparison.edits if (tongue := _tongue(edit)) for name in _names(tongue, edit.after or "")
    }
    return [finding for edit in tests for finding in _of_file(edit, TONGUES[ENDINGS[_ending(edit)]], now)]


def _ending(edit: Edit) -> str:
    return edit.path.rpartition(".")[2]


def _tongue(edit: Edit) -> Tongue | None:
    return TONGUES.get(ENDINGS.get(_ending(edit), ""))


def _names(tongue: Tongue, text: str) -> list[str]:
    found = re.finditer(f"(?m){tongue.named}", _uncommented(tongue, text))
    return [next(group for group in reversed(one.groups()) if group) for one in found]


def _uncommented(tongue: Tongue, text: str) -> str:
    text = re.sub(r"(?s)/\*.*?\*/", "", text) if "//" in tongue.comment else text
    return "\n".join(line for line in text.split("\n") if not re.match(tongue.comment, line) or "go:build" in line)


def _of_file(edit: Edit, tongue: Tongue, now: set[str]) -> Iterator[Finding]:
    before, after = _tests_of(edit, tongue, edit.before or ""), _tests_of(edit, tongue, edit.after or "")
    for name in dict.fromkeys(_names(tongue, before)):
        if name not in now:
            yield blocks("deleted", f"the test '{name}' is gone", edit.path)
    if edit.after is None:
        return
    yield from _counted(edit, tongue, before, after)
    yield from _changed(edit, tongue, before, after)


def _tests_of(edit: Edit, tongue: Tongue, text: str) -> str:
    """Return the part of a file that is tests: of a Rust source file, its test functions."""
    text = _uncommented(tongue, text)
    if edit.path.endswith(".rs") and not is_test(edit.path):
        return "\n".join(found.group(0) for found in FUNCTION.finditer(text))
    return text


def _counted(edit: Edit, tongue: Tongue, before: str, after: str) -> Iterator[Finding]:
    for rule, pattern, said in (
        ("skip", tongue.skips, "a test is skipped now"),
        ("trivial", tongue.trivial, "an assertion is always true now"),
    ):
        matcher = re.compile(f"(?m){pattern}")
        if _count(matcher, before) < _count(matcher, after) and _in_old_tests(tongue, matcher, before, after):
            yield blocks(rule, said, edit.path, _first_new(matcher, edit))
    quiet = re.compile(f"(?m){tongue.quiet}")
    if _count(quiet, before) < _count(quiet, after) and _in_old_tests(tongue, quiet, before, after):
        yield blocks("swallowed", "a test swallows errors now", edit.path, _first_new(quiet, edit))


def _count(matcher: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in matcher.finditer(text))


def _blocks(tongue: Tongue, text: str) -> dict[str, str]:
    """Return each test's lines by its name: from its first line, or the attributes above it, to the next test."""
    starts = [
        (one.start(), next(g for g in reversed(one.groups()) if g))
        for one in re.finditer(f"(?m){tongue.named}", text)
    ]
    parts: dict[str, str] = {"": text[: starts[0][0]] if starts else text}
    for index, (start, name) in enumerate(starts):
        end = starts[index + 1][0] if index + 1 < len(starts) else len(text)
        above = text[:start].rpartition("\n\n")[2]
        parts[name] = parts.get(name, "") + above[-200:] + text[start:end]
    return parts


def _in_old_tests(tongue: Tongue, matcher: re.Pattern[str], before: str, after: str) -> bool:
    """Whether a pattern grew in a test that existed before: new tests are free."""
    old, new = _blocks(tongue, before), _blocks(tongue, after)
    return (
        any(_count(matcher, new[name]) > _count(matcher, old[name]) for name in old.keys() & new)
        or not old.keys() & new
    )


def _first_new(matcher: re.Pattern[str], edit: Edit) -> int:
    return next((number for number, line in edit.added() if matcher.search(line)), 0)


def _changed(edit: Edit, tongue: Tongue, before: str, after: str) -> Iterator[Finding]:
    """Compare the assertions of the tests that are in both versions."""
    old, new = _blocks(tongue, before), _blocks(tongue, after)
    for name in old.keys() & new:
        was, now = _claims(tongue, old[name]), _claims(tongue, new[name])
        lost, fresh = list((was - now).elements()), list((now - was).elements())
        for line in lost:
            heir = max(fresh, key=lambda other: _alike(line, other), default="")
            if not heir:
                yield blocks("assertion", f"the test '{name}' no longer checks this", edit.path, evidence=line)
                continue
            fresh.remove(heir)
            yield from _compared(edit, tongue, name, line, heir)
        yield from _rows(edit, tongue, name, old[name], new[name])


def _claims(tongue: Tongue, text: str) -> Counter[str]:
    lines = (" ".join(line.split()).rstrip(";,") for line in text.split("\n") if re.search(tongue.claims, line))
    return Counter(lines)


def _alike(line: str, other: str) -> int:
    return len(set(re.findall(r"\w+", line)) & set(re.findall(r"\w+", other)))


def _compared(edit: Edit, tongue: Tongue, name: str, line: str, heir: str) -> Iterator[Finding]:
    evidence = f"before: {line}; now: {heir}"
    was, now = _values(line), _values(heir)
    if re.search(tongue.trivial, heir):
        yield blocks("trivial", f"an assertion of '{name}' is always true now", edit.path, evidence=evidence)
    elif re.search(tongue.vague, heir) and not re.search(tongue.vague, line):
        yield blocks("loosened", f"the test '{name}' asserts less than before", edit.path, evidence=evidence)
    elif was - now:
        yield blocks("expectation", f"the test '{name}' expects something else", edit.path, evidence=evidence)


def _values(line: str) -> Counter[str]:
    return Counter(found.group(0).strip("'\"`") for found in EXPECTED.finditer(line))


def _rows(edit: Edit, tongue: Tongue, name: str, before: str, after: str) -> Iterator[Finding]:
    """Rows of a table of cases: lines that begin with a bracket and hold nothing but values."""
    row = re.compile(r"(?m)^\s*([\[{(].*?[\]})]),?\s*$")
    was, now = Counter(row.findall(before)), Counter(row.findall(after))
    lost = list((was - now).elements())
    if lost and sum(now.values()) < sum(was.values()):
        yield blocks("cases", f"a case of '{name}' is gone", edit.path, evidence=lost[0])
    elif lost and any(_values(one) for one in lost):
        yield blocks("expectation", f"a case of '{name}' has other values now", edit.path, evidence=lost[0])
