"""One version in all places, and a change log that has it."""

from __future__ import annotations

import re
from pathlib import Path

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import Versions

from .shell import PYTEST, Folder

PROJECT = '[project]\nname = "shop"\nversion = "1.3.0"\n\n[tool.other]\nversion = "9.9"\n'
TEST = (
    "import tomllib\nfrom shop import __version__\n\n\ndef test_version():\n"
    "    project = tomllib.load(open('pyproject.toml', 'rb'))['project']\n"
    "    assert __version__ == project['version']\n"
)


async def test_the_version_that_was_forgotten(tmp_path: Path) -> None:
    files = {"pyproject.toml": PROJECT, "shop/__init__.py": '__version__ = "1.2.0"  # ours\n', "test_shop.py": TEST}
    folder = Folder(tmp_path, files)
    mended = await folder.mend(PYTEST, fixers=[Versions()])
    assert mended.leftovers == ()
    assert folder.texts() == {**files, "shop/__init__.py": '__version__ = "1.3.0"  # ours\n'}
    assert (await folder.mend(PYTEST, fixers=[Versions()])).mends == ()


async def test_the_change_log_gets_the_release(tmp_path: Path) -> None:
    log = "# Changelog\n\n## [Unreleased]\n\n### Added\n- a shop\n\n## [1.2.0] - 2024-01-02\n- before\n"
    command = (
        "grep -q '## .1.3.0. - ' CHANGELOG.md || { echo 'CHANGELOG.md has no entry for version 1.3.0'; exit 1; }"
    )
    folder = Folder(tmp_path, {"pyproject.toml": PROJECT, "CHANGELOG.md": log})
    mended = await folder.mend(Check("log", command, CheckKind.LINT), fixers=[Versions()])
    assert mended.leftovers == ()
    new = folder.texts()["CHANGELOG.md"]
    assert re.sub(r"\n## \[1\.3\.0\] - \d{4}-\d\d-\d\d\n", "", new) == log


async def test_nothing_is_made_up_for_a_change_log(tmp_path: Path) -> None:
    log = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2024-01-02\n- before\n"
    command = (
        "grep -q '## .1.3.0. - ' CHANGELOG.md || { echo 'CHANGELOG.md has no entry for version 1.3.0'; exit 1; }"
    )
    folder = Folder(tmp_path, {"pyproject.toml": PROJECT, "CHANGELOG.md": log})
    assert (await folder.mend(Check("log", command, CheckKind.LINT), fixers=[Versions()])).mends == ()


async def test_a_release_is_told_by_module_and_change_log_and_the_locks_follow(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "other"\nversion = "1.3.0"\n\n[[package]]\nname = "shop"\nversion = "1.3.0"\n'
    lock += 'source = { editable = "." }\n'
    node = '{\n  "name": "shop",\n  "version": "1.3.0",\n'
    node += '  "packages": {\n    "": {\n      "version": "1.3.0"\n    }\n  }\n}\n'
    module, log = 'RELEASE = "1.4.0"\n', "# Changes\n\n## 1.4.0\n\n- Faster.\n"
    test = "from shop._release import RELEASE\n\n\ndef test_version():\n    text = open('pyproject.toml').read()\n"
    test += "    assert f'version = \"{RELEASE}\"' in text\n"
    files = {
        "pyproject.toml": PROJECT, "shop/__init__.py": "", "shop/_release.py": module, "CHANGELOG.md": log,
        "uv.lock": lock, "package-lock.json": node, "test_shop.py": test,
    }  # fmt: skip
    folder = Folder(tmp_path, files)
    assert (await folder.mend(PYTEST, fixers=[Versions()])).leftovers == ()
    assert folder.texts() == {
        **files,
        "pyproject.toml": PROJECT.replace("1.3.0", "1.4.0"),
        "uv.lock": lock.replace('1.3.0"\nsource', '1.4.0"\nsource'),
        "package-lock.json": node.replace("1.3.0", "1.4.0"),
    }
