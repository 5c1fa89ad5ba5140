"""Removed and deprecated names of the standard library and of numpy, by what took their place."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.modernising import OLD_WORDS, modernised
from journeyman.repair.protected import is_test_file, same_meaning

_SIGNS = re.compile(
    r"DeprecationWarning|FutureWarning|PendingDeprecation|has been removed|was removed|is removed|deprecated"
    r"|AttributeError|ImportError|ModuleNotFoundError|invalid mode|\b(?:UP|NPY|PD|DTZ)\d{3}\b"
    r"|TypeError: .*(?:loop|encoding|positional)",
)


class Deprecations:
    """Writes what a name became where a check complains of what it was."""

    name = "deprecations"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        if not _SIGNS.search(case.words()):
            return
        texts: dict[str, str] = {}
        for path in case.tree.paths:
            old = await case.tree.text(path) if path.endswith(".py") else None
            new = modernised(old) if old and OLD_WORDS.search(old) else old
            if old and new and new != old and (not is_test_file(path) or same_meaning(path, old, new)):
                texts[path] = new
        told = {path: text for path, text in texts.items() if path in case.words()}
        for chosen in (told, texts) if told != texts else (texts,):
            if chosen:
                names = ", ".join(sorted(chosen)[:3])
                yield Proposal(f"what took the place of deprecated names in {names}", chosen)
