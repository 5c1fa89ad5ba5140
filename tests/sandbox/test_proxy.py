"""The proxy: who gets through, and that a name means one address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.sandbox import SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap
from journeyman.sandbox.proxy import MOST_TALKS, SOCKET, Allowed, Proxy, Refused, Target, parse

Names = Callable[[str, int], "asyncio.Future[list[str]]"]


class Origin:
    """An HTTP server on loopback that keeps what it was sent."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    made = Origin()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@asynccontextmanager
async def proxy(
    folder: Path, allowed: Allowed, names: dict[str, list[str]] | None = None, **further: float
) -> AsyncIterator[Proxy]:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        assert asked.count(host) == 1, "a name is resolved once"
        return (names or {})[host]

    made = Proxy(folder, allowed, resolve, **further) if names is not None else Proxy(folder, allowed, **further)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


async def send(made: Proxy, request: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(made.folder / SOCKET))
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


def connect(host: str, port: int, inner: bytes = b"") -> bytes:
    return f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() + inner


async def test_a_tunnel_to_a_mirror_carries_bytes_both_ways(tmp_path: Path, origin: Origin) -> None:
    async with proxy(tmp_path / "p", Allowed.of((), (f"LocalHost:{origin.port}",))) as made:
        answer = await send(made, connect("localhost", origin.port, b"GET /x HTTP/1.1\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
    assert answer.endswith(b"hello")
    assert origin.heads == [b"GET /x HTTP/1.1\r\n\r\n"]
    assert not (tmp_path / "p").exists()


async def test_a_plain_request_is_passed_on_without_what_is_for_the_proxy(tmp_path: Path, origin: Origin) -> None:
    request = (
        f"GET http://localhost:{origin.port}/a/b?c=d HTTP/1.1\r\nHost: evil.example\r\nProxy-Authorization: x\r\n"
        "Connection: keep-alive\r\nAccept: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    async with proxy(tmp_path / "p", Allowed.of((), (f"localhost:{origin.port}",))) as made:
        assert (await send(made, request.encode())).endswith(b"hello")
    lines = origin.heads[0].decode().split("\r\n")
    assert lines[0] == "GET /a/b?c=d HTTP/1.1"
    assert sorted(filter(None, lines[1:])) == [
        "Accept: text/html",
        "Connection: close",
        f"Host: localhost:{origin.port}",
    ]


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("evil.example", 443),
        ("good.example.evil.example", 443),
        ("good.example", 22),
        ("sub.good.example", 443),
        ("good.exampl", 443),
        ("[::1]", 443),
    ],
)
async def test_a_host_that_is_not_listed_is_refused(tmp_path: Path, host: str, port: int) -> None:
    async with proxy(tmp_path / "p", Allowed.of(("good.example",)), {}) as made:
        answer = await send(made, connect(host, port))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"not an allowed host" in answer


PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"),
    *("::1", "::", "fd00::1", "fe80::1", "fe80::1%eth0", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
    *("2002:7f00:1::", "ff02::1", "::7f00:1", "::a00:1", "64:ff9b:1::7f00:1", "2001:0:7f00:1::1"),
)
METADATA = (
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "100.100.100.200",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
)


@pytest.mark.parametrize("address", [*PRIVATE, *METADATA])
async def test_a_listed_name_with_a_private_address_is_refused(tmp_path: Path, address: str) -> None:
    async with proxy(tmp_path / "p", Allowed.of(("good.example",)), {"good.example": [address]}) as made:
        answer = await send(made, connect("good.example", 443))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"private address" in answer


@pytest.mark.parametrize("address", METADATA)
async def test_a_mirror_is_never_the_metadata_service(tmp_path: Path, address: str) -> None:
    async with proxy(tmp_path / "p", Allowed.of((), ("mirror.example",)), {"mirror.example": [address]}) as made:
        assert b"private address" in await send(made, connect("mirror.example", 443))


async def test_one_private_address_among_several_refuses_all(tmp_path: Path) -> None:
    names = {"good.example": ["203.0.113.9", "127.0.0.1"]}
    async with proxy(tmp_path / "p", Allowed.of(("good.example",)), names) as made:
        assert b"private address" in await send(made, connect("good.example", 443))


async def test_the_judged_address_is_the_one_connected_to(tmp_path: Path, origin: Origin) -> None:
    allowed = Allowed.of((), (f"mirror.example:{origin.port}",))
    async with proxy(tmp_path / "p", allowed, {"mirror.example": ["127.0.0.1"]}) as made:
        answer = await send(made, connect("mirror.example", origin.port, b"GET / HTTP/1.1\r\n\r\n"))
    assert answer.endswith(b"hello")


@pytest.mark.parametrize(
    "request_line",
    [
        "POST http://good.example/ HTTP/1.1",
        "DELETE http://good.example/ HTTP/1.1",
        "PATCH http://good.example/ HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "TRACE http://good.example/ HTTP/1.1",
        "connect good.example:443 HTTP/1.1",
        "get http://good.example/ HTTP/1.1",
        "PROPFIND http://good.example/ HTTP/1.1",
        "GET http://good.example\\@evil.example/ HTTP/1.1",
        "GET http://good.example/ HTTP/1.1\nHost: evil.example",
        "GET http://good.example/ HTTP/1.1\r\nX: a\n\nPOST / HTTP/1.1\nContent-Length: 4",
        "GET http://good.example/ HTTP/1.1\r\nX: a\rTransfer-Encoding: chunked",
        "GET http://good.example/ HTTP/1.1\r\nX: a\0b",
        "CONNECT good.example:443 HTTP/1.1\r\nX: \x0b",
        "CONNECT good.example HTTP/2",
        "PUT http://good.example/ HTTP/1.1",
        "GET https://good.example/ HTTP/1.1",
        "GET ftp://good.example/ HTTP/1.1",
        "GET / HTTP/1.1",
        "GET http://user:secret@good.example/ HTTP/1.1",
        "CONNECT user@good.example:443 HTTP/1.1",
        "CONNECT good.example:443:1 HTTP/1.1",
        "CONNECT :443 HTTP/1.1",
        "CONNECT good.example:99999 HTTP/1.1",
        "nonsense",
        "GET http://[bad/ HTTP/1.1",
    ],
)
async def test_what_is_no_request_of_ours_is_refused(tmp_path: Path, request_line: str) -> None:
    async with proxy(tmp_path / "p", Allowed.of(("good.example",)), {}) as made:
        assert (await send(made, f"{request_line}\r\n\r\n".encode())).startswith(b"HTTP/1.1 403 ")


LOOPBACK = (
    *("2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "127.0.1", "0", "017700000001", "localhost"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::]", "127.0.0.1.", "①②⑦.⓪.⓪.①", "2852039166"),
    *("[fe80::1%25eth0]", "%31%32%37.0.0.1", "good.example%00.evil.example", "169.254.169.254", "[fd00:ec2::254]"),
)


@pytest.mark.parametrize("host", LOOPBACK)
async def test_no_spelling_of_an_address_is_a_listed_name(tmp_path: Path, origin: Origin, host: str) -> None:
    async with proxy(tmp_path / "p", Allowed.of(("good.example", f"good.example:{origin.port}"))) as made:
        for request in (
            f"CONNECT {host}:{origin.port} HTTP/1.1",
            f"GET http://{host}:{origin.port}/ HTTP/1.1",
            f"CONNECT {host}:443 HTTP/1.1",
        ):
            answer = await send(made, f"{request}\r\nHost: good.example\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 403 ")
    assert origin.heads == []


async def test_a_name_that_changes_its_address_reaches_the_one_that_was_judged(
    tmp_path: Path, origin: Origin
) -> None:
    answers = [["127.0.0.1"], ["127.0.0.2"], ["169.254.169.254"], ["127.0.0.1", "169.254.169.254"]]
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    made = Proxy(tmp_path / "p", Allowed.of((), (f"mirror.example:{origin.port}",)), rebinding)
    await made.start()
    request = f"GET http://mirror.example:{origin.port}/x HTTP/1.1\r\nHost: mirror.example\r\n\r\n".encode()
    replies = [await send(made, request) for _ in answers]
    await made.close()
    # Each request asks once and is judged by that answer: the origin listens at the first address alone.
    assert [reply.split()[1] for reply in replies] == [b"200", b"502", b"403", b"403"]
    assert (len(asked), len(origin.heads)) == (4, 1)


async def test_a_request_that_comes_too_slowly_is_ended(tmp_path: Path) -> None:
    async with proxy(tmp_path / "p", Allowed.of(("good.example",)), {}, head_seconds=0.2) as made:
        reader, writer = await asyncio.open_unix_connection(str(made.folder / SOCKET))
        began = asyncio.get_running_loop().time()
        for _ in range(5):
            writer.write(b"X")
            await asyncio.sleep(0.02)
        assert b"too slowly" in await asyncio.wait_for(reader.read(), 5)
        assert asyncio.get_running_loop().time() - began < 5
        writer.close()


async def test_many_connections_are_held_and_the_next_one_after_them_works(tmp_path: Path, origin: Origin) -> None:
    request = connect("localhost", origin.port, b"GET / HTTP/1.1\r\n\r\n")
    async with proxy(tmp_path / "p", Allowed.of((), (f"localhost:{origin.port}",))) as made:
        path = str(made.folder / SOCKET)
        idle = [await asyncio.open_unix_connection(path) for _ in range(MOST_TALKS)]
        await asyncio.sleep(0.05)
        assert b"at a time" in await send(made, b"")
        for _, writer in idle:
            writer.close()
        await asyncio.sleep(0.05)
        assert (await send(made, request)).endswith(b"hello")


async def test_an_endless_head_and_a_dead_origin_are_answered(tmp_path: Path) -> None:
    async with proxy(tmp_path / "p", Allowed.of((), ("localhost:1",))) as made:
        assert (await send(made, b"GET " + b"x" * 200_000)).startswith(b"HTTP/1.1 502")
        assert (await send(made, connect("localhost", 1))).startswith(b"HTTP/1.1 502")


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    try:
        assert isinstance(parse(data), Target)
    except Refused:
        return


@given(st.from_regex(r"[a-z]{1,10}(\.[a-z]{1,5}){0,2}", fullmatch=True), st.integers(1, 65535))
def test_a_tunnel_s_target_is_what_was_written(host: str, port: int) -> None:
    assert parse(f"CONNECT {host}:{port} HTTP/1.1\r\n\r\n".encode()) == Target(host, port)


async def test_from_inside_a_sandbox_only_the_listed_host_answers(
    back_end: Bubblewrap, tree: Path, origin: Origin
) -> None:
    spec = SandboxSpec(tree, mirrors=(f"localhost:{origin.port}",))
    code = (
        "import urllib.request as u\n"
        f"print(u.urlopen('http://localhost:{origin.port}/x', timeout=9).read())\n"
        "for url in ('http://example.com/', 'https://example.com/', 'http://169.254.169.254/'):\n"
        "    try: u.urlopen(url, timeout=9); print('ESCAPED')\n"
        "    except OSError as e: print(e)\n"
    )
    async with await back_end.open(spec) as sandbox:
        for _ in range(2):
            result = await sandbox.run("python3 -I -", stdin=code.encode())
            lines = result.output.splitlines()
            assert lines[0] == "b'hello'"
            assert all("is not an allowed host" in line for line in lines[1:])
            assert len(lines) == 4


async def test_without_hosts_there_is_no_proxy(back_end: Bubblewrap, tree: Path) -> None:
    async with await back_end.open(SandboxSpec(tree)) as sandbox:
        result = await sandbox.run("env | grep -i proxy; ls /run/journeyman; cat /proc/net/tcp | wc -l")
    assert result.output.split() == ["server.py", "1"]
