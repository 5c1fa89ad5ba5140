"""Which control groups are used, on machines made of plain files."""

from __future__ import annotations

from pathlib import Path

from journeyman.sandbox import SandboxLimits
from journeyman.sandbox.cgroups import Absent, Separate, Unified, find

LIMITS = SandboxLimits(memory=123_000, processes=45)


def machine(root: Path, mounts: str, own: str) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mountinfo").write_text(mounts)
    (root / "proc/self/cgroup").write_text(own)


def group(root: Path, place: str, control: str | None = None) -> Path:
    folder = root / place
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.procs").touch()
    if control is not None:
        (folder / "cgroup.subtree_control").write_text(control)
    return folder


V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
V1 = (
    "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "32 23 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
)


def test_version_2_is_used_where_controllers_are_handed_down(tmp_path: Path) -> None:
    machine(tmp_path, V2, "0::/user/session\n")
    group(tmp_path, "sys/fs/cgroup/user/session", "")
    above = group(tmp_path, "sys/fs/cgroup/user", "cpu memory pids")
    found = find(tmp_path)
    assert found == Unified(above)


def test_version_1_is_used_where_version_2_hands_nothing_down(tmp_path: Path) -> None:
    machine(
        tmp_path, V2.replace("cgroup rw,nosuid", "cgroup/unified rw") + V1, "4:memory:/job\n3:pids:/elsewhere\n0::/\n"
    )
    group(tmp_path, "sys/fs/cgroup/unified", "hugetlb")
    memory = group(tmp_path, "sys/fs/cgroup/memory/job")
    processes = group(tmp_path, "sys/fs/cgroup/pids")
    assert find(tmp_path) == Separate(memory, processes)


def test_neither_is_no_error(tmp_path: Path) -> None:
    machine(tmp_path, "", "")
    found = find(tmp_path)
    assert found == Absent()
    made = found.make(LIMITS)
    assert made.folders == ()
    assert made.oom_kills() == 0
    made.remove()


def test_a_group_has_its_limits_and_counts_kills(tmp_path: Path) -> None:
    class Kernel(Unified, frozen=True):
        """Makes the files that the kernel makes."""

    parent = group(tmp_path, "top", "memory pids")
    made = Kernel(parent).make(LIMITS)
    (folder,) = made.folders
    (folder / "memory.events").write_text("low 0\noom 2\noom_kill 3\noom_group_kill 0\n")
    assert made.oom_kills() == 3


def test_groups_of_the_dead_are_taken_away(tmp_path: Path) -> None:
    parent = group(tmp_path, "top", "memory pids")
    stale = parent / "journeyman-999999999-1"
    stale.mkdir()
    made = Unified(parent).make(LIMITS)
    assert not stale.exists()
    made.remove()
    assert not made.folders[0].exists()
