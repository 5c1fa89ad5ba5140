"""What is indexed, when, and what becomes of files that are no source."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from journeyman.codebase import How
from journeyman.codebase.indexing import SETTLED
from tests.codebase.places import SHOP, committed, git, opened, refreshed, write


def found(index, name: str) -> list[str]:
    return [f"{hit.path}:{hit.symbol}" for hit in index.search(name, How.SYMBOL) if hit.score >= 3]


def test_a_content_is_never_parsed_twice(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", SHOP)
    # A file that is younger is looked at once more: it may change without its time telling so.
    time.sleep(2 * SETTLED / 1e9)
    index = opened(tmp_path / "home", root)
    assert refreshed(index).parsed == len(SHOP)
    assert (refreshed(index).changed, refreshed(index).parsed) == (0, 0)

    git(root, "checkout", "-q", "-b", "other")
    committed(root, {"shop/orders.py": "def other(): pass\n"})
    assert refreshed(index).parsed == 1
    assert found(index, "other") == ["shop/orders.py:other"]
    git(root, "checkout", "-q", "main")
    assert refreshed(index).parsed == 0
    assert found(index, "reserve") == ["shop/orders.py:reserve"]
    assert found(index, "other") == []


def test_a_clone_shares_the_index(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", SHOP)
    refreshed(opened(tmp_path / "home", root))
    git(tmp_path, "clone", "-q", str(root), "two")
    report = refreshed(opened(tmp_path / "home", tmp_path / "two"))
    assert (report.files, report.parsed) == (len(SHOP), 0)
    assert len(list((tmp_path / "home").glob("*.sqlite"))) == 1


def test_the_work_tree_counts_as_it_is(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", SHOP | {".gitignore": "made/\n"})
    index = opened(tmp_path / "home", root)
    refreshed(index)
    write(root, {"shop/new.py": "def brand_new(): pass\n", "made/out.py": "def ignored(): pass\n"})
    (root / "shop/stock.py").unlink()
    report = refreshed(index)
    assert (report.parsed, report.removed) == (1, 1)
    assert found(index, "brand_new") == ["shop/new.py:brand_new"]
    assert found(index, "ignored") == []
    assert found(index, "take") == []


def test_files_that_are_named_are_brought_up_to_date_alone(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", SHOP)
    index = opened(tmp_path / "home", root)
    refreshed(index)
    write(root, {"shop/orders.py": "def renewed(): pass\n", "shop/unseen.py": "def unseen(): pass\n"})
    (root / "shop/stock.py").unlink()
    assert index.touch(["shop/orders.py", "shop/stock.py"]) == 2
    assert found(index, "renewed") == ["shop/orders.py:renewed"]
    assert found(index, "take") == found(index, "unseen") == []


def test_a_change_that_keeps_size_and_time_is_noticed(tmp_path: Path) -> None:
    root = write(tmp_path / "one", {"a.py": "def first(): pass\n"})
    index = opened(tmp_path / "home", root)
    refreshed(index)
    before = (root / "a.py").stat()
    (root / "a.py").write_text("def other(): pass\n")
    os.utime(root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    refreshed(index)
    assert found(index, "other") == ["a.py:other"]


def test_strange_files_are_indexed_as_far_as_sensible_and_reported(tmp_path: Path) -> None:
    root = write(
        tmp_path / "one",
        {
            "broken.py": "class Broken(:\n    def still_found(self):\n        pass\n",
            "latin.py": "# -*- coding: latin-1 -*-\ndef gr\xfcsse(): pass\n".encode("latin-1"),
            "wrong.py": b"def wrong(): return '\xff\xfe\xfa'\n",
            "binary.bin": b"\0\1\2" * 100,
            "minified.py": "var a=1;" * 5000,
            "deep.py": "(" * 40_000,
            "with\nnewline.py": "def newline_in_name(): pass\n",
            os.fsdecode(b"not-\xff-utf8.py"): "def strange_name(): pass\n",
            "pointer.py": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
            "dos.py": b"class Dos:\r\n    def dos_lines(self):\r\n        pass\r\n",
            "wide.py": "def in_utf_16(): pass\n".encode("utf-16"),
            "empty.py": "",
        },
    )
    (root / "link.py").symlink_to("/etc/passwd")
    (root / "folder").symlink_to("/etc")
    (root / "loop").symlink_to(".")
    os.mkfifo(root / "pipe.py")
    with (root / "huge.txt").open("wb") as file:
        file.truncate(65_000_000)
    index = opened(tmp_path / "home", root)
    problems = {problem.path: problem.reason for problem in refreshed(index).problems}
    assert problems["broken.py"] == "broken syntax"
    assert problems["latin.py"] == "latin-1"
    assert problems["binary.bin"] == "binary"
    assert problems["minified.py"] == "minified"
    assert problems["link.py"] == problems["folder"] == "a link"
    assert problems["pipe.py"] == "no ordinary file"
    assert problems["huge.txt"] == "larger than 64 MB"
    assert problems["pointer.py"] == "its content is kept by Git LFS"
    assert problems["loop"] == "a link"
    assert problems["wide.py"] == "UTF-16"
    assert found(index, "dos_lines") == ["dos.py:Dos.dos_lines"]
    assert found(index, "in_utf_16") == ["wide.py:in_utf_16"]
    assert found(index, "still_found") == ["broken.py:Broken.still_found"]
    assert found(index, "grüsse") == ["latin.py:grüsse"]
    assert found(index, "newline_in_name") == ["with\nnewline.py:newline_in_name"]
    assert found(index, "strange_name") == [f"{os.fsdecode(b'not-')}\udcff-utf8.py:strange_name"]
    assert refreshed(index).parsed == 0


def test_repositories_within_and_partial_checkouts_are_told_apart(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", {"kept/a.py": "def kept(): pass\n", "left/b.py": "def left_out(): pass\n"})
    committed(root / "nested", {"n.py": "def nested(): pass\n"})
    report = refreshed(opened(tmp_path / "home", root))
    assert [(problem.path, problem.reason) for problem in report.problems] == [
        ("nested", "a folder of its own repository")
    ]
    git(root, "worktree", "add", "-q", str(tmp_path / "tree"))
    write(tmp_path / "tree", {"own.py": "def own(): pass\n"})
    tree = opened(tmp_path / "home", tmp_path / "tree")
    assert (refreshed(tree).parsed, found(tree, "own")) == (1, ["own.py:own"])
    git(tmp_path, "clone", "-q", str(root), "sparse")
    git(tmp_path / "sparse", "sparse-checkout", "set", "kept")
    sparse = opened(tmp_path / "home", tmp_path / "sparse")
    assert refreshed(sparse).problems == ()
    assert (found(sparse, "kept"), found(sparse, "left_out"), found(sparse, "own")) == (["kept/a.py:kept"], [], [])


def test_a_tree_that_changes_meanwhile_ends_as_it_is(tmp_path: Path) -> None:
    root = write(tmp_path / "one", {f"p{n % 7}/m{n}.py": f"def function_{n}(): pass\n" * 30 for n in range(600)})
    index = opened(tmp_path / "home", root)
    ended = Event()

    def restless() -> None:
        for turn in count():
            folder = root / f"p{turn % 7}"
            (folder / f"m{turn}.py").write_text(f"def renewed_{turn}(): pass\n")
            folder.rename(root / "away")
            (root / "away").rename(folder)
            (folder / f"m{turn}.py").unlink()
            if ended.is_set():
                return

    with ThreadPoolExecutor(1) as thread:
        working = thread.submit(restless)
        try:
            for _ in range(3):
                refreshed(index)
        finally:
            ended.set()
        working.result()
    refreshed(index)
    there = {path.relative_to(root).as_posix() for path in root.rglob("*.py")}
    assert set(index.code().paths()) == there
    assert found(index, "renewed_3") == []


def test_fifty_megabytes_of_text_are_cut_off_in_bounded_time(tmp_path: Path) -> None:
    root = write(tmp_path / "one", {"long.txt": b"needle in a long text\n" + b"straw 12345 straw\n" * 2_800_000})
    began = time.process_time()
    report = refreshed(opened(tmp_path / "home", root))
    assert time.process_time() - began < 10
    assert [problem.reason for problem in report.problems] == ["cut off"]


@pytest.mark.parametrize("harm", ["torn", "overwritten", "emptied", "no database"])
def test_a_damaged_index_is_noticed_and_built_anew(tmp_path: Path, harm: str) -> None:
    root = write(tmp_path / "one", SHOP | {f"m{n}.py": f"def function_{n}(): return {n}\n" * 40 for n in range(40)})
    index = opened(tmp_path / "home", root)
    refreshed(index)
    index.close()
    (file,) = (tmp_path / "home").glob("*.sqlite")
    content = file.read_bytes()
    damaged = {
        "torn": content[: len(content) // 2],
        "overwritten": content[:8192] + b"\xab" * (len(content) - 8192),
        "emptied": b"",
        "no database": b"this is no database " * 500,
    }[harm]
    file.write_bytes(damaged)
    again = opened(tmp_path / "home", root)
    report = refreshed(again, thorough=True)
    assert report.parsed == report.files == 44
    assert bool(report.rebuilt) == (harm != "emptied")
    assert found(again, "function_7") == ["m7.py:function_7"] * 20


def test_two_processes_may_fill_one_index(tmp_path: Path) -> None:
    root = write(tmp_path / "one", {f"m{n}.py": f"def function_{n}(): return {n}\n" for n in range(300)})
    program = (
        "import sys; from pathlib import Path; from tests.codebase.places import *;"
        "print(refreshed(opened(Path(sys.argv[1]), Path(sys.argv[2]))).parsed)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "home"), str(root)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [process.communicate()[0] for process in processes]
    assert sum(map(int, outputs)) == 300
    assert refreshed(opened(tmp_path / "home", root), thorough=True).rebuilt == ""
