"""Credentials of runs: one file that its owner alone may read, never the database. And who knows all secrets."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from journeyman.domain.errors import BadSettings
from journeyman.domain.redaction import Redactor
from journeyman.domain.request import Credentials


class SecretFile:
    """Fits `SecretStore`. Made with its first secret, replaced as a whole, locked while it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, run_id: str, credentials: Credentials | None) -> None:
        """Keep a run's credentials (None: keep nothing)."""
        if credentials is None:
            return
        with self._locked():
            self._replace({**self._all(), run_id: credentials})

    def of(self, run_id: str) -> Credentials | None:
        """Return a run's credentials. BadSettings if the file is damaged or others may read it."""
        return self._all().get(run_id)

    def forget(self, run_id: str) -> None:
        """Remove them, when a run has ended."""
        if run_id not in self._all():
            return
        with self._locked():
            self._replace({known: kept for known, kept in self._all().items() if known != run_id})

    def every(self) -> dict[str, Credentials]:
        """Return the credentials of all runs. BadSettings as `of`."""
        return self._all()

    def stamp(self) -> tuple[int, int] | None:
        """Return what changes whenever the file does; None while there is none."""
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _all(self) -> dict[str, Credentials]:
        try:
            with self._path.open("rb") as file:
                mode, content = os.fstat(file.fileno()).st_mode, file.read()
        except FileNotFoundError:
            return {}
        if mode & 0o077:
            raise BadSettings(f"others may read the secrets in {self._path}", f"chmod 600 {self._path}")
        try:
            return msgspec.json.decode(content, type=dict[str, Credentials])
        except (msgspec.DecodeError, UnicodeDecodeError):
            # The decoder's own words could quote a secret.
            raise BadSettings(f"the secrets in {self._path} are damaged", "remove the file") from None

    def _replace(self, secrets: dict[str, Credentials]) -> None:
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".secrets-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(secrets))
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except BaseException:
            os.unlink(name)
            raise

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The lock has a file of its own: the secrets' file is replaced, and a lock would stay with the old one.
        handle = os.open(
            self._path.with_name(self._path.name + ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


class KnownSecrets:
    """Knows every secret that this process has met: those of the settings, and those of each run's credentials."""

    def __init__(self, settings: Iterable[str], kept: SecretFile) -> None:
        self._settings = tuple(settings)
        self._kept = kept
        self._runs: dict[str, Redactor] = {}
        self._met: set[str] = set(self._settings)
        self._stamp: tuple[int, int] | None = None
        self._all = Redactor(self._met)

    def of(self, run_id: str) -> Redactor:
        """Return what takes out the secrets of one run and of the settings; the same one each time."""
        if run_id not in self._runs:
            self._runs[run_id] = Redactor((*self._settings, *_words(self._kept.of(run_id))))
        return self._runs[run_id]

    def stored(self, text: str) -> str:
        """Return a text as it may be written down: without any known secret, and JSON if it was JSON."""
        stamp = self._kept.stamp()
        if stamp != self._stamp:
            self._met.update(*map(_words, self._kept.every().values()))
            self._all, self._stamp = Redactor(self._met), stamp
        return self._all.json(text) if self._all.finds(text) else text


def _words(credentials: Credentials | None) -> tuple[str, ...]:
    """Return the secrets of credentials, and the private key that they name by its path."""
    if credentials is None:
        return ()
    if credentials.private_key or not credentials.private_key_path:
        return credentials.secrets()
    try:
        return (*credentials.secrets(), Path(credentials.private_key_path).expanduser().read_text())
    except (OSError, UnicodeDecodeError, RuntimeError):
        # Whoever uses the key tells what is wrong with its file.
        return credentials.secrets()
