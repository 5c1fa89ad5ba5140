"""Further inputs for the programs of QuixBugs, made by a rule for each signature, and the comparison on them.

    python -m bench.quixbugs_inputs NAME REFERENCE CANDIDATE

Both files define the program; the exit code tells whether they agree on all inputs.
"""

from __future__ import annotations

import copy
import importlib.util
import random
import signal
import string
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

INPUTS = 200
SECONDS = 1
"""How long one call may take."""

Rule = Callable[[random.Random], tuple[Any, ...]]


def _numbers(r: random.Random, low: int = -9, high: int = 9, most: int = 8, least: int = 0) -> list[int]:
    return [r.randint(low, high) for _ in range(r.randint(least, most))]


def _word(r: random.Random, most: int = 6, letters: str = "abc") -> str:
    return "".join(r.choice(letters) for _ in range(r.randint(0, most)))


def _nested(r: random.Random, depth: int = 3) -> list[Any]:
    return [_nested(r, depth - 1) if depth and r.random() < 0.4 else r.randint(0, 9) for _ in range(r.randint(0, 4))]


def _at_most(values: list[int], r: random.Random) -> tuple[list[int], int]:
    return values, r.randint(0, len(values) - 1)


def _nearly_sorted(r: random.Random) -> tuple[list[int], int]:
    distance = r.randint(0, 4)
    values = list(range(r.randint(0, 9)))
    for i in range(0, len(values) - distance, distance + 1):
        part = values[i : i + distance + 1]
        r.shuffle(part)
        values[i : i + distance + 1] = part
    return values, distance


def _with_successor(r: random.Random) -> tuple[list[int]]:
    while True:
        values = r.sample(range(9), r.randint(2, 6))
        if values != sorted(values, reverse=True):
            return (values,)


def _postfix(r: random.Random) -> tuple[list[Any]]:
    tokens: list[Any] = [float(r.randint(1, 9))]
    for _ in range(r.randint(0, 5)):
        tokens += [float(r.randint(1, 9)), r.choice("+-*/")]
    return (tokens,)


def _infix(r: random.Random) -> tuple[list[Any]]:
    tokens: list[Any] = [r.randint(1, 9)]
    for _ in range(r.randint(0, 6)):
        tokens += [r.choice("+-*/"), r.randint(1, 9)]
    return (tokens,)


def _edges(r: random.Random, nodes: int, share: float) -> list[tuple[int, int]]:
    return [(u, v) for u in range(nodes) for v in range(nodes) if u != v and r.random() < share]


def _weights(r: random.Random) -> dict[tuple[int, int], int]:
    edges = [(u, v) for u, v in _edges(r, r.randint(2, 7), 0.6) if u < v]
    return dict(zip(edges, r.sample(range(1, 99), len(edges)), strict=True))


def _lengths(r: random.Random) -> tuple[int, dict[tuple[int, int], int]]:
    nodes = r.randint(1, 5)
    return nodes, {edge: r.randint(1, 9) for edge in _edges(r, nodes, 0.4)}


def _source(r: random.Random) -> tuple[int, dict[tuple[int, int], int]]:
    nodes = r.randint(2, 6)
    edges = {(u, v): r.randint(1, 9) for u, v in _edges(r, nodes, 0.5)}
    return 0, edges | {(u, u + 1): r.randint(1, 9) for u in range(nodes - 1)}


class _Node:
    """A node as the programs of graphs expect it."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.successor: _Node | None = None
        self.successors: list[_Node] = []
        self.incoming_nodes: list[_Node] = []
        self.outgoing_nodes: list[_Node] = []

    def __lt__(self, other: _Node) -> bool:
        return self.value < other.value

    def __repr__(self) -> str:
        return f"node {self.value}"


def _graph(r: random.Random) -> list[_Node]:
    nodes = [_Node(value) for value in range(r.randint(2, 7))]
    for u, v in _edges(r, len(nodes), 0.3):
        nodes[u].successors.append(nodes[v])
    return nodes


def _ends(r: random.Random) -> tuple[_Node, _Node]:
    nodes = _graph(r)
    return r.choice(nodes), r.choice(nodes)


def _lengths_of_graph(r: random.Random) -> tuple[dict[tuple[_Node, _Node], int], _Node, _Node]:
    nodes = _graph(r)
    lengths = {(node, other): r.randint(1, 9) for node in nodes for other in node.successors}
    return lengths, r.choice(nodes), r.choice(nodes)


def _chain(r: random.Random, may_return: bool) -> tuple[_Node | None]:
    nodes = [_Node(value) for value in range(r.randint(0, 7))]
    for node, following in pairwise(nodes):
        node.successor = following
    if may_return and nodes and r.random() < 0.5:
        nodes[-1].successor = r.choice(nodes)
    return (nodes[0] if nodes else None,)


def _acyclic(r: random.Random) -> tuple[list[_Node]]:
    nodes = [_Node(value) for value in range(r.randint(1, 7))]
    for u, v in _edges(r, len(nodes), 0.4):
        if u < v:
            nodes[u].outgoing_nodes.append(nodes[v])
            nodes[v].incoming_nodes.append(nodes[u])
    r.shuffle(nodes)
    return (nodes,)


RULES: dict[str, Rule] = {
    "bitcount": lambda r: (r.randint(0, 2**20),),
    "breadth_first_search": _ends,
    "bucketsort": lambda r: (_numbers(r, 0, 9), 10),
    "depth_first_search": _ends,
    "detect_cycle": lambda r: _chain(r, True),
    "find_first_in_sorted": lambda r: (sorted(_numbers(r)), r.randint(-10, 10)),
    "find_in_sorted": lambda r: (sorted(set(_numbers(r))), r.randint(-10, 10)),
    "flatten": lambda r: (_nested(r),),
    "gcd": lambda r: (r.randint(1, 99), r.randint(0, 99)),
    "get_factors": lambda r: (r.randint(1, 500),),
    "hanoi": lambda r: (r.randint(0, 5), *r.sample([1, 2, 3], 2)),
    "is_valid_parenthesization": lambda r: (_word(r, 8, "()"),),
    "kheapsort": _nearly_sorted,
    "knapsack": lambda r: (
        r.randint(1, 30),
        [[r.randint(1, 15), r.randint(1, 30)] for _ in range(r.randint(0, 6))],
    ),
    "kth": lambda r: _at_most(_numbers(r, least=1), r),
    "lcs_length": lambda r: (_word(r), _word(r)),
    "levenshtein": lambda r: (_word(r, 5), _word(r, 5)),
    "lis": lambda r: (r.sample(range(-20, 20), r.randint(0, 9)),),
    "longest_common_subsequence": lambda r: (_word(r), _word(r)),
    "max_sublist_sum": lambda r: (_numbers(r),),
    "mergesort": lambda r: (_numbers(r),),
    "minimum_spanning_tree": lambda r: (_weights(r),),
    "next_palindrome": lambda r: (_palindrome(r),),
    "next_permutation": _with_successor,
    "pascal": lambda r: (r.randint(1, 9),),
    "possible_change": lambda r: (r.sample(range(1, 30), r.randint(0, 4)), r.randint(-3, 40)),
    "powerset": lambda r: (r.sample(range(9), r.randint(0, 5)),),
    "quicksort": lambda r: (_numbers(r),),
    "reverse_linked_list": lambda r: _chain(r, False),
    "rpn_eval": _postfix,
    "shortest_path_length": _lengths_of_graph,
    "shortest_path_lengths": _lengths,
    "shortest_paths": _source,
    "shunting_yard": _infix,
    "sieve": lambda r: (r.randint(0, 99),),
    "sqrt": lambda r: (r.randint(1, 999), r.choice([0.5, 0.1, 0.01, 0.001])),
    "subsequences": lambda r: (r.randint(0, 6), r.randint(0, 9), r.randint(0, 4)),
    "to_base": lambda r: (r.randint(1, 9999), r.randint(2, 36)),
    "topological_ordering": _acyclic,
    "wrap": lambda r: (
        " ".join(_word(r, 9, string.ascii_lowercase) + "a" for _ in range(r.randint(1, 9))),
        r.randint(10, 20),
    ),
}


def _palindrome(r: random.Random) -> list[int]:
    half = [r.randint(1, 9), *(r.choice([0, 9, r.randint(0, 9)]) for _ in range(r.randint(0, 2)))]
    return half + half[::-1][r.randint(0, 1) :] if r.random() < 0.8 else [9] * r.randint(1, 4)


def _seen(value: Any) -> Any:
    """Return a result so that two of them can be compared: what a generator yields, the values of a chain."""
    if isinstance(value, Iterator):
        return list(value)
    if isinstance(value, _Node):
        found, node = [], value
        while node and len(found) < 50:
            found.append(node.value)
            node = node.successor  # type: ignore[assignment]
        return found
    return value


def _outcome(function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    signal.alarm(SECONDS)
    try:
        return _seen(function(*given))
    except Exception as failure:
        return type(failure).__name__
    finally:
        signal.alarm(0)


def _same(name: str, given: tuple[Any, ...], first: Any, second: Any) -> bool:
    if name == "sqrt":
        return isinstance(second, int | float) and abs(first - second) <= given[1]
    if name == "topological_ordering":
        return _in_order(given[0], second)
    return bool(first == second)


def _in_order(nodes: list[_Node], found: Any) -> bool:
    if not isinstance(found, list) or len(found) != len(nodes):
        return False
    place = {node.value: number for number, node in enumerate(found)}
    return all(place[a.value] < place[b.value] for a in nodes for b in a.outgoing_nodes)


def _module(path: Path) -> ModuleType:
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(f"program_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def differences(name: str, reference: Path, candidate: Path) -> Iterable[tuple[Any, ...]]:
    """Yield the inputs on which a candidate differs from the reference."""
    right, tried = getattr(_module(reference), name), getattr(_module(candidate), name)
    chance = random.Random(name)
    for _ in range(INPUTS):
        given = RULES[name](chance)
        # a chain is turned round in place, so each side gets its own copy
        expected = _outcome(right, copy.deepcopy(given))
        if expected == TimeoutError.__name__:
            continue  # the corrected program never ends on some inputs: these it was not made for
        if not _same(name, given, expected, _outcome(tried, copy.deepcopy(given))):
            yield given


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError()))
    for given in differences(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])):
        print(repr(given)[:200])
        sys.exit(1)
