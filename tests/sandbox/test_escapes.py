"""Ways out, each tried for real, on every back end. What cannot be tried here is listed at the end of the tests."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from journeyman.sandbox import Mount, Sandbox, Sandboxes, SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap
from tests.sandbox.escapes import CALLS, PYTHON, SHELL

pytestmark = pytest.mark.parametrize("back_end", ["bubblewrap", "docker"], indirect=True)

Note = Callable[[str, object], None]


async def test_by_the_shell(sandbox: Sandbox, tmp_path: Path, record_property: Note) -> None:
    """Each command in turn. One whose program is not there was not tried."""
    escaped, absent = [], []
    for what, command in SHELL.items():
        tried = command.replace("{host_process}", str(os.getpid())).replace("{host_folder}", str(tmp_path))
        result = await sandbox.run(f"{{ {tried}; }} 2>&1; echo tried", timeout_seconds=20)
        assert result.output.endswith("tried\n"), what
        if "ESCAPED" in result.output:
            escaped.append(what)
        elif "command not found" in result.output:
            absent.append(what)
    note(record_property, "by the shell", len(SHELL), absent)
    assert escaped == []


async def test_by_python(sandbox: Sandbox, record_property: Note) -> None:
    unclear = []
    for what, code in PYTHON.items():
        result = await sandbox.run(
            f"cat > /tmp/t.py <<'END'\n{code}\nprint('ESCAPED')\nEND\npython3 -I /tmp/t.py 2>&1"
        )
        assert "ESCAPED" not in result.output, what
        assert "Traceback" in result.output, what
        if "ModuleNotFoundError" in result.output or "AttributeError" in result.output:
            unclear.append(what)
    assert (await sandbox.run("echo alive")).output == "alive\n"
    note(record_property, "by Python", len(PYTHON), unclear)


async def test_by_system_calls(sandbox: Sandbox, record_property: Note) -> None:
    if os.uname().machine != "x86_64":
        note(record_property, "by system calls", len(CALLS), [*CALLS])
        pytest.skip("the numbers here are those of x86_64; test_seccomp looks at both architectures")
    code = (
        "import ctypes, sys\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"for name, words in {CALLS!r}.items():\n"
        "    ctypes.set_errno(0)\n"
        "    r = libc.syscall(*(ctypes.c_long(w) for w in words))\n"
        "    print(name, r, ctypes.get_errno())\n"
    )
    result = await sandbox.run("python3 -I -", stdin=code.encode())
    lines = [line.rsplit(" ", 2) for line in result.output.splitlines()]
    assert [line[0] for line in lines] == list(CALLS)
    assert {line[0]: line[2] for line in lines if line[1] != "-1" or line[2] not in ("1", "38")} == {}
    note(record_property, "by system calls", len(CALLS), [])


def note(record_property: Note, how: str, attempts: int, untried: list[str]) -> None:
    """Have the summary of the tests say what was tried."""
    record_property("escapes", (how, attempts, untried))


async def test_the_calls_of_the_other_table_do_not_work(sandbox: Sandbox) -> None:
    """x86_64 has a second table of calls. Bubblewrap's filter says there is none, Docker's ends the caller."""
    if os.uname().machine != "x86_64":
        pytest.skip("only x86_64 has such a table")
    code = "import ctypes; print(ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 39)))"
    result = await sandbox.run("python3 -I -", stdin=code.encode())
    assert result.output == "-1\n" or result.exit_code == -31


def test_there_are_enough_attempts(back_end: Sandboxes) -> None:
    assert len(SHELL) + len(PYTHON) + len(CALLS) >= 105 + 25


async def test_nothing_of_the_host_s_environment_is_seen(sandbox: Sandbox) -> None:
    result = await sandbox.run("cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; env; set")
    ordinary = ("/bin", "C.UTF-8", "/usr")
    values = [value for value in os.environ.values() if len(value) > 11 and not value.startswith(ordinary)]
    assert [value for value in values if value in result.output] == []


async def test_it_has_no_capabilities_and_can_get_none(sandbox: Sandbox) -> None:
    status = (await sandbox.run("cat /proc/self/status")).output
    assert status.count("0000000000000000") >= 5
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert (await sandbox.run("ulimit -c")).output == "0\n"


async def test_a_planted_setuid_file_is_not_root_s(sandbox: Sandbox, tree: Path) -> None:
    await sandbox.run("cp /usr/bin/true planted; chmod 6755 planted; mkdir d; chmod 2777 d; cp /usr/bin/true d/inner")
    for name in ("planted", "d/inner"):
        status = (tree / name).stat()
        assert status.st_uid != 0 or os.geteuid() != 0
        assert status.st_gid != 0 or os.getegid() != 0


async def test_the_server_cannot_be_hurt(sandbox: Sandbox) -> None:
    for command in ("kill -9 1", "kill -STOP 1", "kill -TERM 1", "kill -9 -1", "pkill -9 python"):
        await sandbox.run(f"{command}; true", timeout_seconds=5)
        assert (await sandbox.run("echo alive")).output == "alive\n"


async def test_a_listener_of_the_host_is_out_of_reach(sandbox: Sandbox, tree: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0journeyman-test-" + tmp_path.name)
        abstract.listen()
        named = socket.socket(socket.AF_UNIX)
        with contextlib.chdir(tmp_path):  # the whole path is longer than a socket's name may be
            named.bind("host.sock")
        named.listen()
        port = tcp.getsockname()[1]
        code = (
            "import socket\n"
            f"for kind, where in ((2, ('127.0.0.1', {port})), (1, '\\0journeyman-test-{tmp_path.name}'),"
            f" (1, '{tmp_path}/host.sock')):\n"
            "    try:\n        socket.socket(kind).connect(where); print('ESCAPED', where)\n"
            "    except OSError as e: print('no')\n"
        )
        result = await sandbox.run("python3 -I -", stdin=code.encode())
        named.close()
    assert result.output == "no\nno\nno\n"


async def test_host_files_are_not_there(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary-of-the-host")
    result = await sandbox.run(
        f"cat {secret} {__file__} /repo/../secret; find / -xdev -name secret -not -path '/proc/*' 2>/dev/null; "
        "grep -rs canary-of-the-host /run /etc /home /tmp /mnt /dev/shm 2>/dev/null; echo tried"
    )
    assert "canary" not in result.output
    assert result.output.endswith("tried\n")


async def test_a_forged_answer_cannot_be_sent(sandbox: Sandbox) -> None:
    code = (
        "import os\n"
        "for fd in range(3, 64):\n"
        "    for path in (f'/proc/1/fd/{fd}', f'/proc/self/fd/{fd}'):\n"
        "        try:\n            os.write(os.open(path, os.O_WRONLY), b'\\0\\0\\0\\1'); print('ESCAPED')\n"
        "        except OSError: pass\n"
        "    try:\n        os.write(fd, b'\\0\\0\\0\\1'); print('ESCAPED')\n"
        "    except OSError: pass\n"
        "print('tried')\n"
    )
    assert (await sandbox.run("python3 -I -", stdin=code.encode())).output == "tried\n"


async def test_mounts_are_read_only_unless_said_otherwise(back_end: Sandboxes, tree: Path, tmp_path: Path) -> None:
    shown, open_one = tmp_path / "shown", tmp_path / "open"
    for folder in (shown, open_one):
        folder.mkdir()
        (folder / "file").write_text("old")
    mounts = (Mount(shown, "/env/shown"), Mount(open_one, "/env/open", writable=True), Mount(shown, "/repo/inner"))
    async with await back_end.open(SandboxSpec(tree, mounts)) as sandbox:
        result = await sandbox.run(
            "for f in shown open; do echo new > /env/$f/file; done; echo new > /repo/inner/file"
        )
        assert result.output.count("Read-only") == 2
    assert (shown / "file").read_text() == "old"
    assert (open_one / "file").read_text() == "new\n"


def test_the_same_as_an_ordinary_user(back_end: Sandboxes, tmp_path: Path) -> None:
    """Run these tests again as nobody, who has no control groups and needs no root to be dropped."""
    if os.geteuid() != 0:
        pytest.skip("this is an ordinary user")
    if not isinstance(back_end, Bubblewrap):
        pytest.skip("an ordinary user who may speak to Docker could as well be root")
    python = Path("/usr/bin/python3").resolve()
    if python.name != f"python{sys.version_info[0]}.{sys.version_info[1]}":
        pytest.skip(
            f"{python} is another version than the one that runs these tests, and nobody may not enter its folder"
        )
    work = Path("/tmp") / f"journeyman-nobody-{tmp_path.name}-{os.getpid()}"
    work.mkdir(mode=0o755)
    os.chown(work, 65534, 65534)
    here = Path(__file__).resolve()
    packages = [str(here.parents[2] / "src"), *[path for path in sys.path if path.endswith("site-packages")]]
    done = subprocess.run(
        [
            *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", str(python)),
            *("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", f"--basetemp={work}/t"),
            *(str(here), str(here.with_name("test_commands.py")), "-k", "not ordinary_user and not docker"),
        ],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(work),
            "PYTHONPATH": ":".join(packages),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd=here.parents[2],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    subprocess.run(["rm", "-rf", str(work)], check=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
