"""Readers on what the tools really printed (samples/), on noise, and on ten megabytes."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.domain.checks import Check, CheckKind, CheckOutcome
from journeyman.gates import Raw
from journeyman.gates.quality.readers import OutputReaders
from journeyman.gates.quality.readers.table import READERS

SAMPLES = Path(__file__).parent / "samples"

# sample, reader -> passed, failed, errors, skipped, problems
COUNTS = {
    ("pytest_quiet.txt", "pytest"): (0, 0, 1, 0, 0),
    ("pytest_report.xml", "pytest"): (0, 0, 1, 0, 0),
    ("pytest_failing.txt", "pytest"): (4, 3, 1, 0, 0),
    ("pytest_failing.xml", "pytest"): (4, 3, 1, 2, 0),
    ("pytest_verbose.txt", "pytest"): (4, 3, 1, 2, 0),
    ("pytest_xdist.txt", "pytest"): (4, 3, 1, 2, 0),
    ("pytest_color.txt", "pytest"): (4, 3, 1, 0, 0),
    ("unittest_verbose.txt", "unittest"): (2, 2, 2, 2, 0),
    ("unittest_quiet.txt", "unittest"): (2, 2, 2, 0, 0),
    ("doctest.txt", "doctest"): (0, 1, 1, 0, 0),
    ("node_tap.txt", "node"): (3, 2, 0, 2, 0),
    ("node_spec.txt", "node"): (3, 2, 0, 2, 0),
    ("tap_plain.txt", "tap"): (2, 1, 0, 2, 0),
    ("jest_default.txt", "jest"): (3, 1, 1, 0, 0),
    ("jest_verbose.txt", "jest"): (3, 1, 1, 1, 0),
    ("jest_report.json", "jest"): (3, 1, 1, 1, 0),
    ("vitest_default.txt", "vitest"): (2, 1, 1, 0, 0),
    ("vitest_verbose.txt", "vitest"): (2, 1, 1, 1, 0),
    ("vitest_report.json", "vitest"): (2, 1, 1, 1, 0),
    ("go_plain.txt", "go"): (1, 2, 1, 0, 1),
    ("go_verbose.txt", "go"): (2, 2, 0, 1, 0),
    ("go_json.txt", "go"): (2, 2, 1, 1, 1),
    ("cargo_test.txt", "cargo"): (4, 1, 0, 1, 0),
    ("cargo_broken.txt", "cargo"): (0, 0, 0, 0, 1),
    ("cargo_short.txt", "cargo"): (0, 0, 0, 0, 1),
    ("eslint_stylish.txt", "eslint"): (0, 0, 0, 0, 3),
    ("eslint.json", "eslint"): (0, 0, 0, 0, 3),
    ("tsc_plain.txt", "tsc"): (0, 0, 0, 0, 2),
    ("tsc_pretty.txt", "tsc"): (0, 0, 0, 0, 2),
    ("ruff_concise.txt", "ruff"): (0, 0, 0, 0, 8),
    ("ruff_full.txt", "ruff"): (0, 0, 0, 0, 8),
    ("mypy.txt", "mypy"): (0, 0, 0, 0, 3),
    ("mypy_syntax.txt", "mypy"): (0, 0, 0, 0, 2),
    ("black.txt", "black"): (0, 0, 0, 0, 3),
    ("ruff_format.txt", "black"): (0, 0, 0, 0, 3),
    ("isort.txt", "isort"): (0, 0, 0, 0, 2),
    ("prettier.txt", "prettier"): (0, 0, 0, 0, 3),
    ("autoflake.txt", "autoflake"): (0, 0, 0, 0, 2),
    ("pre_commit.txt", "pre-commit"): (0, 0, 0, 0, 2),
    ("junit_surefire.xml", "junit"): (1, 1, 1, 0, 0),
}
REPORTS = {name for name, _ in COUNTS if name.endswith(".xml") or "_report" in name}


def outcome(reader: str, text: str, exit_code: int = 1, command: str = "x", **raw: object) -> CheckOutcome:
    check = Check(name="x", command=command, kind=CheckKind.TEST, reader=reader)
    return OutputReaders().read(check, Raw(exit_code=exit_code, output=text, seconds=0.1, **raw))


def of_sample(name: str, reader: str) -> CheckOutcome:
    text = (SAMPLES / name).read_text()
    return outcome(reader, "", report=text) if name in REPORTS else outcome(reader, text)


def counts(read: CheckOutcome) -> tuple[int, ...]:
    by_status = Counter(test.status.value for test in read.tests)
    return (*(by_status[s] for s in ("passed", "failed", "error", "skipped")), len(read.problems))


@pytest.mark.parametrize(("name", "reader"), COUNTS)
def test_real_output_is_counted(name: str, reader: str):
    read = of_sample(name, reader)
    assert read.readable
    assert counts(read) == COUNTS[name, reader]


@pytest.mark.parametrize(("name", "reader"), [pair for pair in COUNTS if pair[1] not in ("isort",)])
def test_a_plain_command_is_read_by_what_it_prints(name: str, reader: str):
    plain, known = of_sample(name, "plain"), of_sample(name, reader)
    assert plain.readable
    if reader not in ("tap",):
        assert plain.failures() >= known.failures() or len(plain.problems) == len(known.problems)


@pytest.mark.parametrize(
    ("name", "reader", "failure"),
    [
        ("pytest_failing.xml", "pytest", "test tests/test_shop.py::TestCart::test_in_class"),
        ("pytest_failing.txt", "pytest", "test tests/test_shop.py::test_cases[2]"),
        ("pytest_report.xml", "pytest", "test tests/test_broken.py"),
        ("pytest_quiet.txt", "pytest", "test tests/test_broken.py"),
        ("unittest_verbose.txt", "unittest", "test test_shop.ShopTest.test_wrong"),
        ("doctest.txt", "doctest", "test two.b"),
        ("node_tap.txt", "node", "test cart > holds # things"),
        ("node_spec.txt", "node", "test cart > holds # things"),
        ("jest_report.json", "jest", "test src/cart.test.js > cart > wrong total"),
        ("jest_default.txt", "jest", "test src/cart.test.js > cart > wrong total"),
        ("vitest_default.txt", "vitest", "test t/cart.spec.mjs > cart > wrong total"),
        ("go_json.txt", "go", "test example.com/shop/cart.TestCases/two_items"),
        ("go_plain.txt", "go", "test example.com/shop/cart.TestCases/two_items"),
        ("cargo_test.txt", "cargo", "test tests::wrong"),
        ("ruff_concise.txt", "ruff", "problem pkg/a.py|F401|`os` imported but unused"),
        ("eslint.json", "eslint", "problem src/a.js|semi|Missing semicolon."),
        ("black.txt", "black", "problem pkg/a.py|format|would be reformatted"),
    ],
)
def test_failures_have_names_that_stay(name: str, reader: str, failure: str):
    assert failure in of_sample(name, reader).failures()


@pytest.mark.parametrize("name", ["pytest_failing.xml", "pytest_failing.txt", "pytest_verbose.txt"])
def test_place_of_a_failure_is_where_it_stopped(name: str):
    wrong = next(test for test in of_sample(name, "pytest").tests if test.name.endswith("::test_wrong"))
    assert (wrong.path, wrong.line) == ("tests/test_shop.py", 5)
    assert "assert 3 == 4" in wrong.message


def test_exit_code_wins_over_words():
    assert outcome("pytest", "FAILED tests/test_a.py::test_a - no\n1 failed in 0.1s\n", exit_code=0).tests == ()
    content = outcome("pytest", "3 passed in 0.1s\n", exit_code=1)
    assert content.failures() == {"command x"}
    assert content.failures() == outcome("pytest", "", exit_code=1).failures()


def test_a_stale_report_is_not_read():
    report = (SAMPLES / "pytest_failing.xml").read_text()
    assert outcome("pytest", "usage: pytest", exit_code=4, report=report).tests == ()
    assert outcome("pytest", "", exit_code=1, timed_out=True, report=report).tests == ()


@pytest.mark.parametrize(
    ("output", "exit_code"),
    [("bash: mypy: command not found\n", 127), ((SAMPLES / "missing_module.txt").read_text(), 1), ("", 2)],
)
def test_a_missing_tool_is_unreadable(output: str, exit_code: int):
    read = outcome("mypy", output, exit_code)
    assert not read.readable
    assert read.failures() == {"command x"}


def test_paths_of_a_nested_project_start_at_the_root():
    read = outcome("mypy", "app/a.py:3: error: no  [misc]\n", command="cd backend && mypy .")
    assert read.problems[0].path == "backend/app/a.py"


def test_a_report_with_entities_is_refused():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuite><testcase name="&a;"/></testsuite>'
    assert not outcome("junit", "", report=bomb).readable


PIECES = sorted({line + "\n" for path in SAMPLES.iterdir() for line in path.read_text().splitlines()})
NOISE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=40)), max_size=25).map("".join)


@settings(max_examples=60, deadline=None)
@given(text=NOISE, report=st.none() | NOISE, exit_code=st.integers(-15, 130))
def test_readers_never_raise(text: str, report: str | None, exit_code: int):
    for reader in [*READERS, "plain", "unheard-of"]:
        read = outcome(reader, text, exit_code, report=report)
        assert read.passed == (exit_code == 0)
        assert not (read.passed and read.failures())


@pytest.mark.parametrize("reader", READERS)
def test_ten_megabytes_are_read_quickly(reader: str):
    sample = next(
        name for (name, known) in COUNTS if (known == reader and name not in REPORTS) or known == "junit" == reader
    )
    text = (SAMPLES / sample).read_text()
    start = time.process_time()
    outcome(reader, (text * (10**7 // len(text)))[: 10**7])
    outcome(reader, (" " * 79 + "\n") * 60_000)
    assert time.process_time() - start < 8
