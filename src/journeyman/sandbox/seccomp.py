"""The system call filter of a sandbox: a classic BPF program for bubblewrap, the same as a profile for Docker.

Everything is allowed but what is listed: doors into the kernel that no build or test needs.
"""

from __future__ import annotations

import errno
import platform
import struct

import msgspec

LOAD, JUMP_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, FAIL_WITH, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
OFFSET_NUMBER, OFFSET_ARCHITECTURE, OFFSET_ARGUMENTS = 0, 4, 16
X32_BIT = 0x40000000

NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""

FAMILIES = (1, 2, 10)
"""AF_UNIX, AF_INET and AF_INET6; not AF_PACKET, AF_ALG, AF_VSOCK and the rest."""

NETLINK = 16
"""Allowed for the protocol 0 only: programs list their network interfaces by it."""

TERMINAL_INJECTION = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX put words into the mouth of whoever sits at the terminal."""


class Machine(msgspec.Struct, frozen=True):
    """One architecture: its audit name, libseccomp's name, and its numbers of the calls looked at more closely."""

    audit: int
    name: str
    column: int
    clone: int
    clone3: int
    socket: int
    ioctl: int


MACHINES = {
    "x86_64": Machine(audit=0xC000003E, name="SCMP_ARCH_X86_64", column=0, clone=56, clone3=435, socket=41, ioctl=16),
    "aarch64": Machine(
        audit=0xC00000B7, name="SCMP_ARCH_AARCH64", column=1, clone=220, clone3=435, socket=198, ioctl=29
    ),
}

DENIED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "ustat": (136, None),
    "sysfs": (139, None),
}

AT_THE_SERVER: dict[str, tuple[tuple[int, int], int]] = {
    "prlimit64": ((302, 261), 0),
    "sched_setaffinity": ((203, 122), 0),
    "sched_setattr": ((314, 274), 0),
    "sched_setparam": ((142, 118), 0),
    "sched_setscheduler": ((144, 119), 0),
    "setpriority": ((141, 140), 1),
    "ioprio_set": ((251, 30), 1),
}
"""Refused when the argument at that position is 1: the server inside is process 1."""

ABSENT = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}
"""Programs fall back to other ways when these do not exist."""

HIGHEST_FAMILY = 63
HIGHEST_PROTOCOL = 31
LOWER_HALF = 0xFFFFFFFF
"""The kernel looks at no more of these arguments."""


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Return one instruction; jumps count the instructions to skip."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def load(offset: int) -> bytes:
    """Load a 32-bit word of the call's data."""
    return instruction(LOAD, offset)


def fail(number: int) -> bytes:
    """End with an error number."""
    return instruction(RETURN, FAIL_WITH | number)


def argument(position: int) -> int:
    """Return the offset of an argument's lower half."""
    return OFFSET_ARGUMENTS + 8 * position


def guarded(number: int, body: bytes) -> bytes:
    """Do `body` for one system call only, then have its number loaded again."""
    whole = body + load(OFFSET_NUMBER)
    return instruction(JUMP_EQUAL, number, 0, len(whole) // 8) + whole


def refuse(number: int, error: int) -> bytes:
    """Fail one system call, whatever its arguments."""
    return instruction(JUMP_EQUAL, number, 0, 1) + fail(error)


def no_namespaces(machine: Machine) -> bytes:
    """Refuse clone with a flag for a new namespace."""
    body = load(argument(0)) + instruction(JUMP_ANY_BIT, NEW_NAMESPACES, 0, 1) + fail(errno.EPERM)
    return guarded(machine.clone, body)


def few_families(machine: Machine) -> bytes:
    """Refuse sockets of a family that is not listed. Each test jumps behind the end when it finds its family."""
    routing = load(argument(2)) + instruction(JUMP_EQUAL, 0, 1, 0)
    tests = instruction(JUMP_EQUAL, NETLINK, 0, 2) + routing
    for family in FAMILIES:
        tests = instruction(JUMP_EQUAL, family, len(tests) // 8 + 1, 0) + tests
    return guarded(machine.socket, load(argument(0)) + tests + fail(errno.EAFNOSUPPORT))


def leave_the_server(machine: Machine) -> bytes:
    """Refuse to limit or to slow down the server."""
    return b"".join(
        guarded(numbers[machine.column], load(argument(position)) + refuse(1, errno.EPERM))
        for numbers, position in AT_THE_SERVER.values()
    )


def no_injection(machine: Machine) -> bytes:
    """Refuse terminal injection."""
    return guarded(
        machine.ioctl, load(argument(1)) + b"".join(refuse(request, errno.EPERM) for request in TERMINAL_INJECTION)
    )


def program(architecture: str = "") -> bytes:
    """Return the filter for an architecture (default: this machine's); KeyError if it is not known."""
    machine = MACHINES[architecture or platform.machine()]
    parts = [
        load(OFFSET_ARCHITECTURE),
        instruction(JUMP_EQUAL, machine.audit, 1, 0),
        instruction(RETURN, KILL_PROCESS),
        load(OFFSET_NUMBER),
    ]
    if machine.column == 0:
        parts.append(instruction(JUMP_ANY_BIT, X32_BIT, 0, 1) + fail(errno.ENOSYS))
    numbers = (columns[machine.column] for columns in DENIED.values())
    parts += [refuse(number, errno.EPERM) for number in numbers if number is not None]
    parts += [refuse(number, errno.ENOSYS) for number in (*ABSENT.values(), machine.clone3)]
    parts += [no_namespaces(machine), few_families(machine), no_injection(machine)]
    parts.append(leave_the_server(machine))
    parts.append(instruction(RETURN, ALLOW))
    return b"".join(parts)


def profile(architecture: str = "") -> dict[str, object]:
    """Return the same filter as Docker reads it; KeyError if the architecture is not known."""
    machine = MACHINES[architecture or platform.machine()]
    denied = [name for name, numbers in DENIED.items() if numbers[machine.column] is not None]
    flags = [1 << bit for bit in range(32) if NEW_NAMESPACES >> bit & 1]
    families = [family for family in range(HIGHEST_FAMILY + 1) if family not in (*FAMILIES, NETLINK)]
    routes = [(same(0, NETLINK), same(2, protocol)) for protocol in range(1, HIGHEST_PROTOCOL + 1)]
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": [machine.name],
        "syscalls": [
            failing(denied, errno.EPERM),
            failing([*ABSENT, "clone3"], errno.ENOSYS),
            *(failing(["clone"], errno.EPERM, same(0, flag, mask=flag)) for flag in flags),
            *(failing(["socket"], errno.EAFNOSUPPORT, same(0, family)) for family in families),
            *(failing(["socket"], errno.EAFNOSUPPORT, *both) for both in routes),
            *(failing([name], errno.EPERM, same(at, 1)) for name, (_, at) in AT_THE_SERVER.items()),
            *(failing(["ioctl"], errno.EPERM, same(1, request)) for request in TERMINAL_INJECTION),
        ],
    }


def failing(names: list[str], error: int, *conditions: dict[str, object]) -> dict[str, object]:
    """Return a profile's rule: these calls fail with an error number when all conditions hold."""
    return {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": error, "args": list(conditions)}


def same(position: int, value: int, *, mask: int = LOWER_HALF) -> dict[str, object]:
    """Return a condition: the masked argument is the value."""
    return {"index": position, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
