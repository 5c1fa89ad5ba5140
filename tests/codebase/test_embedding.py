"""An embedder puts what is located in a better order, and only where it was measured to do so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codebase.embeddings import about_vehicles, endpoint
from tests.codebase.places import write

PACKAGE = """
def vectors(texts):
    return [[float(f"topic{n}_" in text or f"synonym{n}." in text) for n in range(20)] + [0.01] for text in texts]

def alike(texts):
    return [[1.0] for _ in texts]

def broken(texts):
    raise RuntimeError("no weights")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return about_vehicles(tmp_path / "one")


def run(root: Path, settings: str, *words: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    place = root.parent / "settings.yaml"
    place.write_text(settings)
    variables = {**os.environ, "JOURNEYMAN_HOME": str(root.parent / "home"), "JOURNEYMAN_CONFIG": str(place), **more}
    command = [sys.executable, "-m", "journeyman", *words]
    return subprocess.run(command, cwd=root, env=variables, input=given, capture_output=True, text=True)


def rank(root: Path, settings: str, **more: str) -> int:
    """Return where the file stands among the located ones that a task is about in other words."""
    given = json.dumps({"repo_dir": str(root), "query": "Something of the vehicle with synonym13."})
    done = run(root, settings, "locate", given=given, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if ":" not in line].index("m13.py")


def test_an_endpoint_is_used_once_it_was_measured_to_be_worth_it(root: Path) -> None:
    with endpoint() as (url, asked):
        settings = f"embedder: {{url: '{url}', model: small, key: '${{EMBEDDER_KEY}}'}}"
        key = {"EMBEDDER_KEY": "secret-key-of-the-embedder"}
        before = rank(root, "{}")
        assert before > 3
        assert (rank(root, settings, **key), asked) == (before, []), "nobody has measured it"
        gain = json.loads(run(root, settings, "index", "--measure-embedder", "--json", **key).stdout)
        assert (gain["questions"], gain["on"], gain["worse"]) == (4, True, 0)
        assert gain["with_embedder"] == 100 > gain["without"]
        assert {(each["path"], each["model"], each["key"]) for each in asked} == {
            ("/v1/embeddings", "small", "Bearer secret-key-of-the-embedder")
        }
        assert rank(root, settings, **key) < before
        many = sum(len(each["input"]) for each in asked)
        assert rank(root, settings, **key) < before
        assert sum(len(each["input"]) for each in asked) == many, "no vector is made twice"
    assert rank(root, "{}") == before
    assert rank(root, settings, **key) < before, "all its vectors are kept"


def test_what_is_worth_nothing_or_fails_is_not_used(root: Path) -> None:
    folder = write(root.parent / "packages", {"likeness.py": PACKAGE})
    more = {"PYTHONPATH": str(folder)}
    before = rank(root, "{}")
    good, alike, broken = (f"embedder: {{package: 'likeness:{name}'}}" for name in ("vectors", "alike", "broken"))
    told = run(root, alike, "index", "--measure-embedder", **more)
    assert "it is not used here" in told.stdout
    assert rank(root, alike, **more) == before
    failed = run(root, broken, "index", "--measure-embedder", **more)
    assert (failed.returncode, failed.stderr.splitlines()[-1].count("no weights")) == (1, 1)
    assert "it is used from now on here" in run(root, good, "index", "--measure-embedder", **more).stdout
    assert rank(root, good, **more) < before
    write(
        folder,
        {"likeness.py": PACKAGE.replace("def vectors(texts):", "def vectors(texts):\n    raise OSError('gone')")},
    )
    given = json.dumps({"repo_dir": str(root), "query": "the vehicle of synonym12."})
    without = run(root, good, "locate", given=given, **more)
    assert (without.returncode, without.stderr.count("\n")) == (0, 1)
    assert "without the embedder" in without.stderr
    assert without.stdout.splitlines()[0] == run(root, "{}", "locate", given=given).stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("{}", "no embedder is set"),
        ("embedder: {package: 'nowhere_at_all:f'}", "nowhere_at_all"),
        ("embedder: {url: 'http://127.0.0.1:1'}", "`url` and `model`"),
        ("embedder: {url: 'ftp://x', model: m}", "no http or https URL"),
    ],
)
def test_a_wrong_embedder_is_told_in_one_line(root: Path, settings: str, told: str) -> None:
    done = run(root, settings, "index", "--measure-embedder")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert told in done.stderr
