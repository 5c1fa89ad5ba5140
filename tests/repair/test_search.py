"""One-edit faults are found, by pytest and by unittest, and nothing is claimed where there is none."""

from pathlib import Path

import pytest

from journeyman.repair.search import OneEditSearch

from .seeded import SEEDED, Seeded, project
from .shell import PYTEST, Folder


@pytest.mark.parametrize("seeded", SEEDED, ids=lambda seeded: seeded.name)
async def test_a_seeded_fault_is_mended(tmp_path: Path, seeded: Seeded) -> None:
    folder = Folder(tmp_path, project(seeded))
    mended = await folder.mend(PYTEST, fixers=[OneEditSearch()])
    assert mended.leftovers == ()
    assert len(mended.mends) == 1
