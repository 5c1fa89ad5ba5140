"""Bubblewrap: what is said where it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.domain.errors import NoSandbox
from journeyman.sandbox import SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap


async def test_without_bubblewrap_the_advice_is_how_to_get_it(tmp_path: Path, tree: Path) -> None:
    lost = Bubblewrap(tmp_path / "state", search_path=str(tmp_path))
    assert "install bubblewrap" in (lost.missing() or "")
    with pytest.raises(NoSandbox, match="not installed") as caught:
        await lost.open(SandboxSpec(tree))
    assert "apt-get install" in caught.value.advice


async def test_where_namespaces_are_forbidden_the_advice_is_to_allow_them(tmp_path: Path, tree: Path) -> None:
    pretender = tmp_path / "bin/bwrap"
    pretender.parent.mkdir()
    pretender.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit\n'
        "echo 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    pretender.chmod(0o755)
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    forbidden = Bubblewrap(tmp_path / "state", search_path=f"{pretender.parent}:/usr/bin:/bin")
    assert "allow user namespaces" in (forbidden.missing() or "")
    with pytest.raises(NoSandbox, match="No permissions"):
        await forbidden.open(SandboxSpec(tree))


def test_an_old_bubblewrap_is_named(tmp_path: Path) -> None:
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.4.1\n")
    old.chmod(0o755)
    assert "0.4.1 is too old" in (Bubblewrap(tmp_path, search_path=f"{tmp_path}:/usr/bin:/bin").missing() or "")
