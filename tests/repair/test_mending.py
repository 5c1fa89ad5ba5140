"""The mender: what helps stays, what does not is undone, tests are never edited, the second run changes nothing."""

import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind, CheckOutcome, CheckReport, Problem, TestCase, TestStatus
from journeyman.domain.diagnoses import Category, Diagnosis
from journeyman.domain.errors import EnvironmentBroken
from journeyman.repair import Bench, Choice, Discovery, Flaky, Mended, Searching, Suspect
from journeyman.repair.comparing import better, worse
from journeyman.repair.fixers import Case, LockFiles, OwnTools, Proposal
from journeyman.repair.mending import FixerMender
from journeyman.repair.protected import is_test_file, same_meaning

from .shell import PYTEST, RUFF, RUFF_FORMAT, Folder

RED = {"a.py": "def f():\n    return 1\n", "test_a.py": "from a import f\n\n\ndef test_f():\n    assert f() == 2\n"}


class Proposing:
    """A fixer that proposes what it was given."""

    name = "proposing"

    def __init__(self, *proposals: Proposal | Discovery) -> None:
        self.proposals = proposals

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        for proposal in self.proposals:
            yield proposal


async def test_the_first_change_that_helps_stays_and_the_others_are_undone(tmp_path: Path) -> None:
    folder = Folder(tmp_path, RED)
    useless = Proposal("three", {"a.py": "def f():\n    return 3\n", "b.py": "x = 1\n"})
    good = Proposal("two", {"a.py": "def f():\n    return 2\n"})
    mended = await folder.mend(PYTEST, fixers=[Proposing(useless, good)])
    assert [mend.summary for mend in mended.mends] == ["two"]
    assert folder.texts() == {**RED, "a.py": "def f():\n    return 2\n"}
    assert folder.lines == ["mended pytest: two"]


async def test_what_does_not_help_is_undone(tmp_path: Path) -> None:
    folder = Folder(tmp_path, RED)
    mended = await folder.mend(PYTEST, fixers=[Proposing(Proposal("three", {"a.py": "def f():\n    return 3\n"}))])
    assert mended.mends == ()
    assert mended.leftovers[0].check == "pytest"
    assert folder.texts() == RED


@pytest.mark.parametrize("by_command", [False, True])
async def test_a_test_is_never_edited_to_pass(tmp_path: Path, by_command: bool) -> None:
    folder = Folder(tmp_path, RED)
    easy = RED["test_a.py"].replace("== 2", "== 1")
    written = Proposal("weaken", {"test_a.py": easy})
    ordered = Proposal("weaken", commands=("sed -i 's/== 2/== 1/' test_a.py",))
    mended = await folder.mend(PYTEST, fixers=[Proposing(ordered if by_command else written)])
    assert mended.mends == ()
    assert folder.texts() == RED


async def test_a_formatter_may_lay_out_a_test_and_a_linter_may_not_change_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "import os\n", "test_a.py": "import os\nx = { 'a':1 }\n"})
    mended = await folder.mend(RUFF_FORMAT, RUFF, fixers=[OwnTools()])
    assert folder.texts() == {"a.py": "", "test_a.py": 'import os\n\nx = {"a": 1}\n'}
    assert [leftover.check for leftover in mended.leftovers] == ["ruff"]
    assert "never edited" in mended.leftovers[0].next_step


async def test_a_change_that_breaks_another_check_is_undone(tmp_path: Path) -> None:
    folder = Folder(tmp_path, RED)
    broken = Proposal("two, with an undefined name", {"a.py": "def f():\n    return 2\n\n\ndef g():\n    return h\n"})
    mended = await folder.mend(RUFF, PYTEST, fixers=[Proposing(broken)])
    assert mended.mends == ()
    assert folder.texts() == RED


async def test_a_slow_check_that_breaks_is_found_at_the_end(tmp_path: Path) -> None:
    folder = Folder(tmp_path, RED)
    slow = Check("slow", "grep -q 'return 1' a.py", CheckKind.BUILD)
    report = CheckReport((await folder.judge(PYTEST), CheckOutcome(slow, 0, 60.0, "")))
    fixer = Proposing(Proposal("two", {"a.py": "def f():\n    return 2\n"}))
    bench = Bench(folder.shell, report, list(RED), folder.judge, folder.save, folder.back, folder.progress)
    mended = await FixerMender(time.monotonic, [fixer]).mend(bench)
    assert mended.mends == ()
    assert [leftover.check for leftover in mended.leftovers] == ["pytest"]
    assert folder.texts() == RED
    assert folder.lines[-1] == "undone, it broke slow: two"


async def test_layout_that_a_mend_upsets_is_put_right(tmp_path: Path) -> None:
    folder = Folder(tmp_path, RED)
    ugly = Proposal("two", {"a.py": "def f():\n    return  2\n"})
    mended = await folder.mend(RUFF_FORMAT, PYTEST, fixers=[Proposing(ugly)])
    assert mended.leftovers == ()
    assert folder.texts()["a.py"] == "def f():\n    return 2\n"


async def test_the_second_run_changes_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {**RED, "b.py": "import os\nimport sys\nprint( sys.argv )\n"})
    first = await folder.mend(RUFF_FORMAT, RUFF, PYTEST)
    after = folder.texts()
    second = await folder.mend(RUFF_FORMAT, RUFF, PYTEST)
    assert first.leftovers == ()
    assert (second.mends, second.leftovers) == ((), ())
    assert folder.texts() == after


async def test_the_time_limit_ends_it_and_is_named(tmp_path: Path) -> None:
    folder = Folder(tmp_path, RED)
    report = CheckReport((await folder.judge(PYTEST),))
    ticks = iter(range(0, 10_000, 50))
    bench = Bench(folder.shell, report, list(RED), folder.judge, folder.save, folder.back, folder.progress, 60.0)
    mended = await FixerMender(lambda: float(next(ticks))).mend(bench)
    assert mended.mends == ()
    assert "60 s is used up" in mended.leftovers[0].next_step
    assert folder.texts() == RED


ORACLE = Proposal("expects one", {"test_a.py": RED["test_a.py"].replace("== 2", "== 1")}, oracle=True)


async def test_a_change_that_makes_a_check_hang_is_not_waited_for(tmp_path: Path) -> None:
    folder = Folder(tmp_path, RED)
    hanging = Proposal("hang", {"a.py": "def f():\n    while True:\n        pass\n"})
    began = time.monotonic()
    mended = await folder.mend(PYTEST, fixers=[Proposing(hanging)], seconds=2.0)
    assert time.monotonic() - began < 60  # the check itself would be given 900 s
    assert mended.mends == ()
    assert folder.texts()["a.py"] == RED["a.py"]


class Dawdling:
    """A fixer that would be busy for ever without proposing anything."""

    name = "dawdling"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        await case.tree.write("a.py", "half of a change\n")
        while True:
            await case.tree.shell.run("sleep 0.2")
            await case.bench.judge(case.outcome.check)
        yield Proposal("never")


async def test_a_fixer_that_never_ends_is_ended_by_the_time_limit(tmp_path: Path) -> None:
    folder = Folder(tmp_path, RED)
    began = time.monotonic()
    mended = await folder.mend(
        PYTEST, fixers=[Dawdling(), Proposing(Proposal("late", {"a.py": "x = 1\n"}))], seconds=1.5
    )
    assert time.monotonic() - began < 30
    assert "1.5 s is used up" in mended.leftovers[0].next_step
    assert folder.texts() == RED


async def test_changes_that_hang_share_what_time_is_left(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "import b\n", "b.py": "1 / 0\n"})
    check = Check("run", "python a.py", CheckKind.BUILD)
    hanging = [Proposal(f"hang {n}", {"b.py": f"while {n}:\n    pass\n"}) for n in range(1, 9)]
    outcome = await folder.judge(check)
    given: list[float] = []

    async def judge(check: Check) -> CheckOutcome:
        given.append(check.timeout_seconds)
        return CheckOutcome(check, 124, check.timeout_seconds, "", timed_out=True)

    clock = iter([float(tick) / 10 for tick in range(10_000)])
    bench = Bench(
        folder.shell,
        CheckReport((outcome,)),
        ["a.py", "b.py"],
        judge,
        folder.save,
        folder.back,
        folder.progress,
        40.0,
    )
    await FixerMender(lambda: next(clock), [Proposing(*hanging)]).mend(bench)
    assert len(given) == 8
    assert given[0] <= 40.0
    assert max(given[1:]) <= 10.0


@pytest.mark.parametrize("allowed", [False, True])
async def test_what_changes_an_expectation_is_tried_only_when_allowed(tmp_path: Path, allowed: bool) -> None:
    folder = Folder(tmp_path, RED)
    mended = await folder.mend(PYTEST, fixers=[Proposing(ORACLE)], allow_oracle_changes=allowed)
    assert [mend.summary for mend in mended.mends] == (["expects one"] if allowed else [])
    assert (folder.texts() == RED) is not allowed


async def test_what_needs_the_network_is_left_out_where_there_is_none(tmp_path: Path) -> None:
    folder, asked = Folder(tmp_path, RED), []
    online = Proposal("by the network", commands=("sed -i 's/return 1/return 2/' a.py",), online=True)
    assert (await folder.mend(PYTEST, fixers=[Proposing(online)])).mends == ()

    async def reach(command: str, seconds: float) -> tuple[int, str]:
        asked.append(command)
        return await folder.shell.run(command, seconds)

    mended = await folder.mend(PYTEST, fixers=[Proposing(online)], online=reach)
    assert [mend.summary for mend in mended.mends] == ["by the network"]
    assert asked == list(online.commands)


async def test_the_environment_is_made_anew_for_new_manifests_and_again_when_they_are_undone(tmp_path: Path) -> None:
    folder, built = Folder(tmp_path, {**RED, "needs.txt": "one\n"}), []

    async def rebuild() -> None:
        built.append(folder.texts()["needs.txt"])

    useless = Proposal("two", {"needs.txt": "two\n"}, rebuild=True)
    await folder.mend(PYTEST, fixers=[Proposing(useless)], rebuild=rebuild)
    assert built == ["two\n", "one\n"]


async def test_an_environment_that_cannot_be_made_undoes_the_change(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {**RED, "needs.txt": "one\n"})

    async def rebuild() -> None:
        if folder.texts()["needs.txt"] != "one\n":
            raise EnvironmentBroken("no such distribution")

    wrong = Proposal("two", {"needs.txt": "two\n", "a.py": "def f():\n    return 2\n"}, rebuild=True)
    mended = await folder.mend(PYTEST, fixers=[Proposing(wrong)], rebuild=rebuild)
    assert mended.mends == ()
    assert folder.texts()["needs.txt"] == "one\n"


async def test_what_fixers_find_is_told_once(tmp_path: Path) -> None:
    found = (
        Flaky("test_a.py::test_f", 5, 2),
        Suspect("a.py", 2, "f", {"ochiai": 1.0}),
        Choice("pytest", "two", "-1\n+2\n", "f()", "2"),
    )
    mended = await Folder(tmp_path, RED).mend(PYTEST, fixers=[Proposing(*found), Proposing(*found)])
    assert (mended.flaky, mended.suspects, mended.choices) == tuple((each,) for each in found)
    assert [outcome.check.name for outcome in mended.report.outcomes] == ["pytest"]


async def test_what_was_kept_is_told_at_once_with_its_snapshot(tmp_path: Path) -> None:
    folder, told = Folder(tmp_path, RED), []

    async def kept(mended: Mended, snapshot: str) -> None:
        told.append((tuple(mend.summary for mend in mended.mends), (Path(snapshot) / "a.py").read_text()))

    good = Proposal("two", {"a.py": "def f():\n    return 2\n"})
    await folder.mend(PYTEST, fixers=[Proposing(good)], kept=kept)
    assert set(told) == {(("two",), "def f():\n    return 2\n")}


class Telling:
    """A search that tells of a patch, and then finds that it was none; a choice stays."""

    name = "telling"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        await case.bench.watch(Searching("pytest", 1, 1.0, "three", "-1\n+3\n"))
        await case.bench.watch(Searching("pytest", 2, 1.0, "three"))
        yield Choice("pytest", "four", "-1\n+4\n")


async def test_the_patch_that_a_search_tells_of_is_kept_as_long_as_it_searches(tmp_path: Path) -> None:
    folder, told, seen = Folder(tmp_path, RED), [], []

    async def kept(mended: Mended, snapshot: str) -> None:
        told.append(([(each.summary, each.unproved) for each in mended.choices], mended.mends))

    async def watch(searching: Searching) -> None:
        seen.append(searching.tried)

    await folder.mend(PYTEST, fixers=[Telling()], kept=kept, watch=watch)
    assert told[:2] == [([("three", True)], ()), ([("four", False)], ())]
    assert seen == [1, 2]


class Broken:
    """A fixer that breaks down in the middle of its work."""

    name = "broken"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        yield Proposal("three", {"a.py": "def f():\n    return 3\n"})
        raise IndexError("list index out of range")


async def test_a_fixer_that_breaks_down_leaves_the_others_their_turn(tmp_path: Path) -> None:
    folder = Folder(tmp_path, RED)
    good = Proposal("two", {"a.py": "def f():\n    return 2\n"})
    mended = await folder.mend(PYTEST, fixers=[Broken(), Proposing(good)])
    assert [mend.summary for mend in mended.mends] == ["two"]
    assert "broken failed by a fault of its own: IndexError: list index out of range" in folder.lines


class Looking:
    """A fixer that keeps the diagnoses it is shown."""

    name = "looking"

    def __init__(self) -> None:
        self.seen: tuple[Diagnosis, ...] = ()

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        self.seen = case.diagnoses
        return
        yield


async def test_a_fixer_sees_what_the_output_tells(tmp_path: Path) -> None:
    looking = Looking()
    await Folder(tmp_path, RED).mend(PYTEST, fixers=[looking])
    assert looking.seen[0].category is Category.ASSERTION
    assert looking.seen[0].path == "test_a.py"


def outcome(code: int, *tests: TestCase, kind: CheckKind = CheckKind.TEST, problems: int = 0) -> CheckOutcome:
    found = tuple(Problem("a.py", n, f"problem {n}") for n in range(problems))
    return CheckOutcome(Check("x", "x", kind), code, 1.0, "", problems=found, tests=tests)


def case(name: str, status: str, message: str = "") -> TestCase:
    return TestCase(name, TestStatus(status), message)


def test_better_is_fewer_failures_and_no_new_one() -> None:
    a, b = case("a", "failed"), case("b", "failed")
    assert better(outcome(1, a), outcome(0, case("a", "passed")))
    assert better(outcome(1, a, b), outcome(1, a))
    assert not better(outcome(1, a), outcome(1, a))
    assert not better(outcome(1, a, case("b", "passed")), outcome(1, case("a", "passed"), b))
    assert better(outcome(1, kind=CheckKind.LINT, problems=3), outcome(1, kind=CheckKind.LINT, problems=2))


def test_a_broken_import_may_uncover_failing_tests() -> None:
    hidden = outcome(2, case("test_a.py", "error"))
    shown = outcome(1, case("test_a.py::a", "passed"), case("test_a.py::b", "failed"))
    assert better(hidden, shown)
    assert not worse(hidden, shown)
    assert worse(shown, hidden)


def test_what_broken_text_hid_is_nothing_new() -> None:
    def said(code: str, message: str) -> CheckOutcome:
        problem = Problem("a.py", 1, message, code)
        return CheckOutcome(Check("types", "mypy .", CheckKind.TYPES), 1, 0.1, message, problems=(problem,))

    broken, uncovered = said("syntax", "Expected `:`"), said("import-not-found", "Cannot find b")
    assert better(broken, uncovered)
    assert not worse(broken, uncovered)
    assert worse(uncovered, broken)
    assert not better(uncovered, said("arg-type", "wrong"))
    error, still = case("a", "error", "E  SyntaxError: x"), case("b", "passed")
    assert better(outcome(1, error, still), outcome(1, case("a::one", "failed"), still))
    assert not better(outcome(1, error, still), outcome(1, case("a::one", "failed"), case("b", "failed")))


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "test_a.py",
        "pkg/a_test.py",
        "conftest.py",
        "src/a.spec.ts",
        "test.mjs",
        "web/__snapshots__/a.snap",
        "a_test.go",
    ],
)
def test_tests_are_known_by_their_paths(path: str) -> None:
    assert is_test_file(path)


@pytest.mark.parametrize("path", ["src/a.py", "contest.py", "src/testing_tools.py", "latest.py", "src/spec.py"])
def test_sources_are_not_taken_for_tests(path: str) -> None:
    assert not is_test_file(path)


def test_meaning_is_more_than_layout() -> None:
    assert same_meaning("test_a.py", "import b\nimport a\nx=1\n", "import a\nimport b\n\nx = 1\n")
    assert not same_meaning("test_a.py", "assert x == 1\n", "assert x\n")
    assert not same_meaning("test_a.py", "import a\n", "\n")
    assert not same_meaning("test_a.py", "x = 1\n", "x = (\n")
    assert same_meaning("a.test.js", "let a = 'x'\n", 'const a = "x";\n')
    assert not same_meaning("a.test.js", "expect(a).toBe(1)", "expect(a).toBe(2)")
    assert not same_meaning("a.test.js", "a && (b || c)", "a && b || c")


def test_what_hangs_is_no_better_though_it_tells_of_fewer_failures() -> None:
    failing = tuple(TestCase(f"test_{n}", TestStatus.FAILED) for n in range(3))
    before = CheckOutcome(PYTEST, 1, 1.0, "", tests=failing)
    after = CheckOutcome(PYTEST, 124, 9.0, "", timed_out=True, tests=failing[:1])
    assert not better(before, after)
    assert worse(before, after)


async def test_a_file_that_a_command_makes_is_seen(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"pyproject.toml": '[project]\nname = "shop"\n'})
    check = Check(
        "lock", "test -f uv.lock || { echo 'Unable to find lockfile at `uv.lock`'; exit 1; }", CheckKind.LINT
    )

    async def reach(command: str, seconds: float) -> tuple[int, str]:
        assert "uv lock" in command
        return await folder.shell.run("touch uv.lock", seconds)

    mended = await folder.mend(check, fixers=[LockFiles()], online=reach)
    assert [mend.paths for mend in mended.mends] == [("uv.lock",)]
