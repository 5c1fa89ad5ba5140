"""Files: read, written and listed by the server inside, as `open` would do it there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from journeyman.sandbox import Sandbox

pytestmark = pytest.mark.parametrize("back_end", ["bubblewrap", "docker"], indirect=True)


async def test_what_is_written_is_read(sandbox: Sandbox, tree: Path) -> None:
    await sandbox.write_file("new/deep/file.txt", b"\0\xffcontent")
    assert await sandbox.read_file("new/deep/file.txt") == b"\0\xffcontent"
    assert (tree / "new/deep/file.txt").read_bytes() == b"\0\xffcontent"
    await sandbox.write_file("new/deep/file.txt", b"")
    assert await sandbox.read_file("new/deep/file.txt") == b""


async def test_a_file_of_many_megabytes_goes_both_ways(sandbox: Sandbox) -> None:
    content = bytes(range(256)) * 32_000
    await sandbox.write_file("large", content)
    assert await sandbox.read_file("large") == content
    assert await sandbox.read_file("large", limit=10) == content[:10]


async def test_an_existing_file_keeps_its_mode(sandbox: Sandbox, tree: Path) -> None:
    await sandbox.run("echo '#!/bin/sh' > script; chmod 755 script")
    await sandbox.write_file("script", b"#!/bin/sh\necho changed\n")
    assert (await sandbox.run("./script")).output == "changed\n"


async def test_a_listing_is_sorted_and_tells_kinds(sandbox: Sandbox) -> None:
    await sandbox.run("mkdir b; printf 12345 > a; ln -s /etc c; mkfifo d; touch -- -e $'f\\ng'")
    entries = await sandbox.list_directory("")
    found = [(entry.name, entry.kind) for entry in entries]
    assert found == [
        ("-e", "file"),
        ("a", "file"),
        ("b", "directory"),
        ("c", "link"),
        ("d", "other"),
        ("f\ng", "file"),
    ]
    assert entries[1].size == 5
    assert await sandbox.list_directory("b") == ()


async def test_names_that_are_no_text_and_very_long_ones(sandbox: Sandbox) -> None:
    await sandbox.run("touch $'\\377x'; touch $(head -c 255 /dev/zero | tr '\\0' n)")
    names = [entry.name for entry in await sandbox.list_directory(".")]
    assert sorted(names) == sorted(["\udcffx", "n" * 255])
    assert await sandbox.read_file("\udcffx") == b""


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("nowhere", FileNotFoundError),
        ("folder", IsADirectoryError),
        ("folder/file/below", NotADirectoryError),
        ("pipe", PermissionError),
        ("/dev/zero", PermissionError),
        ("secret", PermissionError),
        ("loop", OSError),
        ("n" * 300, OSError),
        ("a\0b", OSError),
    ],
)
async def test_errors_are_those_of_open(sandbox: Sandbox, path: str, error: type[OSError]) -> None:
    await sandbox.run("mkdir folder; touch folder/file; mkfifo pipe; ln -s loop loop; touch secret; chmod 0 secret")
    with pytest.raises(error):
        await asyncio.wait_for(sandbox.read_file(path), 10)


async def test_what_cannot_be_written_is_said(sandbox: Sandbox) -> None:
    await sandbox.run("mkdir folder; mkfifo pipe")
    with pytest.raises(IsADirectoryError) as caught:
        await sandbox.write_file("folder", b"x")
    assert caught.value.filename == "folder"
    for path in ("/usr/bin/true", "/etc/passwd", "/new"):
        with pytest.raises(OSError, match=r"Read-only|denied"):
            await sandbox.write_file(path, b"x")
    with pytest.raises(OSError, match=r"No such device|not a regular"):
        await asyncio.wait_for(sandbox.write_file("pipe", b"x"), 10)
    with pytest.raises(NotADirectoryError):
        await sandbox.list_directory("/etc/passwd")
    with pytest.raises(FileNotFoundError):
        await sandbox.list_directory("nowhere")


async def test_too_many_entries_are_refused(sandbox: Sandbox) -> None:
    await sandbox.run("mkdir many; cd many; python3 -c 'for n in range(10010): open(str(n), \"x\").close()'")
    with pytest.raises(OSError, match="more than 10000"):
        await sandbox.list_directory("many")


async def test_a_link_made_inside_leads_nowhere_on_the_host(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("host secret")
    await sandbox.run(f"ln -s {secret} link; ln -s {tmp_path} folder")
    with pytest.raises(FileNotFoundError):
        await sandbox.read_file("link")
    with pytest.raises(OSError, match=r"Read-only|File exists"):
        await sandbox.write_file("folder/secret", b"changed")
    assert secret.read_text() == "host secret"
