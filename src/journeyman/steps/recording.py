"""Record what each test runs: a command runs in the sandbox, on a copy of the checkout, with a plugin of pytest."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shlex
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from journeyman.domain.coverage import Ran, Recorded, RecordedTest
from journeyman.domain.errors import BadRequest, NoSandbox
from journeyman.gates import read_repository_settings
from journeyman.git import Checkout, Checkouts
from journeyman.sandbox import TREE, Sandbox, SandboxSpec
from journeyman.steps.desk import Desk
from journeyman.steps.site import OWN_SETTINGS, look, refuse_dangerous

PLUGIN = Path(__file__).with_name("inside") / "journeyman_coverage.py"
LARGEST = 200 * 1024**2
"""Bytes of what one process wrote down."""

_FOLDER = 'd="${TMPDIR:-/tmp}/journeyman-coverage"; rm -rf "$d"; mkdir -m 700 "$d" "$d/told" && echo "$d"'
_WRITTEN = re.compile(r"\d+\.json")


class _Test(msgspec.Struct):
    name: str
    seconds: float
    passed: bool
    opaque: bool
    reads: list[str]
    sets: list[int]


class _Written(msgspec.Struct):
    """What the plugin writes down: sets are a path and its lines, as bits in hexadecimal."""

    tests: list[_Test]
    imported: list[int]
    sets: list[tuple[str, str]]
    collected: list[str]


@dataclass(frozen=True)
class CoverageRecording:
    """Records the tests of checkouts."""

    desk: Desk
    checkouts: Checkouts

    async def record(
        self, place: Path, command: str, seconds: float, tell: Callable[[str], Awaitable[None]]
    ) -> Recorded:
        """Run a command of a checkout and return what its tests ran.

        BadRequest if the policy refuses the command or nothing could be recorded, NoSandbox, EnvironmentBroken.
        """
        if rule := self.desk.refusal(command):
            raise BadRequest("--record", f"the policy refuses this command by the rule {rule}", "name another one")
        if missing := self.desk.sandboxes.missing():
            raise NoSandbox("commands cannot be isolated here", missing)
        checkout = await self.checkouts.copy(place)
        try:
            return await self._recorded(checkout, command, seconds, tell)
        finally:
            await checkout.close()

    async def _recorded(
        self, checkout: Checkout, command: str, seconds: float, tell: Callable[[str], Awaitable[None]]
    ) -> Recorded:
        workspace = checkout.workspace
        tree = await look(workspace, await workspace.base_tree())
        settings = read_repository_settings(await tree.read(OWN_SETTINGS) or "")
        refuse_dangerous(settings, self.desk.refusal)
        address, setup = str(checkout.root), settings.setup or None
        files = await asyncio.to_thread(
            blobs_below, workspace.tree, await workspace.files(await workspace.base_tree())
        )
        if not await self.desk.environments.kept(workspace.tree, setup, repository=address):
            await tell("installing what the tests need")
        made = await self.desk.environments.prepare(workspace.tree, setup, repository=address)
        sandbox = await self.desk.sandboxes.open(SandboxSpec(workspace.tree, made.mounts, made.variables, made.path))
        try:
            await tell(f"recording {command}")
            return await run_recorded(sandbox, command, seconds, files)
        finally:
            await sandbox.close()


async def run_recorded(sandbox: Sandbox, command: str, seconds: float, files: dict[str, str]) -> Recorded:
    """Run a command and return what its tests ran; `files` are the blobs of the tree. BadRequest if no test ran."""
    folder = (await sandbox.run(_FOLDER)).output.strip()
    await sandbox.run(f"cat > {shlex.quote(folder)}/{PLUGIN.name} <<'JOURNEYMAN'\n{PLUGIN.read_text()}JOURNEYMAN")
    here = shlex.quote(folder)
    asked = msgspec.json.encode({"root": TREE, "folder": f"{folder}/told"}).decode()
    await sandbox.run(f"printf %s {shlex.quote(asked)} > {here}/asked.json")
    given = (
        "export PYTHONDONTWRITEBYTECODE=1 "
        f'PYTHONPATH={here}"${{PYTHONPATH:+:$PYTHONPATH}}" '
        f'PYTEST_PLUGINS="${{PYTEST_PLUGINS:+$PYTEST_PLUGINS,}}{PLUGIN.stem}"; {command}'
    )
    result = await sandbox.run(given, timeout_seconds=seconds)
    recorded = joined(await _written(sandbox, f"{folder}/told"), files)
    again = 'export PYTEST_ADDOPTS="$PYTEST_ADDOPTS --collect-only -q"'
    await sandbox.run(f"rm -f {here}/told/*; {again}; {given}", timeout_seconds=seconds)
    collected = {name for each in await _written(sandbox, f"{folder}/told") for name in each.collected}
    recorded = msgspec.structs.replace(recorded, tests=with_lasting_names(recorded.tests, collected))
    if not recorded.tests:
        said = " ".join(result.output.split())[-300:]
        raise BadRequest("--record", f"no test of pytest ran ({said})", "give a command such as 'python -m pytest'")
    return msgspec.structs.replace(recorded, exit_code=result.exit_code, output=result.output)


async def _written(sandbox: Sandbox, folder: str) -> list[_Written]:
    names = (await sandbox.run(f"ls {shlex.quote(folder)}")).output.split()
    found = [await _read(sandbox, f"{folder}/{name}") for name in names if _WRITTEN.fullmatch(name)]
    return [each for each in found if each is not None]


def with_lasting_names(tests: Iterable[RecordedTest], collected: set[str]) -> tuple[RecordedTest, ...]:
    """Return tests by names that another run has too: where the parameters of some are named by chance (after their
    order in a set, a time, an address), all of the function are one."""
    found = list(tests)
    fleeting = {test.name.partition("[")[0] for test in found if test.name not in collected} if collected else set()
    kept: dict[str, RecordedTest] = {}
    for test in found:
        function = test.name.partition("[")[0]
        name = function if function in fleeting else test.name
        known = kept.get(name)
        if known is not None:
            test = RecordedTest(
                name,
                known.seconds + test.seconds,
                known.passed and test.passed,
                known.opaque or test.opaque,
                tuple(dict.fromkeys((*known.reads, *test.reads))),
                tuple(dict.fromkeys((*known.ran, *test.ran))),
            )
        kept[name] = msgspec.structs.replace(test, name=name)
    return tuple(kept.values())


async def _read(sandbox: Sandbox, path: str) -> _Written | None:
    try:
        return msgspec.json.decode(await sandbox.read_file(path, LARGEST), type=_Written)
    except (OSError, msgspec.DecodeError):
        return None  # a process that was killed, or code of the tree that wrote there


def joined(written: Iterable[_Written], files: dict[str, str]) -> Recorded:
    """Return what the processes of a run wrote down, as one. What lies outside the tree is left out."""
    ran: list[Ran] = []
    tests: dict[str, RecordedTest] = {}
    imported: list[int] = []
    for each in written:
        numbers: dict[int, int] = {}
        for number, (path, lines) in enumerate(each.sets):
            if path in files:
                numbers[number] = len(ran)
                ran.append(Ran(path, int(lines, 16)))
        imported += [numbers[number] for number in each.imported if number in numbers]
        for test in each.tests:
            if test.name.partition("::")[0] in files:
                sets = tuple(numbers[number] for number in test.sets if number in numbers)
                tests[test.name] = RecordedTest(
                    test.name, test.seconds, test.passed, test.opaque, tuple(test.reads), sets
                )
    return Recorded(tuple(tests.values()), tuple(ran), tuple(imported), files)


def blobs_below(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the Git blob ids of files."""
    found = {}
    for path in paths:
        file = root / path
        if not file.is_symlink() and file.is_file():
            content = file.read_bytes()
            found[path] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return found
