"""A scripted embedder, and a repository that it helps with."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.codebase.places import committed, git, write

TOPICS = 20


def vectors(texts: list[str]) -> list[list[float]]:
    names = [(f"topic{n}_", f"synonym{n}.") for n in range(TOPICS)]
    return [[float(topic in text or other in text) for topic, other in names] + [0.01] for text in texts]


@contextmanager
def endpoint() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An endpoint with OpenAI's protocol that knows which word means which topic, and what it was asked."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append({**body, "path": self.path, "key": self.headers.get("authorization")})
            data = [{"index": at, "embedding": each} for at, each in enumerate(vectors(body["input"]))]
            answer = json.dumps({"data": data[::-1]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


def about_vehicles(root: Path) -> Path:
    """Make a repository whose messages speak of its files in other words than these do."""
    files = {f"m{n}.py": f"def vehicle_{n}():\n    return topic{n}_\n" for n in range(TOPICS)}
    root = committed(root, files)
    for n in range(16):
        write(root, {"README.md": f"{n}\n"})
        git(root, "add", "-A")
        git(root, "commit", "-qm", f"Say {n}")
    for n in (19, 18, 17, 16):
        write(root, {f"m{n}.py": files[f"m{n}.py"] + "\nX = 1\n"})
        git(root, "commit", "-qam", f"Mend the vehicle of synonym{n}.")
    return root
