"""Credentials of runs: one file that its owner alone may read, never the database."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from journeyman.domain.errors import BadSettings
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
