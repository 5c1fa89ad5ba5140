"""The main job with Docker as the sandbox: named in the settings, nothing else changes."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.project import FIXED_SUM, CommandLine, git
from tests.sandbox.dockerd import IMAGE


def with_docker(journeyman: CommandLine, address: str, **more: str) -> CommandLine:
    """Return the command line with settings that name Docker."""
    rest = "".join(f", {name}: {value}" for name, value in more.items())
    journeyman.home.mkdir(parents=True, exist_ok=True)
    file = journeyman.home / "settings.yaml"
    file.write_text(f"sandbox: {{backend: docker, image: '{IMAGE}', cpus: 2{rest}}}\n")
    journeyman.variables.update(JOURNEYMAN_CONFIG=str(file), DOCKER_HOST=address)
    return journeyman


def test_a_task_is_delivered_by_containers(journeyman: CommandLine, remote: Path, docker_address: str) -> None:
    with_docker(journeyman, docker_address)
    words = ("--task", "Make the failing checks pass", "--mode", "bugfix", "--model", "none", "--json")
    done = journeyman("run", str(remote), *words)
    assert done.code == 0, done.out + done.err
    branch = done.json["branch_name"]
    assert git(remote, "show", f"{branch}:src/sums.py") == FIXED_SUM.strip()


def test_doctor_says_what_isolates_commands(journeyman: CommandLine, docker_address: str) -> None:
    assert "bubblewrap; memory and processes are limited by" in journeyman("doctor").out
    with_docker(journeyman, docker_address)
    assert f"docker, image {IMAGE}" in journeyman("doctor").out


def test_a_runtime_that_is_not_there_is_one_line(journeyman: CommandLine, remote: Path, docker_address: str) -> None:
    with_docker(journeyman, docker_address, runtime="runsc")
    done = journeyman("run", str(remote), "--task", "Anything", "--model", "none")
    assert done.code == 2
    (line,) = done.err.strip().splitlines()
    assert "knows no runtime runsc" in line
    assert "register it with the daemon" in line
