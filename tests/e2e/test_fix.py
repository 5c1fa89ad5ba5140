"""`journeyman fix` as a person meets it: on checkouts as they are, dirty and odd ones too."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.project import CommandLine, git, make_repository, wait_until

RED = {
    "sums.py": '"""Sums."""\n\n\ndef total(values):\n    """Return the sum."""\n    found = 0\n'
    "    for value in values:\n        found -= value  # one by one\n    return found\n",
    "test_sums.py": "import unittest\n\nfrom sums import total\n\n\nclass Sums(unittest.TestCase):\n"
    "    def test_total(self):\n        self.assertEqual(total([1, 2]), 3)\n",
}
GREEN = RED["sums.py"].replace("-=", "+=")
HARD = {
    **RED,
    "test_hard.py": "import unittest\n\n\nclass Hard(unittest.TestCase):\n"
    "    def test_it(self):\n        self.fail('x')\n",
}
UNITTEST = ("--check", "python -m unittest")


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below a folder, git's own files too: modes, times and bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path.relative_to(folder))] = (facts.st_mode, facts.st_mtime_ns, content)
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "checkout", RED)


def test_a_fault_is_mended_and_the_second_run_changes_nothing(journeyman: CommandLine, checkout: Path) -> None:
    (checkout / "notes.txt").write_text("mine, not in git\n")
    (checkout / "sums.py").chmod(0o600)
    git(checkout, "stash", "list")
    before = state(checkout)
    first = journeyman("fix", str(checkout))
    after = state(checkout)
    second = journeyman("fix", str(checkout))
    assert first.code == 0, first.err
    assert after["sums.py"][0] == before["sums.py"][0]
    assert after["sums.py"][2].decode() == GREEN
    assert {path for path in after if after[path] != before.get(path)} == {"sums.py"}
    for told in (
        "failed unittest",
        "test assertion  test_sums.py:8",
        "proved by unittest",
        "+        found += value",
    ):
        assert told in first.out
    assert "\033" not in first.out
    assert (second.code, state(checkout)) == (0, after)
    assert "nothing was changed" in second.out


def test_a_dry_run_changes_nothing_at_all(journeyman: CommandLine, checkout: Path) -> None:
    before = state(checkout)
    done = journeyman("fix", str(checkout), "--dry-run", "--json")
    assert state(checkout) == before
    assert (done.code, done.json["success"], done.json["written"], done.json["dry_run"]) == (0, True, [], True)
    assert "+        found += value" in done.json["diff"]


def test_one_json_object_tells_everything(journeyman: CommandLine, checkout: Path) -> None:
    told = journeyman("fix", str(checkout), *UNITTEST, "--json").json
    (check,) = told["checks"]
    assert (check["command"], check["passed_before"], check["passed"]) == ("python -m unittest", False, True)
    assert (told["diagnoses"][0]["category"], told["diagnoses"][0]["path"]) == ("test assertion", "test_sums.py")
    assert told["diagnoses"][0]["evidence"]
    assert (told["mends"][0]["paths"], told["mends"][0]["check"]) == (["sums.py"], "python -m unittest")
    assert (told["written"], told["left"], told["interrupted"]) == (["sums.py"], [], False)


def test_what_is_left_is_named_with_the_next_step(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", HARD)
    done = journeyman("fix", str(checkout), "--time-limit", "30")
    assert done.code == 1
    assert (checkout / "sums.py").read_text() == GREEN
    assert (checkout / "test_hard.py").read_text() == HARD["test_hard.py"]
    assert "left   unittest" in done.out
    assert "next: " in done.out


def test_a_folder_without_git_and_an_unborn_head(journeyman: CommandLine, tmp_path: Path) -> None:
    for name in ("plain", "unborn"):
        folder = tmp_path / name
        folder.mkdir()
        for path, text in RED.items():
            (folder / path).write_text(text)
    git(tmp_path / "unborn", "init", "-q")
    for name in ("plain", "unborn"):
        assert journeyman("fix", cwd=tmp_path / name).code == 0
        assert (tmp_path / name / "sums.py").read_text() == GREEN


def test_a_project_whose_only_tests_are_examples(journeyman: CommandLine, tmp_path: Path) -> None:
    source = (
        '"""Numbers.\n\n>>> twice(2)\n4\n"""\n\n\ndef twice(n):\n    """Return it twice.\n\n    >>> twice(3)\n    6\n'
        '    """\n    return n * 3\n\n\ndef last(items):\n    """\n    >>> last([1, 2, 3])\n    3\n    """\n'
        "    return items[0]\n"
    )
    checkout = make_repository(tmp_path / "checkout", {"numbers_.py": source})
    done = journeyman("fix", str(checkout))
    assert done.code == 0, done.err
    mended = (checkout / "numbers_.py").read_text()
    assert mended == source.replace("n * 3", "n * 2").replace("items[0]", "items[-1]")
    assert "failed doctest numbers_.py  python -m doctest numbers_.py" in done.out
    assert "numbers_.py:3  Failed example: twice(2)" in done.out
    assert journeyman("fix", str(checkout)).code == 0


def test_uncommitted_work_is_what_is_mended(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", {"README.md": "x\n"})
    (checkout / "sums.py").write_text(GREEN)
    git(checkout, "add", "sums.py")
    for path, text in RED.items():
        (checkout / path).write_text(text)
    index = (checkout / ".git/index").read_bytes()
    done = journeyman("fix", str(checkout), *UNITTEST)
    assert done.code == 0, done.err
    assert (checkout / "sums.py").read_text() == GREEN
    assert (checkout / ".git/index").read_bytes() == index


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fix", "{}/nowhere"), "there is nothing at"),
        (("fix", "{}", "--check", " "), "check: the command is empty"),
        (("fix", "{}", "--check", "git push --force"), "the policy refuses this command"),
        (("fix", "{}", "--time-limit", "soon"), "'soon' is not a time"),
        (("fix", "{}", "--time-limit", "0"), "no time is left"),
        (("fix", "{}", "--model", "nobody:x"), "nobody"),
        (("fix", "{}", "--log", "{}/nowhere"), "cannot be read"),
        (("fix", "{}", "--nonsense"), "No such option"),
        (("fix", "{}/empty"), "no checks were found"),
    ],
)
def test_wrong_use_is_one_line_within_two_seconds(
    journeyman: CommandLine, checkout: Path, words: tuple[str, ...], said: str
) -> None:
    make_repository(checkout / "empty", {"a.txt": "x\n"})
    done = journeyman(*(word.replace("{}", str(checkout)) for word in words))
    lines = [line for line in done.err.splitlines() if not line.startswith("looking at")]
    assert (done.code, done.out) == (2, "")
    assert len(lines) == 1
    assert said in lines[0]


SLOW_TEST = (
    "import time\nimport unittest\n\nfrom more import slow\n\n\nclass Slow(unittest.TestCase):\n"
    "    def test_it(self):\n        time.sleep(1)\n        self.assertEqual(slow(), 'never')\n"
)


def test_an_interruption_keeps_the_best_so_far(journeyman: CommandLine, tmp_path: Path) -> None:
    """The first check is mended, the second never; Ctrl-C comes while it is searched, to the whole group."""
    files = {**RED, "more.py": "def slow():\n    return 1\n", "slow/__init__.py": "", "slow/test_slow.py": SLOW_TEST}
    checkout = make_repository(tmp_path / "checkout", files)
    checks = ("--check", "python -m unittest test_sums", "--check", "python -m unittest slow.test_slow")
    process = journeyman.start("fix", str(checkout), *checks)
    assert process.stderr is not None
    seen = []
    while not any(b"mended" in line for line in seen):
        seen.append(process.stderr.readline())
        assert seen[-1], b"".join(seen)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert (checkout / "sums.py").read_text() == GREEN
    assert "left   python -m unittest slow.test_slow" in out.decode()
    assert "journeyman fix goes on from here" in out.decode()
    assert b"Traceback" not in err


LASTING = (
    "import time\nimport unittest\n\nfrom sums import total\n\n\nclass Totals(unittest.TestCase):\n"
    "    def test_total(self):\n        time.sleep(0.02)\n        self.assertEqual(total([1, 2]), 3)\n"
)


def test_an_interruption_shows_the_patch_that_is_still_compared_with_others(
    journeyman: CommandLine, tmp_path: Path
) -> None:
    """On a terminal, whose bar tells of the patch; Ctrl-C comes while rivals are looked for."""
    files = {"app/sums.py": RED["sums.py"], "app/test_sums.py": LASTING}
    checkout = make_repository(tmp_path / "checkout", files)
    before = state(checkout)
    journeyman.variables["COLUMNS"] = "200"  # the bar ends where the terminal does
    terminal, end = os.openpty()
    check = "cd app && python -m unittest"
    process = journeyman.start("fix", str(checkout), "--check", check, "--json", stderr=end)
    os.close(end)
    shown = b""
    while b"best: app/sums.py" not in shown:
        shown += os.read(terminal, 4096)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    told = json.loads(out)
    assert (process.returncode, told["interrupted"], told["written"]) == (130, True, [])
    assert state(checkout) == before
    (found,) = told["choices"]
    assert (found["check"], found["unproved"]) == (check, True)
    subprocess.run(["git", "apply"], cwd=checkout, input=found["diff"].encode(), check=True)
    assert (checkout / "app/sums.py").read_text() == GREEN


def test_an_interruption_before_anything_was_mended(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", RED)
    before = state(checkout)
    process = journeyman.start("fix", str(checkout), "--check", "sleep 60")
    assert process.stderr is not None
    while b"installing" not in process.stderr.readline():
        pass
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert b"nothing was changed" in err
    assert state(checkout) == before


def test_what_a_person_saved_meanwhile_is_never_overwritten(journeyman: CommandLine, tmp_path: Path) -> None:
    lasting = "import time\nimport unittest\n\n\nclass Lasting(unittest.TestCase):\n"
    lasting += "    def test_it(self):\n        time.sleep(0.3)\n"
    checkout = make_repository(tmp_path / "checkout", {**RED, "test_lasting.py": lasting})
    process = journeyman.start("fix", str(checkout), *UNITTEST)
    wait_until(lambda: list(journeyman.home.glob("runs/checkout-*/tree/sums.py")))
    wait_until(lambda: list(journeyman.home.glob("runs/checkout-*/git/index")))
    (checkout / "sums.py").write_text("# saved by a person\n")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert (checkout / "sums.py").read_text() == "# saved by a person\n"
    (patch,) = journeyman.home.glob("patches/*.patch")
    assert f"git apply {patch}" in out.decode()
    assert "+        found += value" in patch.read_text()


def test_what_the_project_protects_is_not_written(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", {**RED, ".journeyman.yaml": "protected: [sums.py]\n"})
    done = journeyman("fix", str(checkout), *UNITTEST, "--json")
    assert done.code == 1
    assert (checkout / "sums.py").read_text() == RED["sums.py"]
    assert "the gates object: sums.py" in done.json["not_written"]
    assert "+        found += value" in Path(done.json["patch_file"]).read_text()


def test_a_log_beside_the_path_is_evidence(journeyman: CommandLine, checkout: Path, tmp_path: Path) -> None:
    log = tmp_path / "ci.log"
    log.write_text("src/app.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.\n")
    done = journeyman("fix", str(checkout), "--log", str(log), "--json")
    assert done.code == 1
    assert [left["check"] for left in done.json["left"]] == ["log"]
    assert done.json["written"] == ["sums.py"]
    assert done.json["log"][0]["category"] == "type"


def test_the_diff_is_in_colour_on_a_terminal_alone(journeyman: CommandLine, checkout: Path) -> None:
    words = [sys.executable, "-m", "journeyman", "fix", str(checkout), "--dry-run", *UNITTEST]
    script = ["script", "-qec", " ".join(f"'{word}'" for word in words), "/dev/null"]
    shown = subprocess.run(script, env=journeyman.environment() | {"TERM": "xterm"}, capture_output=True).stdout
    plain = subprocess.run(
        script, env=journeyman.environment() | {"TERM": "xterm", "NO_COLOR": "1"}, capture_output=True
    ).stdout
    assert b"\033[32m+        found += value" in shown
    assert b"\033[3" not in plain
    assert b"+        found += value" in plain


def test_a_search_shows_how_far_it_has_come_while_it_lasts(journeyman: CommandLine, tmp_path: Path) -> None:
    """On a terminal: several states of the bar, each with more candidates than the one before."""
    rows = "".join(f"    x = x * {n} + y if y > {n} else x - {n}\n" for n in range(1, 7))
    files = {
        "hard.py": f"def hard(x, y):\n{rows}    return x\n",
        "test_hard.py": "import unittest\n\nfrom hard import hard\n\n\nclass Hard(unittest.TestCase):\n"
        "    def test_it(self):\n        self.assertEqual([hard(n, n) for n in range(9)], list('unlikely!'))\n",
    }
    checkout = make_repository(tmp_path / "checkout", files)
    words = [sys.executable, "-m", "journeyman", "fix", str(checkout), *UNITTEST, "--time-limit", "6"]
    script = ["script", "-qec", " ".join(f"'{word}'" for word in words), "/dev/null"]
    shown = subprocess.run(script, env=journeyman.environment() | {"TERM": "xterm"}, capture_output=True).stdout
    tried = [int(each) for each in re.findall(r"(\d+) candidates, \d+ a second", shown.decode())]
    assert len(tried) > 3
    assert tried == sorted(tried)
    assert tried[0] < tried[-1]


BEHIND = {
    "package.json": '{"name": "demo", "version": "1.0.0", "scripts": {"test": "node --test"},'
    ' "dependencies": {"left-pad": "1.3.0"}}\n',
    "package-lock.json": '{"name": "demo", "version": "1.0.0", "lockfileVersion": 3, "requires": true,'
    ' "packages": {"": {"name": "demo", "version": "1.0.0"}}}\n',
    "pad.test.js": "const test = require('node:test');\nconst assert = require('node:assert');\n"
    "const pad = require('left-pad');\ntest('pads', () => assert.strictEqual(pad('a', 3), '  a'));\n",
}


def test_a_lock_file_that_keeps_the_needs_from_being_installed(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", BEHIND)
    done = journeyman("fix", str(checkout), "--json")
    assert done.code == 0, done.err
    assert [mend["paths"] for mend in done.json["mends"]] == [["package-lock.json"]]
    assert [check["passed"] for check in done.json["checks"]] == [True, True]
    assert done.json["diagnoses"][0]["category"] == "lock file behind"
    assert "left-pad-1.3.0.tgz" in (checkout / "package-lock.json").read_text()


def test_needs_that_nobody_can_install_are_named(journeyman: CommandLine, tmp_path: Path) -> None:
    files = {**RED, "requirements.txt": "no-such-distribution-of-ours==1.0\n"}
    checkout = make_repository(tmp_path / "checkout", files)
    done = journeyman("fix", str(checkout), *UNITTEST)
    assert done.code == 1
    assert "no-such-distribution-of-ours" in done.out
    assert "next: mend the repository's dependencies" in done.out
    assert (checkout / "sums.py").read_text() == RED["sums.py"]


@pytest.mark.parametrize("allowed", [False, True])
def test_an_expectation_is_made_anew_where_a_person_allows_it(
    journeyman: CommandLine, tmp_path: Path, allowed: bool
) -> None:
    files = {
        "render.sh": "echo new\n",
        "check.sh": "sh render.sh | cmp - tests/golden/page.txt || { echo 'stale, run: make golden'; exit 1; }\n",
        "Makefile": "golden:\n\tsh render.sh > tests/golden/page.txt\n",
        "tests/golden/page.txt": "old\n",
    }
    folder = make_repository(tmp_path / "checkout", files)
    more = ("--allow-oracle-changes",) if allowed else ()
    done = journeyman("fix", str(folder), "--check", "sh check.sh", *more)
    assert done.code == (0 if allowed else 1), done.err
    assert (folder / "tests/golden/page.txt").read_text() == ("new\n" if allowed else "old\n")


def test_a_check_that_hangs_is_not_waited_for(journeyman: CommandLine, checkout: Path) -> None:
    began = time.monotonic()
    done = journeyman("fix", str(checkout), "--check", "echo test; sleep 300", "--time-limit", "1")
    assert time.monotonic() - began < 120
    assert done.code == 1
    assert "took longer than 5 s" in done.out
