"""What taking secrets out costs: for each megabyte, for more secrets, and for each turn of a talk that grows."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from bench.figures import Figure, Order
from journeyman.domain.conversation import Role, ToolResult, ToolTurn, Turn, UserTurn
from journeyman.domain.redaction import Redactor
from journeyman.llm import Question
from journeyman.llm.redacting import QuestionRedactor

LINE = "    return self.connection.execute(statement)  # an ordinary line of code, number {}\n"
KEY = "-----BEGIN KEY-----\n" + "\n".join(f"{i:02}" + "aB3dE5gH7jK9" * 5 for i in range(25)) + "\n-----END KEY-----\n"
RESULT = "".join(LINE.format(number) for number in range(25))
"""What a tool answers: 2 kB."""


def measure(order: Order) -> list[Figure]:
    """Measure in seconds of the processor, so that other work on the machine does not count."""
    text = "".join(LINE.format(number) for number in range(12_500))[:1_000_000]
    few, many = (Redactor([KEY, *(f"token-{i}-0123456789abcdef" for i in range(n))]) for n in (1, 200))
    times = 5 if order.quick else 15
    one, all_of_them = (median(_seconds(lambda r=r: r.text(text)) for _ in range(times)) for r in (few, many))
    early, late = _turns(many, 10), _turns(many, order.turns)
    return [
        Figure("redaction of 1 MB, a key and 200 tokens", "ms", all_of_them * 1e3, 100, 20),
        Figure("redaction with 201 secrets / with 2", "x", all_of_them / one, 1.5),
        Figure(f"redaction of a turn of 2 kB, after {order.turns}", "ms", late * 1e3, 2, 0.5),
        Figure(f"redaction of a turn after {order.turns} / after 10", "x", late / early, 3, note="in all under 2 ms"),
    ]


def _turns(redactor: Redactor, number: int) -> float:
    """Return what the last turns of a talk cost, each the median of ten."""
    redacting = QuestionRedactor()
    turns: tuple[Turn, ...] = (UserTurn("begin"),)
    seconds = []
    for _ in range(number + 10):
        turns = (*turns, ToolTurn((ToolResult("c", "run_shell_command", RESULT),)))
        asked = Question("r", "k", Role.CODER, ("m",), "system", turns)
        seconds.append(_seconds(lambda asked=asked: redacting.redacted(asked, redactor)))
    return median(seconds[-10:])


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
