"""The bench of mending: what `make bench-repair` asks for, and the set that is cheap enough to be measured here."""

import json
import subprocess
import sys
from pathlib import Path

from bench.children import ROOT


def test_the_bench_of_mending_asks_for_every_set() -> None:
    done = subprocess.run(["make", "-n", "bench-repair", "QUIXBUGS=x"], cwd=ROOT, capture_output=True, text=True)
    for option in ("--diagnosis", "--faults", "--localisation", "--seeded", "--quixbugs x"):
        assert option in done.stdout.replace("\\\n", ""), done.stderr


def test_accuracy_and_calibration_of_the_diagnosis_are_printed_and_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.repair", "--diagnosis", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (written,) = tmp_path.glob("diagnosis-*.json")
    facts = json.loads(written.read_text())
    for part in ("held out", "rules made on"):
        (line,) = [line for line in done.stdout.splitlines() if f" {part} " in line]
        told = facts[part]
        assert told["accuracy"] == 1 - told["wrong"] / told["logs"] > 0.5
        assert f" {100 * told['accuracy']:.1f} % " in line
        assert f" {told['calibration_error']:.3f} " in line
