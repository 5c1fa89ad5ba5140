"""The main job, for real: `journeyman run` on a broken project, then what it did. Started by `make demo`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

HERE = Path(__file__).resolve().parent
OUR_NAME = ("-c", "user.name=Demo", "-c", "user.email=demo@localhost", "-c", "init.defaultBranch=main")
IGNORED = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv")

console = Console(highlight=False)


def git(*words: str, cwd: Path) -> str:
    """Run git and return what it printed; it ends the demo if it fails."""
    done = subprocess.run(["git", *OUR_NAME, *words], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {words[0]} failed: {done.stderr.strip()}")
    return done.stdout


def make_remote(folder: Path) -> Path:
    """Make a bare repository that holds the broken example."""
    source, remote = folder / "orders", folder / "orders.git"
    shutil.copytree(HERE / "orders", source, ignore=IGNORED)
    git("init", "-q", cwd=source)
    git("add", ".", cwd=source)
    git("commit", "-q", "-m", "Sell things", cwd=source)
    git("clone", "-q", "--bare", str(source), str(remote), cwd=folder)
    shutil.rmtree(source)
    return remote


def deliver(remote: Path, home: Path, model: str) -> tuple[int, dict[str, Any]]:
    """Run the main job, its progress passing through, and return its exit code and result."""
    command = [
        str(Path(sys.executable).with_name("journeyman")),
        "run",
        remote.as_uri(),
        "--json",
        "--mode",
        "bugfix",
    ]
    command += ["--task-file", str(HERE / "task.md"), "--model", model]
    shown = ["journeyman", *command[1:]]
    console.print(Panel(" ".join(shown), title="what runs", title_align="left", border_style="blue"))
    variables = os.environ | {"JOURNEYMAN_HOME": os.environ.get("JOURNEYMAN_HOME") or str(home)}
    try:
        done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError:
        raise SystemExit("journeyman is not installed here: run `make install`") from None
    except KeyboardInterrupt:
        return 130, {}
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode or 1, {}


def show_diff(remote: Path, branch: str) -> None:
    """Show what the pushed branch changes."""
    diff = git("diff", f"main...{branch}", cwd=remote)
    console.rule("[bold]the diff of the pushed branch", align="left")
    console.print(Syntax(diff or "(nothing)", "diff", background_color="default", word_wrap=True))
    console.rule("[bold]the commit", align="left")
    console.print(git("log", "--stat", "--format=%h %an%n%n%B", f"main..{branch}", cwd=remote), markup=False)


def show_verdicts(result: dict[str, Any]) -> None:
    """Show what the checks said in the end, and what it cost."""
    validation, used = result.get("validation_result") or {}, result.get("artifacts") or {}
    table = Table(title="verdicts", title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    verdict = "[green]all good" if result.get("success") else "[red]not all good"
    table.add_row("checks", verdict)
    table.add_row("tests", f"{validation.get('tests_passed', 0)} passed, {validation.get('tests_failed', 0)} failed")
    for issue in validation.get("issues") or ():
        table.add_row("issue", str(issue))
    table.add_row("model calls", f"{used.get('llm_calls', 0)}, {used.get('cost_usd', 0.0):.2f} dollars")
    table.add_row("seconds", f"{float(result.get('execution_time_hours') or 0) * 3600:.1f}")
    if result.get("error_message"):
        table.add_row("error", str(result["error_message"]))
    console.print(table)


def main() -> int:
    """Make the remote, deliver the task, show what came of it; return the run's exit code."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--model", default="none", help="provider:name, or none")
    model = wanted.parse_args().model
    folder = Path(tempfile.mkdtemp(prefix="journeyman-demo-"))
    folder.chmod(0o755)
    remote = make_remote(folder)
    code, result = deliver(remote, folder / "home", model)
    branch = str(result.get("branch_name") or "")
    pushed = git("branch", "--list", "--format=%(refname:short)", cwd=remote).split()
    if branch in pushed:
        show_diff(remote, branch)
    if result:
        show_verdicts(result)
    if branch in pushed:
        console.print(f"\nThe branch [bold]{branch}[/] is in {remote}\n  git clone -b {branch} {remote}")
    else:
        console.print(f"\n[red]No branch was pushed[/] (exit code {code}). The remote is {remote}")
    return code


if __name__ == "__main__":
    sys.exit(main())
