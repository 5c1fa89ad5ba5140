"""Coverage recorded in the real sandbox, and the tests that it chooses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.project import CommandLine, make_repository

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
    "    def test_old(self):\n        self.assertEqual(self.one, 2)\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "checkout", FILES)


def test_what_was_recorded_in_the_sandbox_chooses_the_tests(journeyman: CommandLine, checkout: Path) -> None:
    recorded = journeyman("impact", "--repo", str(checkout), "--record", "python3 -m pytest -q", "--json")
    assert recorded.code == 0, recorded.err
    told = json.loads(recorded.out)
    assert (told["tests"], told["opaque"], told["exit_code"]) == (6, 1, 0)
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
    assert chosen("sums.py", "one / 2", "one // 2") == {"test_first", "test_second", "test_program"}
    assert chosen("rates.json", "2", "3") == {"test_rates", "test_program"}


def test_a_command_that_runs_no_test_is_refused(journeyman: CommandLine, checkout: Path) -> None:
    done = journeyman("impact", "--repo", str(checkout), "--record", "echo nothing")
    assert (done.code, done.err.count("no test of pytest ran (nothing)")) == (2, 1)
