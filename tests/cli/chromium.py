"""A real browser, driven over pipes by its own protocol: real wheel, mouse and keys."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 60.0

START = """
import fcntl, os, sys
apart = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for number, end in zip((3, 4), apart):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads its commands from the descriptor 3 and answers to 4."""


def program() -> str | None:
    """Return the browser that is installed here, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page:
    """One page. What it says on its console, and every error, is kept in `said`."""

    def __init__(self, ask: int, told: int) -> None:
        self._ask, self._told = ask, told
        self._number, self._rest, self._session = 0, b"", ""
        self.said: list[str] = []

    def open(self, address: str, width: int = 1400, height: int = 900) -> float:
        """Open an address and return the seconds until the page is ready."""
        if not self._session:
            target = self.do("Target.createTarget", url="about:blank")["targetId"]
            self._session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log"):
                self.do(f"{domain}.enable")
            size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            self.do("Emulation.setDeviceMetricsOverride", **size)
        began = time.monotonic()
        self.do("Page.navigate", url=address)
        self.until(lambda: self.value("document.documentElement?.dataset.ready") == "yes")
        return time.monotonic() - began

    def value(self, script: str) -> Any:
        """Return what a script is worth."""
        found = self.do("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        until = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < until, "it never came"
            time.sleep(0.02)

    def wheel(self, x: float, y: float, by: float) -> None:
        self.do("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=by)

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def key(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        code = {"Enter": 13, "Escape": 27}.get(key, 0)
        self.do("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.do("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def write(self, text: str) -> None:
        self.do("Input.insertText", text=text)

    def picture(self, place: Path) -> None:
        place.write_bytes(base64.b64decode(self.do("Page.captureScreenshot", format="png")["data"]))

    def do(self, method: str, **given: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._ask, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._hear(answer)

    def _hear(self, event: dict[str, Any]) -> None:
        given = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            self.said.append(json.dumps(given["exceptionDetails"]))
        elif event["method"] == "Runtime.consoleAPICalled":
            self.said.append(json.dumps(given["args"]))
        elif event["method"] == "Log.entryAdded":
            self.said.append(given["entry"]["text"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._told, 1 << 20)
            assert piece, "the browser is gone"
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)


@contextmanager
def browsing(folder: Path) -> Iterator[Page]:
    """A page of a browser whose profile lies in a folder, without any network."""
    ask_there, ask = os.pipe()
    told, told_there = os.pipe()
    quiet = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    alone = ("--disable-background-networking", "--proxy-server=127.0.0.1:9", f"--user-data-dir={folder}/profile")
    ends = (str(ask_there), str(told_there))
    command = [sys.executable, "-I", "-c", START, *ends, program() or "", "--remote-debugging-pipe", *quiet, *alone]
    with subprocess.Popen(
        command, pass_fds=(ask_there, told_there), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as browser:
        os.close(ask_there)
        os.close(told_there)
        try:
            yield Page(ask, told)
        finally:
            os.close(ask)
            browser.terminate()
            os.close(told)
