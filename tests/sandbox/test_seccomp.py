"""The filter's program, run by a small machine of our own, for both architectures."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.sandbox import seccomp

LETS, KILLS = "allow", "kill"
ARCHITECTURES = ("x86_64", "aarch64")


def decide(architecture: str, number: int, *arguments: int, audit: int | None = None) -> str | int:
    """Return what the filter does with a call: allow, kill, or an error number."""
    program = seccomp.program(architecture)
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    machine = seccomp.MACHINES[architecture]
    words = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<IIQ6Q", number, audit or machine.audit, 0, *(word & 0xFFFFFFFFFFFFFFFF for word in words))
    at, value = 0, 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        if code == seccomp.LOAD:
            value = struct.unpack_from("<I", data, operand)[0]
        elif code == seccomp.JUMP_EQUAL:
            at += if_true if value == operand else if_false
        elif code == seccomp.JUMP_ANY_BIT:
            at += if_true if value & operand else if_false
        elif code == seccomp.RETURN:
            return {seccomp.ALLOW: LETS, seccomp.KILL_PROCESS: KILLS}.get(operand, operand & 0xFFFF)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_is_denied_fails(architecture: str) -> None:
    column = seccomp.MACHINES[architecture].column
    for name, numbers in seccomp.DENIED.items():
        if (number := numbers[column]) is not None:
            assert decide(architecture, number) == errno.EPERM, name
    for number in seccomp.ABSENT.values():
        assert decide(architecture, number) == errno.ENOSYS


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_namespaces_are_refused_and_threads_are_not(architecture: str) -> None:
    machine = seccomp.MACHINES[architecture]
    assert decide(architecture, machine.clone3) == errno.ENOSYS
    assert decide(architecture, machine.clone, 0x003D0F00) == LETS
    assert decide(architecture, machine.clone, 17) == LETS
    for flag in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert decide(architecture, machine.clone, flag | 17) == errno.EPERM


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@given(family=st.integers(0, 45), protocol=st.integers(0, 20))
def test_only_ordinary_sockets_are_allowed(architecture: str, family: int, protocol: int) -> None:
    usual = family in (1, 2, 10) or (family == 16 and protocol == 0)
    expected = LETS if usual else errno.EAFNOSUPPORT
    assert decide(architecture, seccomp.MACHINES[architecture].socket, family, 3, protocol) == expected


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_injection_is_refused_whatever_the_upper_half_says(architecture: str) -> None:
    ioctl = seccomp.MACHINES[architecture].ioctl
    assert decide(architecture, ioctl, 0, 0x5412) == errno.EPERM
    assert decide(architecture, ioctl, 0, 0xDEAD00005412) == errno.EPERM
    assert decide(architecture, ioctl, 0, 0x541C) == errno.EPERM
    assert decide(architecture, ioctl, 0, 0x5413) == LETS


def test_other_architectures_are_killed_and_x32_does_not_exist() -> None:
    assert decide("x86_64", 0, audit=0x40000003) == KILLS
    assert decide("aarch64", 0, audit=0xC000003E) == KILLS
    assert decide("x86_64", 0x40000000 | 1) == errno.ENOSYS


def test_everyday_calls_are_allowed() -> None:
    for number in (0, 1, 2, 3, 9, 57, 59, 61, 202, 231, 257, 288, 318, 332, 334, 434, 439, 444):
        assert decide("x86_64", number) == LETS


def test_an_unknown_machine_is_told() -> None:
    with pytest.raises(KeyError):
        seccomp.program("pdp11")


def by_profile(architecture: str, name: str, *arguments: int) -> str | int:
    """Return what Docker's profile does with a call, as libseccomp reads it."""
    words = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    for rule in seccomp.profile(architecture)["syscalls"]:
        conditions = ((one["index"], one["value"], one["valueTwo"]) for one in rule["args"])
        if name in rule["names"] and all(words[at] & mask == value for at, mask, value in conditions):
            return rule["errnoRet"]
    return LETS


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@given(
    name=st.sampled_from(["clone", "socket", "ioctl", *seccomp.AT_THE_SERVER]),
    words=st.lists(
        st.sampled_from([0, 1, 2, 10, 16, 17, 38, 0x5412, 0x541C, 1 << 29, 0x7E020011, 0xAB00005412, 1 << 40]),
        min_size=3,
        max_size=3,
    ),
)
def test_docker_s_profile_says_the_same(architecture: str, name: str, words: list[int]) -> None:
    machine = seccomp.MACHINES[architecture]
    if name in seccomp.AT_THE_SERVER:
        number = seccomp.AT_THE_SERVER[name][0][machine.column]
    else:
        number = {"clone": machine.clone, "socket": machine.socket, "ioctl": machine.ioctl}[name]
    if name == "socket" and words[0] & 0xFFFFFFFF > seccomp.HIGHEST_FAMILY:
        return  # The kernel knows no such family: neither way gives a socket.
    if name == "socket" and words[0] == 16 and words[2] & 0xFFFFFFFF > seccomp.HIGHEST_PROTOCOL:
        return
    assert by_profile(architecture, name, *words) == decide(architecture, number, *words)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_docker_s_profile_denies_what_the_program_denies(architecture: str) -> None:
    column = seccomp.MACHINES[architecture].column
    for name, numbers in seccomp.DENIED.items():
        assert by_profile(architecture, name) == (errno.EPERM if numbers[column] is not None else LETS), name
    for name in (*seccomp.ABSENT, "clone3"):
        assert by_profile(architecture, name) == errno.ENOSYS
    assert by_profile(architecture, "read") == LETS
