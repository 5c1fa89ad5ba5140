"""How often a pack holds a function that the fix of an issue changed: `python -m bench.packs INSTANCES --repos DIR`.

INSTANCES: JSON lines with `repo`, `base_commit`, `issue` and `gold_functions` (each `path:Class.function`). DIR holds
the repositories, named OWNER__NAME. Each is checked out anew with its history up to the commit alone, and
`journeyman context` is asked as anybody would. A function counts if the whole of it, or of its class, is in the pack.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

RESULTS = Path(__file__).with_name("results")
ASKED = 0.6


def checked_out(repository: Path, commit: str, target: Path) -> None:
    """Clone a repository at a commit, without any ref that leads beyond it."""
    _git("clone", "-q", "--shared", "--no-checkout", str(repository), str(target))
    _git("-C", str(target), "checkout", "-q", "--detach", commit)
    _git("-C", str(target), "remote", "remove", "origin")
    for ref in _git("-C", str(target), "for-each-ref", "--format=%(refname)").split():
        _git("-C", str(target), "update-ref", "-d", ref)


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout


def asked(folder: Path, home: Path, issue: str, tokens: int) -> dict[str, Any]:
    """Return the pack for an issue, as `journeyman context --json` gives it."""
    command = [sys.executable, "-m", "journeyman", "context", "--json", "--tokens", str(tokens), "--", issue]
    around = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}
    done = subprocess.run(command, cwd=folder, env=around, check=True, capture_output=True, text=True)
    pack: dict[str, Any] = json.loads(done.stdout)
    return pack


def holds(pack: dict[str, Any], gold: list[str]) -> bool:
    """Tell whether one of the functions is whole in a pack."""
    whole = {each["place"] for each in pack["pieces"] if each["whole"] and each["part"] in ("code", "test")}
    return any(name == place or name.startswith(f"{place}.") for name in gold for place in whole)


def measure(instances: list[dict[str, Any]], repositories: Path, tokens: int) -> list[dict[str, Any]]:
    """Return what came of each instance."""
    found = []
    for one in track(instances, console=Console(stderr=True), description="packs"):
        with tempfile.TemporaryDirectory(prefix="journeyman-packs-") as scratch:
            folder = Path(scratch) / "tree"
            checked_out(repositories / one["repo"].replace("/", "__"), one["base_commit"], folder)
            pack = asked(folder, Path(scratch), one["issue"], tokens)
        found.append(
            {"instance": one["instance_id"], "holds": holds(pack, one["gold_functions"]), "tokens": pack["tokens"]}
        )
    return found


def main() -> int:
    """Measure. Returns 1 if what is asked was not reached or a budget was passed."""
    parser = argparse.ArgumentParser(prog="python -m bench.packs", description=__doc__)
    parser.add_argument("instances", type=Path)
    parser.add_argument("--repos", type=Path, required=True, metavar="DIR")
    parser.add_argument("--every", type=int, default=1, metavar="K", help="only every K-th instance")
    parser.add_argument("--tokens", type=int, default=8000, metavar="N")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER", help="where the JSON goes")
    given = parser.parse_args()
    lines = given.instances.read_text(encoding="utf-8").splitlines()[:: given.every]
    instances = [one for one in map(json.loads, lines) if one["gold_functions"]]
    found = measure(instances, given.repos.absolute(), given.tokens)
    count, most = sum(each["holds"] for each in found), max(each["tokens"] for each in found)
    print(f"{count} of {len(found)} packs hold a gold function ({count / len(found):.1%}); at most {most} tokens")
    given.output.mkdir(parents=True, exist_ok=True)
    path = given.output / f"packs-{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps({"tokens": given.tokens, "every": given.every, "results": found}, indent=1) + "\n")
    print(path)
    return int(count < ASKED * len(found) or most > given.tokens)


if __name__ == "__main__":
    sys.exit(main())
