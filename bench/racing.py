"""Us and the rival on the same script, in turn."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from bench import repositories, rival
from bench.children import Ended, NotMeasured, house, journeyman, run
from bench.model import Mark, ModelServer

TASK = "Count in part000/module00000.py"


@dataclass(frozen=True)
class Heat:
    """One run of one of them."""

    ended: Ended
    marks: list[Mark]

    @property
    def to_first_request(self) -> float:
        """Seconds from the start of the process to its first request, read to its end."""
        return self.marks[0].received - self.ended.began

    @property
    def turns(self) -> list[float]:
        """Milliseconds of each turn of the coder: from an answer sent to the next request, read to its end."""
        coder = [mark for mark in self.marks if mark.coder]
        return [(after.received - before.answered) * 1000 for before, after in itertools.pairwise(coder)]


@dataclass
class Race:
    """A repository known to both, and what each needs."""

    server: ModelServer
    folder: Path
    repository: Path
    count: int = 0

    def ours(self, turns: int) -> Heat:
        """Run Journeyman once."""
        session, home = self._session("ours"), self.folder / "ours"
        variables = house(home, JOURNEYMAN_LOCAL_URL=self.server.address(session, turns))
        words = journeyman(
            "run", str(self.repository), "--task", TASK, "--model", "local:bench", "--validate", "true",
            "--max-turns", str(turns + 10), "--no-push", "--json",
        )  # fmt: skip
        return self._heat(run(words, variables=variables, folder=self.folder), session)

    def theirs(self, program: Path, turns: int) -> Heat:
        """Run the rival once, in a clone of its own."""
        session, home = self._session("theirs"), self.folder / "theirs"
        clone = self.folder / session
        repositories.git(self.folder, "clone", "-q", str(self.repository), str(clone))
        words = rival.command(program, TASK, self.server.address(session, turns), home / f"{session}.json")
        return self._heat(run(words, variables=rival.variables(home), folder=clone), session)

    def _session(self, who: str) -> str:
        self.count += 1
        return f"{who}{self.count}"

    def _heat(self, ended: Ended, session: str) -> Heat:
        marks = self.server.marks(session)
        if ended.code != 0 or not marks:
            raise NotMeasured(f"a run ended with {ended.code} after {len(marks)} requests:\n{ended.said[-3000:]}")
        return Heat(ended, marks)
