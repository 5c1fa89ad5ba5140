"""The commands as a person uses them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codebase.places import SHOP, committed, write


@pytest.fixture
def journeyman(tmp_path: Path):
    root = committed(tmp_path / "one", SHOP)

    def run(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "journeyman", *words],
            cwd=root,
            env={**os.environ, "JOURNEYMAN_HOME": str(tmp_path / "home")},
            input=given,
            capture_output=True,
            text=True,
        )

    return run


def test_index_tells_what_it_did(journeyman) -> None:
    first = json.loads(journeyman("index", "--json").stdout)
    assert (first["files"], first["parsed"], first["problems"]) == (4, 4, [])
    again = journeyman("index")
    assert again.stdout.startswith("4 files, 0 changed, 0 parsed, 0 gone")


def test_search_finds_symbols_words_texts_and_patterns(journeyman) -> None:
    assert journeyman("search", "--symbol", "Order.total").stdout.splitlines()[0].startswith("shop/orders.py:14:")
    assert "shop/orders.py" in journeyman("search", "rebate price").stdout.splitlines()[0]
    texts = json.loads(journeyman("search", "--text", "Warehouse()", "--json").stdout)
    assert [(hit["path"], hit["line"], hit["symbol"]) for hit in texts["hits"]] == [("shop/orders.py", 24, "reserve")]
    assert len(journeyman("search", "--regex", r"^def \w+", "--path", "tests").stdout.splitlines()) == 1
    nothing = journeyman("search", "nothing_of_the_kind")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (1, "", "journeyman: nothing found\n")


def test_search_is_confined_by_language_kind_and_change(journeyman, tmp_path: Path) -> None:
    write(tmp_path / "one", {"plain.txt": "An order without a language.\n"})
    assert {hit["path"] for hit in _hits(journeyman("search", "order", "--language", "markdown"))} == {"README.md"}
    assert {hit["path"] for hit in _hits(journeyman("search", "order", "--path", "tests"))} == {
        "tests/test_orders.py"
    }
    assert "plain.txt:1: module\n" in journeyman("search", "order").stdout
    (tmp_path / "one/plain.txt").unlink()
    assert {hit["kind"] for hit in _hits(journeyman("search", "total", "--kind", "test", "--json"))} == {"test"}
    write(tmp_path / "one", {"shop/fresh.py": "def order_afresh(): pass\n"})
    assert {hit["path"] for hit in _hits(journeyman("search", "order", "--changed-since", "HEAD"))} == {
        "shop/fresh.py"
    }


def _hits(done: subprocess.CompletedProcess[str]) -> list[dict]:
    return json.loads(done.stdout)["hits"] if done.stdout.startswith("{") else _hits_of_lines(done)


def _hits_of_lines(done: subprocess.CompletedProcess[str]) -> list[dict]:
    return [{"path": line.split(":")[0]} for line in done.stdout.splitlines()]


def test_locate_ranks_files_and_functions(journeyman, tmp_path: Path) -> None:
    issue = "The rebate is not taken off the total\n\nCalling `Order.total(rebate=3)` gives the whole price."
    given = json.dumps({"repo_dir": str(tmp_path / "one"), "query": issue})
    lines = journeyman("locate", given=given).stdout.splitlines()
    assert lines[0] == "shop/orders.py"
    assert next(line for line in lines if ":" in line) == "shop/orders.py:Order.total"


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        (["index", "no-such-folder"], "", "is no folder"),
        (["index", ".git"], "", "is a bare repository"),
        (["search", "", "--text"], "", "it says nothing"),
        (["explain", ""], "", "it names nothing"),
        (["search", "x", "--repo", "README.md"], "", "--repo: README.md is no folder"),
        (["explain", "x", "--repo", "nowhere"], "", "--repo: nowhere is no folder"),
        (["impact", "--repo", "nowhere"], "", "--repo: nowhere is no folder"),
        (["suggest", "--repo", "nowhere"], "", "--repo: nowhere is no folder"),
        (["session", "vi", "--repo", "nowhere"], "", "--repo: nowhere is no folder"),
        (["locate"], '{"repo_dir": "nowhere", "query": "x"}', "nowhere is no folder"),
        (["map", "README.md", "-o", "-"], "", "is no folder"),
        (["search", "(", "--regex"], "", "not a regular expression"),
        (["search", "x", "--kind", "thing"], "", "there is no thing"),
        (["search", "x", "--language", "cobol"], "", "there is no cobol"),
        (["search", "x", "--regex", "--text"], "", "several things at once"),
        (["search", "x", "--changed-since", "nowhere"], "", "no revision nowhere"),
        (["locate"], "no JSON", "standard input"),
        (["locate"], '{"query": "x"}', "repo_dir"),
        (["explain", "nowhere.py"], "", "neither a file nor a symbol"),
        (["related", "shop/orders.py:x"], "", "no x in shop/orders.py"),
        (["impact", "nowhere"], "", "neither a file nor a revision"),
        (["impact", "-"], "no patch", "no unified diff"),
        (["impact", "HEAD", "--staged"], "", "cannot go together"),
        (["impact", "--record", "true", "--tests"], "", "records all tests"),
    ],
)
def test_wrong_use_is_told_in_one_line(journeyman, words: list[str], given: str, told: str) -> None:
    done = journeyman(*words, given=given)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


def test_a_watched_folder_is_kept_up_with(journeyman, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "journeyman", "index", "--watch", "--json"]
    variables = {**os.environ, "JOURNEYMAN_HOME": str(tmp_path / "home")}
    with subprocess.Popen(
        command, cwd=tmp_path / "one", env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as watching:
        assert watching.stdout
        assert json.loads(watching.stdout.readline())["files"] == 4
        line = ""
        for number in range(200):  # the watcher may need a moment before it sees anything
            write(tmp_path / "one", {"shop/stock.py": f"def watched_{number}(): pass\n"})
            if select.select([watching.stdout], [], [], 0.5)[0]:
                line = watching.stdout.readline()
                break
        assert json.loads(line)["changed"] >= 1
        watching.send_signal(signal.SIGINT)
        assert watching.wait() == 130


def test_impact_tells_what_a_change_touches_and_which_tests_to_run(journeyman, tmp_path: Path) -> None:
    root = tmp_path / "one"
    assert journeyman("impact").stdout == "nothing differs\n"
    text = (root / "shop/orders.py").read_text()
    write(root, {"shop/orders.py": text.replace("- rebate", "+ rebate")})
    found = json.loads(journeyman("impact", "--json").stdout)
    assert found["files"] == {"shop/orders.py": "changed"}
    assert [each["place"] for each in found["touched"]] == ["shop/orders.py:Order.total"]
    assert "shop/orders.py:Order.total" in journeyman("impact", "HEAD").stdout
    tests = journeyman("impact", "--tests")
    assert tests.stdout == "tests/test_orders.py\n"
    assert "no coverage was recorded" in tests.stderr


def test_impact_reads_a_patch_that_is_not_applied(journeyman, tmp_path: Path) -> None:
    root = tmp_path / "one"
    text = (root / "shop/orders.py").read_text()
    write(root, {"shop/orders.py": text.replace("- rebate", "+ rebate")})
    patch = subprocess.run(["git", "diff"], cwd=root, capture_output=True, text=True, check=True).stdout
    subprocess.run(["git", "checkout", "-q", "."], cwd=root, check=True)
    (tmp_path / "a.patch").write_text(patch)
    for words, given in ((["-"], patch), ([str(tmp_path / "a.patch")], "")):
        found = json.loads(journeyman("impact", *words, "--json", given=given).stdout)
        assert [each["place"] for each in found["touched"]] == ["shop/orders.py:Order.total"]


def test_what_an_editor_is_at_makes_code_likelier(journeyman, tmp_path: Path) -> None:
    gift = "def rebate_of(gift):\n    return gift.rebate  # {}\n"
    write(tmp_path / "one", {f"shop/{name}.py": gift.format(name) for name in ("east", "west")})

    def first(*words: str, folder: str = "one") -> str:
        given = json.dumps({"repo_dir": str(tmp_path / folder), "query": "rebate of a gift"})
        return journeyman("locate", *words, given=given).stdout.splitlines()[0]

    assert journeyman("session", "vi").stdout == "nothing is noted of vi\n"
    assert first("--session", "vi") == first() == "shop/east.py"
    noted = json.loads(
        journeyman(
            "session",
            "vi",
            "--at",
            "west.py:2:5",
            "--open",
            "east.py",
            "--edited",
            "west.py:2",
            "--repo",
            "shop",
            "--json",
        ).stdout
    )
    assert (noted["file"], noted["line"], noted["column"]) == ("shop/west.py", 2, 5)
    assert (noted["open_files"], noted["recent_edits"]) == (["shop/east.py"], [{"path": "shop/west.py", "line": 2}])
    assert first("--session", "vi") == "shop/west.py"
    assert first("--session", "vi", folder="one/shop") == "west.py"
    assert (first(), first("--session", "emacs")) == ("shop/east.py", "shop/east.py")
    pack = journeyman("context", "rebate of a gift", "--session", "vi").stdout
    assert pack.index("shop/west.py:1") < pack.index("shop/east.py:1")
    assert journeyman("session", "vi").stdout == "at shop/west.py:2:5\nopen: shop/east.py\nedited: shop/west.py:2\n"
    assert journeyman("suggest", "--session", "vi").returncode == 0
    outside = journeyman("session", "vi", "--at", "../x.py")
    assert (outside.returncode, outside.stderr.count("\n")) == (2, 1)
    assert "does not lie in" in outside.stderr
    assert journeyman("session", "vi", "--forget").stdout == "nothing is noted of vi\n"


def test_explain_and_related_tell_of_a_place(journeyman, tmp_path: Path) -> None:
    told = journeyman("explain", "shop/orders.py:Order.total").stdout
    for words in ("Order.total  method in python, lines 14 to 18", "test_total_takes_the_rebate_off", "A: a change"):
        assert words in told
    whole = str(tmp_path / "one/shop/orders.py") + ":Order.total"
    assert journeyman("explain", whole).stdout == told
    assert json.loads(journeyman("explain", "reserve", "--json").stdout)["symbol"]["path"] == "shop/orders.py"
    found = json.loads(journeyman("related", "shop/orders.py", "--json").stdout)["related"]
    assert "tests/test_orders.py" in {each["place"] for each in found}
    assert "  structure 0." in journeyman("related", "shop/orders.py").stdout.replace(", structure", ",  structure")


def test_names_that_are_no_text_are_told_and_asked_about(journeyman, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.py")
    (tmp_path / "one" / name).write_text("def of_bytes(): pass\n")
    assert name in json.loads(journeyman("impact", "--json").stdout)["files"]
    assert json.loads(journeyman("explain", "of_bytes", "--json").stdout)["symbol"]["path"] == name
    assert journeyman("explain", name + ":of_bytes").stdout.startswith("\\udcff.py:of_bytes  function in python")
    assert "neither a file nor a symbol" in journeyman("explain", name + "x").stderr
    assert journeyman("search", "--symbol", name).returncode == 1
