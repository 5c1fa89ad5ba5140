"""A headless browser, where one is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


def browser() -> str | None:
    """Return the program of a browser that can dump a page."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True)
class Browser:
    """Runs pages. `program` is of Chromium's kind."""

    program: str

    def dom(self, html: str) -> str:
        """Return a page after its scripts ran, as HTML."""
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "page.html"
            place.write_text(html)
            quiet = ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile")
            command = [self.program, *quiet, "--dump-dom", place.as_uri()]
            return subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout
