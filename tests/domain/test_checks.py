"""What a change made worse."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from journeyman.domain.checks import (
    Check,
    CheckKind,
    CheckOutcome,
    CheckReport,
    Problem,
    TestCase,
    TestStatus,
    new_failures,
    vanished_tests,
)

TESTS = Check("pytest", "pytest", CheckKind.TEST)
LINT = Check("ruff", "ruff check", CheckKind.LINT)


def of_tests(exit_code: int = 1, **ended: TestStatus) -> CheckOutcome:
    cases = tuple(TestCase(name, status) for name, status in ended.items())
    return CheckOutcome(TESTS, exit_code, 0.1, "", tests=cases)


def of_lint(*problems: Problem, exit_code: int = 1) -> CheckOutcome:
    return CheckOutcome(LINT, exit_code, 0.1, "", problems=problems)


def report(*outcomes: CheckOutcome) -> CheckReport:
    return CheckReport(outcomes)


PASSED, FAILED, ERROR, SKIPPED = TestStatus.PASSED, TestStatus.FAILED, TestStatus.ERROR, TestStatus.SKIPPED


def test_only_what_did_not_fail_before_is_new() -> None:
    before = report(of_tests(a=FAILED, b=PASSED, c=PASSED))
    after = report(of_tests(a=FAILED, b=FAILED, c=ERROR, d=FAILED))
    assert new_failures(before, after) == {"pytest": ("test b", "test c", "test d")}
    assert new_failures(after, before) == {}


def test_a_problem_that_moved_is_not_new_and_another_one_is() -> None:
    before = report(of_lint(Problem("a.py", 3, "unused import os", "F401", 1)))
    moved = report(of_lint(Problem("a.py", 9, "unused import os", "F401", 5)))
    other = report(of_lint(Problem("b.py", 3, "unused import os", "F401", 1)))
    assert new_failures(before, moved) == {}
    assert new_failures(before, other) == {"ruff": ("problem b.py|F401|unused import os",)}


def test_a_command_that_fails_without_a_word_counts_itself() -> None:
    assert new_failures(report(), report(of_tests(exit_code=2))) == {"pytest": ("command pytest",)}
    assert new_failures(report(of_tests(exit_code=2)), report(of_tests(exit_code=1))) == {}
    late = CheckOutcome(TESTS, 0, 900.0, "", timed_out=True)
    assert new_failures(report(of_tests(exit_code=0)), report(late)) == {"pytest": ("command pytest",)}


def test_a_command_that_is_content_has_no_failures() -> None:
    assert new_failures(report(), report(of_lint(Problem("a.py", 1, "a note"), exit_code=0))) == {}


def test_a_check_that_is_new_counts_whole() -> None:
    assert new_failures(report(of_tests(a=FAILED)), report(of_tests(a=FAILED), of_lint(Problem("a.py", 1, "x")))) == {
        "ruff": ("problem a.py||x",)
    }


def test_tests_that_are_gone_or_skipped() -> None:
    before = report(of_tests(a=PASSED, b=FAILED, c=PASSED, d=SKIPPED, f=ERROR))
    after = report(of_tests(a=PASSED, c=SKIPPED, e=PASSED))
    assert vanished_tests(before, after) == ("b", "c")


def test_what_a_runner_speaks_of_only_when_it_fails_does_not_vanish() -> None:
    check = Check("doctest a.py", "python -m doctest a.py", CheckKind.TEST, "doctest")
    before = CheckReport((CheckOutcome(check, 1, 0.1, "", tests=(TestCase("a.f", TestStatus.FAILED),)),))
    assert vanished_tests(before, CheckReport((CheckOutcome(check, 0, 0.1, ""),))) == ()


def test_the_counts_of_a_report() -> None:
    both = report(of_tests(a=PASSED, b=FAILED, c=ERROR, d=SKIPPED), of_lint(exit_code=0))
    assert (both.tests_passed, both.tests_failed, both.passed) == (1, 2, False)


outcomes = some.builds(
    lambda code, ended: of_tests(code, **ended),
    some.integers(0, 2),
    some.dictionaries(some.sampled_from("abcd"), some.sampled_from(TestStatus)),
)
reports = some.lists(outcomes, max_size=1).map(lambda found: CheckReport(tuple(found)))


@given(reports, reports)
def test_a_report_is_never_worse_than_itself_and_new_failures_fail(before: CheckReport, after: CheckReport) -> None:
    assert new_failures(before, before) == {}
    for name, news in new_failures(before, after).items():
        assert news
        assert set(news) <= after.failures()[name]
