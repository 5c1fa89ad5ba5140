"""Ways out, each tried for real. A command that gets somewhere says ESCAPED; one that was tried at all says tried."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from journeyman.sandbox import Sandbox, SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap

SHELL = {
    "write below /usr": "echo x > /usr/bin/planted && echo ESCAPED",
    "write below /etc": "echo x > /etc/planted && echo ESCAPED",
    "write at the root": "mkdir /planted && echo ESCAPED",
    "write below /dev": "mkdir /dev/planted && echo ESCAPED",
    "make the root writable": "mount -o remount,rw / && echo ESCAPED",
    "make a file system": "mkdir -p /tmp/m && mount -t tmpfs none /tmp/m && echo ESCAPED",
    "bind the host's disk": "mkdir -p /tmp/m && mount /dev/vda /tmp/m && echo ESCAPED",
    "take a mount away": "umount /usr || umount -l /repo && echo ESCAPED",
    "change the root": "chroot / true && echo ESCAPED",
    "a new user namespace": "unshare -Ur true && echo ESCAPED",
    "a new mount namespace": "unshare -m true && echo ESCAPED",
    "a sandbox in the sandbox": "bwrap --unshare-user --ro-bind / / true && echo ESCAPED",
    "enter another namespace": "nsenter -t 1 -m true && echo ESCAPED",
    "become root by su": "echo | su -c true && echo ESCAPED",
    "become root by sudo": "sudo -n true && echo ESCAPED",
    "become root by setpriv": "setpriv --reuid=0 true && echo ESCAPED",
    "give a file to root": "touch own && chown root own && echo ESCAPED",
    "a file capability": "cp /usr/bin/true t && setcap cap_sys_admin+ep t && echo ESCAPED",
    "a block device": "mknod disk b 254 0 && echo ESCAPED",
    "a character device": "mknod mem c 1 1 && echo ESCAPED",
    "read the disk": "head -c 1 /dev/vda || head -c 1 /dev/sda && echo ESCAPED",
    "read the memory": "head -c 1 /dev/mem || head -c 1 /dev/kmem || head -c 1 /proc/kcore && echo ESCAPED",
    "read the kernel's log": "dmesg || head -c 1 /dev/kmsg && echo ESCAPED",
    "change the kernel": "echo 1 > /proc/sys/kernel/sysrq || echo b > /proc/sysrq-trigger && echo ESCAPED",
    "a core pattern": "echo '|/bin/sh' > /proc/sys/kernel/core_pattern && echo ESCAPED",
    "a kernel module": "insmod x.ko || modprobe dummy && echo ESCAPED",
    "sys and cgroups": "ls /sys/fs/cgroup /sys/kernel && echo ESCAPED",
    "a cgroup's release agent": "echo x > /sys/fs/cgroup/release_agent && echo ESCAPED",
    "the host's processes": "[ $(ls /proc | grep -c '^[0-9]') -gt 8 ] && echo ESCAPED",
    "the server's environment": "cat /proc/1/environ && echo ESCAPED",
    "the server's memory": "head -c 1 /proc/1/mem && echo ESCAPED",
    "the server's descriptors": "ls /proc/1/fd && echo ESCAPED",
    "the server's root": "ls /proc/1/root/ && echo ESCAPED",
    "the server's working folder": "ls /proc/1/cwd/ && echo ESCAPED",
    "change the server": "echo x >> /run/journeyman/server.py && echo ESCAPED",
    "replace the server": "mv /run/journeyman/server.py /tmp/ && echo ESCAPED",
    "a link to a host program's inode": "ln /usr/bin/true own && echo ESCAPED",
    "the docker socket": "[ -e /var/run/docker.sock -o -e /run/docker.sock ] && echo ESCAPED",
    "the system bus": "[ -e /run/dbus/system_bus_socket -o -e /run/systemd ] && echo ESCAPED",
    "passwords": "cat /etc/shadow && echo ESCAPED",
    "the host's settings": "cat /etc/pip.conf /etc/hostname /etc/resolv.conf /etc/fstab && echo ESCAPED",
    "homes": "for place in /roo[t]/.ssh /roo[t]/.bashrc /home/*/.ssh; do ls $place && echo ESCAPED; done",
    "the host's temporary files": "[ $(ls /tmp | wc -l) -gt 0 ] && echo ESCAPED",
    "host's variable folders": "ls /var/lib /var/log && echo ESCAPED",
    "the host's name": '[ "$(cat /proc/sys/kernel/hostname)" != sandbox ] && echo ESCAPED',
    "change the host's name": "hostname other && echo ESCAPED",
    "another priority": "[ $(nice -n -10 nice) -lt 0 ] && echo ESCAPED",
    "a real-time priority": "chrt -f 10 true && echo ESCAPED",
    "raise a limit": "ulimit -c unlimited && echo ESCAPED",
    "a terminal": "echo x > /dev/tty && echo ESCAPED",
    "the host's terminals": "ls /dev/pts/[0-9]* && echo ESCAPED",
    "the tree's own place": "rmdir /repo || mv /repo /repo2 && echo ESCAPED",
    "above the tree": "[ \"$(ls -di /repo/.. | cut -d' ' -f1)\" != \"$(ls -di / | cut -d' ' -f1)\" ] && echo ESCAPED",
    "by the parent handle": "cat /repo/../../../../etc/shadow && echo ESCAPED",
    "by cwd links": "cat /proc/self/cwd/../../etc/shadow && echo ESCAPED",
    "shared memory of the host": "[ $(ipcs -m | grep -c 0x) -gt 0 ] && echo ESCAPED",
    "set the clock": "date -s '2001-01-01' && echo ESCAPED",
    "a swap file": "dd if=/dev/zero of=s bs=1M count=2 && mkswap s && swapon s && echo ESCAPED",
    "trace by gdb or strace": "strace -o /dev/null true && echo ESCAPED",
    "a loop device": "losetup -f s && echo ESCAPED",
    "name lookup": "getent hosts example.com && echo ESCAPED",
}

PYTHON = {
    "terminal injection": "import fcntl,pty,os\nm,s=pty.openpty()\nfcntl.ioctl(s,0x5412,b'x')",
    "connect out": "import socket\nsocket.create_connection(('1.1.1.1',443),2)",
    "connect out by IPv6": "import socket\nsocket.create_connection(('2606:4700:4700::1111',443),2)",
    "send a datagram": "import socket\nsocket.socket(2,2).sendto(b'x',('8.8.8.8',53))",
    "metadata service": "import socket\nsocket.create_connection(('169.254.169.254',80),2)",
    "raw packets": "import socket\nsocket.socket(17,3,0)",
    "raw IP": "import socket\nsocket.socket(2,3,1)",
    "ping socket": "import socket\nsocket.socket(2,2,1).sendto(b'\\x08\\0\\0\\0\\0\\0\\0\\0',('1.1.1.1',0))",
    "the hypervisor": "import socket\nsocket.socket(40,1).connect((2,1024))",
    "kernel crypto": "import socket\nsocket.socket(38,5,0)",
    "another kernel channel": "import socket\nsocket.socket(16,3,2)",
    "trace a parent": "import os,signal\nos.kill(1,0)\nopen('/proc/1/mem','rb')",
    "an inherited descriptor": "import os\nassert len(os.listdir('/proc/self/fd')) > 4",
    "the host's first processes": "assert 'kthreadd' in open('/proc/2/comm').read()",
    "change the user": "import os\nos.setuid(0)",
    "change to another user": "import os\nos.setresuid(65534,65534,65534)",
    "change the groups": "import os\nos.setgroups([0])",
    "read a host descriptor": "import os\nos.readlink('/proc/1/fd/0')",
    "open by inode handle": "import ctypes\nassert ctypes.CDLL(None).open_by_handle_at(-100,b'\\0'*64,0)>=0",
}

CALLS = {
    "ptrace": (101, 16, 1),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "bpf": (321, 0, 0, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0),
    "userfaultfd": (323, 0),
    "keyctl": (250, 0, -3, 1),
    "add_key": (248, 0, 0, 0, 0, -3),
    "io_uring_setup": (425, 1, 0),
    "clone3": (435, 0, 0),
    "clone with a user namespace": (56, 0x10000000 | 17, 0, 0, 0, 0),
    "unshare": (272, 0x10000000),
    "setns": (308, 0, 0),
    "mount": (165, 0, 0, 0, 0, 0),
    "move_mount": (429, 0, 0, 0, 0, 0),
    "open_tree": (428, -100, 0, 0),
    "fsopen": (430, 0, 0),
    "pivot_root": (155, 0, 0),
    "chroot": (161, 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "init_module": (175, 0, 0, 0),
    "reboot": (169, 0, 0, 0, 0),
    "fanotify_init": (300, 0, 0),
    "pidfd_getfd": (438, 0, 0, 0),
    "modify_ldt": (154, 0, 0, 0),
    "x32 getpid": (0x40000000 | 39,),
}


@pytest.mark.parametrize("command", SHELL.values(), ids=SHELL.keys())
async def test_by_the_shell(sandbox: Sandbox, command: str) -> None:
    result = await sandbox.run(f"{{ {command}; }} 2>&1; echo tried", timeout_seconds=20)
    assert result.output.endswith("tried\n")
    assert "ESCAPED" not in result.output


async def test_by_python(sandbox: Sandbox) -> None:
    for what, code in PYTHON.items():
        result = await sandbox.run(
            f"cat > /tmp/t.py <<'END'\n{code}\nprint('ESCAPED')\nEND\npython3 -I /tmp/t.py 2>&1"
        )
        assert "ESCAPED" not in result.output, what
        assert "Traceback" in result.output, what


async def test_by_system_calls(sandbox: Sandbox) -> None:
    if os.uname().machine != "x86_64":
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
        os.chdir(tmp_path)
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


async def test_mounts_are_read_only_unless_said_otherwise(back_end: Bubblewrap, tree: Path, tmp_path: Path) -> None:
    from journeyman.sandbox import Mount

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


def test_the_same_as_an_ordinary_user(tmp_path: Path) -> None:
    """Run these tests again as nobody, who has no control groups and needs no root to be dropped."""
    if os.geteuid() != 0:
        pytest.skip("this is an ordinary user")
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
            *(str(here), str(here.with_name("test_commands.py")), "-k", "not ordinary_user"),
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
