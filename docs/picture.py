"""Makes docs/run.svg: the real output of `journeyman run` on the example project, as a picture of a terminal."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PLACE = re.compile(r"(file://)?/\S*/(orders\.git|task\.md)")


def main() -> None:
    """Run the demo and draw what it printed."""
    done = subprocess.run([sys.executable, str(ROOT / "examples" / "demo.py")], capture_output=True, text=True, check=True)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    verdicts = done.stdout[done.stdout.index("verdicts") :].splitlines()
    console = Console(record=True, width=110, file=io.StringIO())
    console.print(Text("$ journeyman run orders.git --task-file task.md --mode bugfix --model none", style="bold"))
    for line in [*lines, "", *verdicts]:
        console.print(Text(PLACE.sub(r"\2", line), style="cyan" if "·" in line else ""))
    drawn = console.export_svg(title="journeyman run")
    # No font from elsewhere: the reader's own will do.
    (ROOT / "docs" / "run.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL))


if __name__ == "__main__":
    main()
