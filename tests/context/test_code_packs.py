"""What a model is shown of a repository: within the budget, the same each time, each piece with its reason."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.codebase import Code, Located
from journeyman.context import Pack, Part, Piece, tokens_in
from journeyman.context.contract import text_of
from journeyman.context.fitting import Room, pack_code
from journeyman.context.gathering import team_settings
from tests.codebase.places import SHOP, committed, opened, refreshed

TASK = "The rebate is taken off twice\n\nOrder.total() with a rebate gives too little when reserve ran before."
LONG = "def enormous():\n" + "".join(f"    rebate_{n} = {n}\n" for n in range(900))
TEAM = {
    "AGENTS.md": "Run the linter before you finish.\n",
    ".journeyman.yaml": "checks:\n  tests: python -m pytest -q\n",
    "shop/enormous.py": LONG,
    "shop/prices.py": "import shop\n\n\ndef price_of(order):\n    return Order(order).total(rebate=1)\n",
}


class Known:
    """A repository that is indexed, and what is located in it for a task."""

    def __init__(self, root: Path, home: Path, task: str) -> None:
        self.index = opened(home, root)
        refreshed(self.index)
        self.located = asyncio.run(self.index.locate(task))
        self.code = self.index.code()
        self.task = task

    def pack(self, budget: int) -> Pack:
        return pack_code(self.code, self.task, self.located, budget, team_settings(self.code))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    folder = tmp_path_factory.mktemp("packs")
    known = Known(committed(folder / "one", {**SHOP, **TEAM}), folder / "home", TASK)
    yield known
    known.index.close()


def of(pack: Pack, part: Part) -> list[Piece]:
    return [piece for piece in pack.pieces if piece.part is part]


def test_a_pack_holds_map_code_tests_conventions_and_settings_each_with_its_reason(shop: Known) -> None:
    pack = shop.pack(4000)
    assert {piece.part for piece in pack.pieces} == set(Part)
    assert all(piece.reason for piece in pack.pieces)
    first = of(pack, Part.CODE)[0]
    assert first.place == "shop/orders.py:Order.total"
    assert first.text.startswith("    def total(self, rebate=0):")
    assert first.text.endswith("return sum(self.lines)")
    assert "the task names total" in first.reason
    assert "class Order" in first.reason
    assert [piece.place for piece in of(pack, Part.TEST)] == ["tests/test_orders.py:test_total_takes_the_rebate_off"]
    assert "exercises Order.total" in of(pack, Part.TEST)[0].reason
    assert of(pack, Part.MAP)[0].text.startswith("shop/orders.py: ")
    assert {piece.place for piece in of(pack, Part.SETTING)} == {"AGENTS.md", ".journeyman.yaml"}


def test_what_the_first_functions_call_comes_too(shop: Known) -> None:
    (piece,) = [piece for piece in of(shop.pack(12_000), Part.CODE) if piece.place == "shop/stock.py:Warehouse"]
    assert piece.reason == "reserve calls it"


@settings(max_examples=120, deadline=None)
@given(st.integers(min_value=0, max_value=9000))
def test_the_budget_is_never_passed_and_a_pack_is_the_same_each_time(shop: Known, budget: int) -> None:
    pack = shop.pack(budget)
    assert tokens_in(pack.text) <= pack.tokens <= budget
    assert pack == shop.pack(budget)


texts = st.text(st.characters(codec="utf-8"), max_size=400)
pieces = st.builds(
    Piece,
    part=st.sampled_from(Part),
    place=texts,
    reason=texts,
    text=texts,
    line=st.integers(0, 5),
    end_line=st.integers(0, 50),
)


@given(
    st.lists(st.tuples(st.lists(pieces, max_size=6), st.floats(0, 1), st.floats(0, 1)), max_size=4),
    st.integers(0, 900),
)
def test_no_pieces_of_any_size_pass_the_budget(fills: list[tuple[list[Piece], float, float]], budget: int) -> None:
    room = Room(budget)
    for each, share, spare in fills:
        room.fill(each, share, spare)
    assert tokens_in(text_of(room.pieces)) <= room.tokens <= budget


def test_a_function_too_large_for_the_room_is_shortened_and_says_so(tmp_path: Path) -> None:
    known = Known(committed(tmp_path / "one", {"a.py": LONG}), tmp_path / "home", "enormous sets rebate_7 wrongly")
    piece = of(known.pack(1500), Part.CODE)[0]
    assert not piece.whole
    assert "lines …]" in piece.text
    assert piece.text.startswith("def enormous():")
    assert piece.text.endswith("rebate_899 = 899")
    assert of(known.pack(20_000), Part.CODE)[0].whole


def test_a_repository_without_functions_shows_the_beginnings_of_files(tmp_path: Path) -> None:
    files = {"guide.md": "# Guide\n\nHow to install the teapot.\n", "teapot.toml": "handle = 'left'\n"}
    known = Known(committed(tmp_path / "one", files), tmp_path / "home", "the teapot guide is wrong")
    assert "guide.md" in {piece.place for piece in of(known.pack(500), Part.CODE)}


def test_no_repository_is_too_small(tmp_path: Path) -> None:
    known = Known(committed(tmp_path / "one", {"empty.txt": ""}), tmp_path / "home", "anything")
    assert known.pack(500).tokens <= 500


class Bare:
    """Code without any, as a broken index would tell."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: {} if name == "paths" else "" if name == "text" else []


def test_what_was_located_and_is_gone_does_no_harm() -> None:
    gone: Code = Bare()  # type: ignore[assignment]
    pack = pack_code(gone, "x", [Located("a.py", 1.0), Located("a.py:f", 1.0, 3, 9)], 300)
    assert pack.tokens <= 300


def journeyman(root: Path, home: Path, *words: str, said: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "JOURNEYMAN_HOME": str(home), **more}
    command = [sys.executable, "-m", "journeyman", *words]
    return subprocess.run(command, cwd=root, env=variables, input=said, capture_output=True, text=True)


def test_the_command_prints_the_pack(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", SHOP)
    done = journeyman(root, tmp_path / "home", "context", "-", "--tokens", "900", "--json", said=TASK)
    told = json.loads(done.stdout)
    assert told["budget"] == 900 >= told["tokens"] > 100
    assert told["pieces"][0].keys() >= {"part", "place", "reason", "text", "line", "end_line", "whole"}
    plain = journeyman(root, tmp_path / "home", "context", TASK)
    assert "## Code" in plain.stdout
    assert "of 8000 tokens" in plain.stderr
    hashes = [journeyman(root, tmp_path / "home", "context", TASK, PYTHONHASHSEED=seed).stdout for seed in "12"]
    assert hashes == [plain.stdout] * 2, "the same in every process"
    empty = journeyman(root, tmp_path / "home", "context", " ")
    assert (empty.returncode, empty.stderr.count("\n")) == (2, 1)
