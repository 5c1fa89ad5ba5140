"""Complaints of linters that have one mechanical answer, also where the linter in use gives none."""

from __future__ import annotations

import re
import shlex
from collections.abc import AsyncGenerator

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.protected import is_test_file

ANSWERED = frozenset(
    (
        *("E703", "E711", "E713", "E714", "F541", "F632", "F841", "W291", "W292", "W293", "W391", "W605"),
        *("UP004", "UP008", "C400", "C401", "C402", "C408", "C416", "PIE790", "SIM118", "SIM201", "SIM202"),
    )
)
"""Codes that ruff, flake8 and its plug-ins share, whose answer keeps what a program means but in odd cases. Some of
these answers ruff holds for unsafe; here the repository's checks judge them."""

_BLANKS = frozenset(
    (
        *("E201", "E202", "E203", "E211", "E221", "E222", "E225", "E226", "E227", "E228", "E231", "E241", "E242"),
        *("E251", "E252", "E261", "E262", "E265", "E271", "E272", "E273", "E274", "E275", "E301", "E302", "E303"),
        *("E304", "E305", "E306", "E401"),
    )
)
"""What formatters put right, for repositories that have none."""

_PYLINT = {
    "C0121": "E711", "C0325": "UP034", "C0410": "E401", "R0205": "UP004", "R1711": "PLR1711", "R1721": "C416",
    "R1725": "UP008", "R1734": "C408", "R1735": "C408", "W0107": "PIE790", "W0301": "E703", "W1309": "F541",
}  # fmt: skip
"""What pylint says, as ruff calls it."""

RUFF = "PATH=$PATH:/run/journeyman/bin ruff"
"""The repository's own ruff, or else ours: where the sandbox shows our programs."""

UNDEFINED = re.compile(r"[Uu]ndefined (?:name|variable)|is not defined\b")
"""What linters say of a name that nothing defines. What is not used there may be what it was meant to be."""

_SAID = (
    re.compile(r"^(?P<path>[^\s:]+\.pyi?):\d+(?::\d+)?:? \[?(?P<code>[A-Z]{1,4}\d{3,4})\b", re.M),
    re.compile(r"^(?P<code>[A-Z]{1,4}\d{3,4}) [^\n]*\n\s*--> (?P<path>[^\s:]+):\d+", re.M),
)


class LintCodes:
    """Has ruff answer those complaints that have one answer, in the files that the linter names."""

    name = "lint codes"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        """Yield the answers to all complaints of the known kinds at once."""
        said = [found for pattern in _SAID for found in pattern.finditer(case.words())]
        known = {code: code for code in ANSWERED | _BLANKS} | _PYLINT
        if UNDEFINED.search(case.words()):
            del known["F841"]
        told = [(case.tree.path_of(found["path"]), known[found["code"]]) for found in said if found["code"] in known]
        paths = sorted({path for path, _ in told if path and not is_test_file(path)})
        codes = ",".join(sorted({code for path, code in told if path in paths}))
        if paths:
            files = " ".join(map(shlex.quote, paths))
            options = f"--isolated --preview --no-cache -q --fix --unsafe-fixes --select {codes}"
            yield Proposal(f"answer {codes} in {', '.join(paths)}", commands=(f"{RUFF} check {options} {files}",))
