"""`make demo` as a newcomer starts it: without a model, and with one that speaks Anthropic's protocol on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.scripts import CONTENT, PLAN
from tests.llm.servers import Asked, Deed, ProviderServer, Says, call

ROOT = Path(__file__).resolve().parents[2]
MEND = (
    "sed -i 's/count > pieces/count >= pieces/' src/orders/pricing.py"
    " && sed -i 's/orders.pricng/orders.pricing/' src/orders/report.py"
    " && ruff format -q . && ruff check -q --fix ."
)


def demo(home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the demo by its target; the set-up is there, for this very test runs in it."""
    command = ["make", "-s", "demo", *words, f"BIN={Path(sys.executable).parent}"]
    settings = {"JOURNEYMAN_HOME": str(home), "TMPDIR": str(home.parent), "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **settings, **variables}, capture_output=True, text=True, timeout=300
    )


def answer(asked: Asked) -> Deed:
    system = json.dumps(asked.body["system"])
    if "planner of Journeyman" in system:
        return Says(json.dumps(PLAN))
    if "tester of Journeyman" in system or "reviewer of Journeyman" in system:
        return Says(json.dumps(CONTENT))
    mended = "tool_result" in json.dumps(asked.body["messages"])
    return Says("mended") if mended else Says(calls=[call("run_shell_command", command=MEND)])


def test_the_demo_needs_no_key(tmp_path: Path) -> None:
    done = demo(tmp_path / "home")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("journeyman run", "the diff of the pushed branch", "count >= pieces", "all good", "0.00 dollars"):
        assert word in done.stdout
    assert "running 3 checks before any change" in done.stderr


@pytest.mark.long
def test_the_demo_with_a_model(tmp_path: Path) -> None:
    with ProviderServer(answer) as server:
        own = {"ANTHROPIC_API_KEY": "sk-demo-key", "ANTHROPIC_BASE_URL": server.anthropic_url}
        done = demo(tmp_path / "home", "MODEL=anthropic:claude-sonnet-4-5", **own)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all good" in done.stdout
    assert f"model calls  {len(server.asked)}," in done.stdout
    assert "sk-demo-key" not in done.stdout + done.stderr
