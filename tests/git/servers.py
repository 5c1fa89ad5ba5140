"""Real servers on loopback: git's HTTP back end behind basic authentication, and sshd."""

from __future__ import annotations

import base64
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .repos import git, make_bare

BACKEND = Path(
    subprocess.run(["git", "--exec-path"], capture_output=True, text=True).stdout.strip(), "git-http-backend"
)


class GitOverHttp:
    """Serves `folder`; `/private/…` wants the login, `/public/…` does not, `/moved/…` redirects to `/public/…`.

    `/echo/…` lets nobody in and tells what it was sent, in every header and word of its answer.

    `watch` is looked for in the arguments and the environment of every process while a request is served.
    """

    def __init__(self, folder: Path, login: str = "ada:correct-horse", files: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.login = login
        self.watch: tuple[bytes, ...] = ()
        self.seen: list[str] = []
        self.requests: list[str] = []
        self.port = 0
        for kind in ("private", "public", "echo"):
            git(make_bare(folder / kind / "project.git", files), "config", "http.receivepack", "true")

    def url(self, kind: str = "private") -> str:
        """Return the address of a project."""
        return f"http://127.0.0.1:{self.port}/{kind}/project.git"

    @contextmanager
    def running(self) -> Iterator[GitOverHttp]:
        """Serve until the end of the block."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                site.answer(self)

            do_POST = do_GET

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        self.requests.append(request.path)
        self.seen += spot(self.watch)
        if request.path.startswith("/moved/"):
            return self._bare(request, 301, "Location", request.path.replace("/moved/", "/public/"))
        if request.path.startswith("/echo/") and "Authorization" in request.headers:
            return self._echo(request)
        wanted = "Basic " + base64.b64encode(self.login.encode()).decode()
        authorized = request.headers.get("Authorization") == wanted
        if request.path.startswith(("/private/", "/echo/")) and not authorized:
            return self._bare(request, 401, "WWW-Authenticate", 'Basic realm="git"')
        if request.path.startswith("/broken/"):
            return self._bare(request, 503, "Retry-After", "1")
        return self._backend(request, "ada" if authorized else "")

    def _echo(self, request: BaseHTTPRequestHandler) -> None:
        sent = request.headers.get("Authorization", "")
        login = base64.b64decode(sent.removeprefix("Basic ")).decode()
        body = f"you sent {sent}, which is {login}, or {login[::-1]}, or {login.encode().hex()}\n".encode()
        request.send_response(403, f"Forbidden {login}")
        for name, value in (("Content-Type", "text/plain"), ("X-Login", login), ("Content-Length", str(len(body)))):
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def _bare(self, request: BaseHTTPRequestHandler, status: int, name: str, value: str) -> None:
        request.send_response(status)
        request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _backend(self, request: BaseHTTPRequestHandler, user: str) -> None:
        path, _, query = request.path.partition("?")
        variables = {
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": request.command,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "REMOTE_USER": user,
            "PATH": os.defpath,
        }
        done = subprocess.run([BACKEND], env=variables, input=_body(request), capture_output=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        request.send_response(int(headers.pop("Status", "200 OK").split()[0]))
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def _body(request: BaseHTTPRequestHandler) -> bytes:
    if request.headers.get("Transfer-Encoding") != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))
    body = b""
    while size := int(request.rfile.readline(), 16):
        body += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return body


def spot(watched: tuple[bytes, ...]) -> list[str]:
    """Return the processes whose arguments or environment hold one of the words."""
    found = []
    for folder in Path("/proc").glob("[0-9]*") if watched else ():
        for name in ("cmdline", "environ"):
            try:
                content = (folder / name).read_bytes()
            except OSError:
                continue
            found += [f"{folder.name}/{name}" for word in watched if word in content]
    return found


class GitOverSsh:
    """An sshd that lets this test's keys in: `plain` without a passphrase, `locked` with PASSPHRASE."""

    PASSPHRASE = "open sesame 42"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.port = _free_port()
        self.plain = self._key("plain", "")
        self.locked = self._key("locked", self.PASSPHRASE)
        self.stranger = self._key("stranger", "")
        self.host_key = self._key("host", "")
        self._sshd = _find_sshd()

    def url(self, path: Path) -> str:
        """Return the address of a repository."""
        return f"ssh://{self.user}@127.0.0.1:{self.port}{path}"

    def known_hosts(self, path: Path, key: Path | None = None) -> Path:
        """Write a file of known hosts that trusts this server."""
        public = (key or self.host_key).with_suffix(".pub").read_text().split()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"[127.0.0.1]:{self.port} {public[0]} {public[1]}\n")
        return path

    @contextmanager
    def running(self) -> Iterator[GitOverSsh]:
        """Serve until the end of the block."""
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        keys = [key.with_suffix(".pub").read_text() for key in (self.plain, self.locked)]
        (self.folder / "authorized_keys").write_text("".join(keys))
        settings = {
            "ListenAddress": f"127.0.0.1:{self.port}",
            "HostKey": self.host_key,
            "AuthorizedKeysFile": self.folder / "authorized_keys",
            "PermitRootLogin": "prohibit-password",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "StrictModes": "no",
            "UsePAM": "no",
            "PidFile": "none",
            "KexAlgorithms": "curve25519-sha256",
        }
        (self.folder / "config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        command = [self._sshd, "-D", "-e", "-f", self.folder / "config"]
        with (self.folder / "log").open("w") as log, subprocess.Popen(command, stderr=log) as process:
            try:
                self._wait(process)
                yield self
            finally:
                process.terminate()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(500):
            assert process.poll() is None, (self.folder / "log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        pytest.fail("sshd does not answer")

    def _key(self, name: str, passphrase: str) -> Path:
        path = self.folder / name
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-N", passphrase, "-C", name, "-f", path]
        subprocess.run(command, check=True)
        return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _find_sshd() -> str:
    path = "/usr/sbin:/usr/local/sbin:/sbin"
    found = shutil.which("sshd", path=path)
    if found is None:
        pytest.fail("these tests need sshd: `make servers` installs it, or tells what to install", pytrace=False)
    return found
