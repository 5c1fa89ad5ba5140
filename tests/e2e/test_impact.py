"""Coverage recorded in the real sandbox, and the tests that it chooses."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.project import BROKEN, CommandLine, make_remote, make_repository
from tests.e2e.scripts import call, says, script

FILES = {
    "sums.py": "import json\n\n\ndef add(one, other):\n    return one + other\n\n\n"
    "def halve(one):\n    return one / 2\n\n\n"
    "def rates():\n    with open('rates.json') as file:\n        return json.load(file)\n",
    "rates.json": "[1, 2]\n",
    "test_sums.py": "import subprocess\nimport sys\nimport unittest\n\nimport pytest\n\nimport sums\n\n\n"
    "@pytest.fixture(scope='module')\ndef halved():\n    return sums.halve(4)\n\n\n"
    "def test_add():\n    assert sums.add(1, 2) == 3\n\n\n"
    "def test_first(halved):\n    assert halved == 2\n\n\n"
    "def test_second(halved):\n    assert halved < 3\n\n\n"
    "def test_rates():\n    assert sums.rates() == [1, 2]\n\n\n"
    "def test_program():\n    subprocess.run([sys.executable, '-c', 'import sums'], check=True)\n\n\n"
    "class Old(unittest.TestCase):\n    def setUp(self):\n        self.one = sums.add(1, 1)\n\n"
    "    def test_old(self):\n        self.assertEqual(self.one, 2)\n\n\n"
    "@pytest.mark.parametrize('one', [object(), 1, object()], ids=lambda one: str(hash(one)))\n"
    "def test_by_chance(one):\n    assert sums.halve(2) == 1\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "checkout", FILES)


def test_what_was_recorded_in_the_sandbox_chooses_the_tests(journeyman: CommandLine, checkout: Path) -> None:
    recorded = journeyman("impact", "--repo", str(checkout), "--record", "python3 -m pytest -q", "--json")
    assert recorded.code == 0, recorded.err
    told = json.loads(recorded.out)
    assert (told["tests"], told["opaque"], told["exit_code"]) == (7, 1, 0)
    assert sorted(path.name for path in checkout.iterdir()) == [".git", *sorted(FILES)]

    def chosen(path: str, old: str, new: str) -> set[str]:
        text = FILES[path]
        (checkout / path).write_text(text.replace(old, new))
        found = journeyman("impact", "--repo", str(checkout), "--tests")
        (checkout / path).write_text(text)
        assert found.err == ""
        return {line.partition("::")[2] for line in found.out.splitlines()}

    # a test that starts a program is always among them
    assert chosen("sums.py", "one + other", "one - other") == {"test_add", "Old::test_old", "test_program"}
    assert chosen("sums.py", "one / 2", "one // 2") == {
        *("test_first", "test_second", "test_program"),
        "test_by_chance",  # its parameters have other names each time
    }
    assert chosen("rates.json", "2", "3") == {"test_rates", "test_program"}


def test_a_command_that_runs_no_test_is_refused(journeyman: CommandLine, checkout: Path) -> None:
    done = journeyman("impact", "--repo", str(checkout), "--record", "echo nothing")
    assert (done.code, done.err.count("no test of pytest ran (nothing)")) == (2, 1)


SUITE = {
    **BROKEN,
    "src/other.py": "def twice(a):\n    return 2 * a\n",
    "tests/test_other.py": "from other import twice\n\n\ndef test_twice():\n    assert twice(2) == 4\n",
    "tests/test_more.py": "from other import twice\n\n\ndef test_more():\n    assert twice(3) == 6\n",
}


def test_a_run_has_the_tests_of_its_change_run_first_and_then_all(journeyman: CommandLine, tmp_path: Path) -> None:
    remote = make_remote(tmp_path / "hosted", SUITE)
    journeyman.settings.write_text("mend_first: false\ntests_first_seconds: 0\n")
    wrong_then_right = r"sed -i 's/a \* b/a + b/; s/a - b/a * b/' src/sums.py"
    model = script(tmp_path, coder=(call("run_shell_command", command=wrong_then_right), says("done")))
    words = ("--task", "Mend the sum", "--model", model, "--validate", "python3 -m pytest -q tests", "--json")
    done = journeyman("run", str(remote), *words)
    assert done.code == 0, done.err
    with closing(sqlite3.connect(journeyman.home / "journeyman.sqlite")) as connection:
        rows = connection.execute(
            "SELECT step, command FROM commands WHERE step LIKE 'check/%' ORDER BY step, number"
        )
        ran = [(step, command) for step, command in rows if "pytest" in command]
    first, whole = "python3 -m pytest -q tests/test_sums.py", "python3 -m pytest -q tests"
    assert ran == [("check/1", first), ("check/2", first), ("check/2", whole)]
    result = done.json
    assert result["validation_result"]["tests_passed"] == 3
    journeyman("export", result["run_id"], "-o", str(tmp_path / "run.zip"))
    (journeyman.home / "index").rename(journeyman.home / "index-of-another-machine")
    replayed = journeyman("replay", str(tmp_path / "run.zip"))
    assert (replayed.code, "identical" in replayed.out) == (0, True), replayed.out + replayed.err
