"""Secrets that are looked for afterwards, in every place and in every simple spelling."""

from __future__ import annotations

import base64
import codecs
import gzip
import json
import random
import sqlite3
import string
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

CHARACTERS = string.ascii_letters + string.digits
DROPPED = bytes(set(range(256)) - set(CHARACTERS.encode()))

Places = dict[str, bytes]


def canary(kind: str) -> str:
    """Return a fresh secret."""
    return f"{kind}-{''.join(random.SystemRandom().choices(CHARACTERS, k=24))}"


def spelt(secret: str) -> dict[str, str]:
    """Return a secret as somebody might write it who wants to get it through."""
    raw = secret.encode()
    return {
        "plain": secret,
        "base64, alignment 0": base64.b64encode(raw).decode(),
        "base64, alignment 1": base64.b64encode(b"a" + raw).decode(),
        "base64, alignment 2": base64.b64encode(b"ab" + raw).decode(),
        "base64url": base64.urlsafe_b64encode(b"?>~" + raw).decode(),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "hex with spaces": raw.hex(" "),
        "gzip in base64": base64.b64encode(gzip.compress(raw)).decode(),
        "gzip in hex": gzip.compress(raw).hex(),
        "reversed": secret[::-1],
        "URL": quote(secret, safe=""),
        "every byte as %XX": "".join(f"%{byte:02X}" for byte in raw),
        "rot13": codecs.encode(secret, "rot13"),
        "upper case": secret.upper(),
        "lower case": secret.lower(),
        "zero-width characters": "\u200b".join(secret),
        "split by lines": "\n".join(secret[i : i + 5] for i in range(0, len(secret), 5)),
        "split by quotes": '" + "'.join(secret[i : i + 5] for i in range(0, len(secret), 5)),
        "JSON in JSON": json.dumps(json.dumps({"key": secret})),
    }


def bones(data: bytes) -> bytes:
    """Return letters and digits alone, in lower case."""
    return data.translate(None, DROPPED).lower()


def needles(secret: str) -> dict[str, bytes]:
    """Return what is looked for: forms that survive white space, signs and case."""
    raw = secret.encode()
    forms = {
        "plain": secret,
        "reversed": secret[::-1],
        "rot13": codecs.encode(secret, "rot13"),
        "hex": raw.hex(),
        **{f"base64 {n}": base64.b64encode(b"\0" * n + raw).decode().rstrip("=")[n + 1 : -1] for n in range(3)},
    }
    return {name: bones(form.encode()) for name, form in forms.items()}


def found(canaries: Iterable[str], places: Places) -> list[str]:
    """Return every place where one of the canaries stands, in any of the forms."""
    wanted = {(secret, name): needle for secret in canaries for name, needle in needles(secret).items()}
    hits = []
    for place, data in places.items():
        stripped = bones(data)
        hits += [f"{place}: {secret.split('-')[0]}, {name}" for (secret, name), n in wanted.items() if n in stripped]
    return hits


def files(home: Path) -> Places:
    """Return the files of a home, the one secret file aside, and what its git directories hold."""
    kept = {path: path for path in home.rglob("*") if path.is_file() and not path.is_symlink()}
    places = {f"home/{path.relative_to(home)}": path.read_bytes() for path in kept if path.name != "secrets.json"}
    names = {f"names/{path.relative_to(home)}": bytes(path) for path in home.rglob("*")}
    gits = [path.parent for path in home.rglob("objects") if (path.parent / "HEAD").exists()]
    return places | names | {f"objects of {path.relative_to(home)}": objects(path) for path in gits}


def objects(git_dir: Path) -> bytes:
    """Return every object and every ref of a repository, unpacked."""
    command = ["git", f"--git-dir={git_dir}", "cat-file", "--batch", "--batch-all-objects"]
    refs = ["git", f"--git-dir={git_dir}", "for-each-ref"]
    return b"".join(subprocess.run(each, capture_output=True, check=True).stdout for each in (command, refs))


def rows_of_sqlite(path: Path) -> bytes:
    """Return every value of a database: in the file a long one lies in pieces."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(
            repr(row) for table in tables for row in connection.execute(f"SELECT * FROM {table}")
        ).encode()


class Onlooker:
    """Reads the arguments of every process, and the environment of every one that is not Python."""

    def __init__(self) -> None:
        self.seen: dict[str, bytes] = {}
        self._over = threading.Event()

    @contextmanager
    def looking(self) -> Iterator[Onlooker]:
        """Look again and again until the end of the block."""
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            for folder in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    self._note(folder)

    def _note(self, folder: Path) -> None:
        words = (folder / "cmdline").read_bytes()
        if words:
            self.seen[f"arguments of {words[:60]!r} {folder.name}"] = words
        name = (folder / "comm").read_text().strip()
        if name.startswith(("git", "ssh", "bwrap", "setpriv", "sh", "bash", "socat")):
            self.seen[f"environment of {name} {folder.name}"] = (folder / "environ").read_bytes()
