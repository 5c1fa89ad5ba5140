"""The thinnest whole: find, read, judge."""

from journeyman.domain.changes import Change, ChangedFile, ChangeKind
from journeyman.gates.contract import Raw, Tree
from journeyman.gates.judging import ChangeJudge
from journeyman.gates.quality.finding import RepositoryChecks
from journeyman.gates.quality.readers import OutputReaders


def tree(files: dict[str, str]) -> Tree:
    async def read(path: str) -> str | None:
        return files.get(path)

    return Tree(paths=tuple(files), read=read)


async def test_python_repository_is_found_and_read():
    files = {
        "pyproject.toml": "[tool.ruff]\n[tool.mypy]\n",
        "shop/__init__.py": "",
        "tests/test_a.py": "def test_a(): pass\n",
    }
    checks = await RepositoryChecks().find(tree(files))
    assert [c.name for c in checks] == ["ruff", "mypy", "pytest"]
    raw = Raw(
        exit_code=1, output="FAILED tests/test_a.py::test_a - assert 1 == 2\n1 failed, 2 passed in 0.01s\n", seconds=1
    )
    outcome = OutputReaders().read(checks[-1], raw)
    assert outcome.failures() == {"test tests/test_a.py::test_a"}
    assert sum(t.status == "passed" for t in outcome.tests) == 2


async def test_skipped_test_blocks():
    before = tree({"tests/test_a.py": "def test_a(): assert f() == 1\n"})
    after = tree({"tests/test_a.py": "import pytest\n@pytest.mark.skip\ndef test_a(): assert f() == 1\n"})
    change = Change(files=(ChangedFile(path="tests/test_a.py", kind=ChangeKind.MODIFIED),))
    found = await ChangeJudge().judge(change, before, after, tests_are_the_task=False)
    assert [f.rule for f in found] == ["test-weakened.skip"]
