"""The packages: fetched from the registry by pip, checked by their digests, and laid out as a small project."""

from __future__ import annotations

import shutil
import sys
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.children import must

DATA = Path(__file__).with_name("packages.toml")

RUNNER = "pytest==9.2.0\n"
"""What a project's tests need besides the standard library."""


@dataclass(frozen=True)
class Package:
    """A source distribution. `kept` are its files and folders that make the project, `tests` where its tests are;
    `left_out` are tests that ask for more than these files."""

    name: str
    version: str
    sha256: str
    kept: tuple[str, ...]
    imported_from: str
    tests: str
    left_out: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """How a person runs its tests."""
        return f"python -m pytest -q {self.tests}"


def packages() -> list[Package]:
    """Return the packages of the data file."""
    rows = tomllib.loads(DATA.read_text())["package"]
    return [Package(**{key: _frozen(value) for key, value in row.items()}) for row in rows]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def project(package: Package, folder: Path) -> Path:
    """Return the folder of a package's project, fetched and laid out if it is not there yet."""
    made = folder / package.name
    if not made.is_dir():
        unpacked = _unpacked(package, folder / "fetched" / package.name)
        partly = folder / f"{package.name}.partly"
        shutil.rmtree(partly, ignore_errors=True)
        partly.mkdir(parents=True)
        for name in package.kept:
            copy = shutil.copytree if (unpacked / name).is_dir() else shutil.copy
            (partly / name).parent.mkdir(parents=True, exist_ok=True)
            copy(unpacked / name, partly / name)
        for name in package.left_out:
            (partly / name).unlink()
        (partly / "requirements.txt").write_text(RUNNER)
        (partly / "pytest.ini").write_text(f"[pytest]\npythonpath = {package.imported_from}\n")
        partly.rename(made)
    return made


def _unpacked(package: Package, folder: Path) -> Path:
    """Download a source distribution, its digest checked by pip, and unpack it."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", package.name)
    must((*pip, "--require-hashes", "-r", str(wanted), "-d", str(folder)))
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")
