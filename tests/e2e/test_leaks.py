"""No secret gets out: real runs try every way, then every place is searched for every secret in every spelling."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZipFile

import psycopg
import pytest

from tests.e2e.canaries import Onlooker, Places, canary, files, found, objects, rows_of_sqlite, spelt
from tests.e2e.project import BROKEN, CommandLine, Done, git
from tests.e2e.scripts import CONTENT, PLAN
from tests.e2e.test_notifications import Receiver, receiver
from tests.e2e.ways import readers_of, sandbox_ways
from tests.git.repos import make_bare
from tests.git.servers import GitOverHttp, GitOverSsh
from tests.llm.servers import Asked, Deed, Fails, ProviderServer, Says, call
from tests.store.postgres import own_server

pytestmark = pytest.mark.timeout(400)
__all__ = ["receiver"]

VISIBLE = "plainly-visible-word"
"""Stands beside each secret: a search that does not find it anywhere would not find a secret either."""

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY", "GITHUB_TOKEN")
TRACES = {
    **dict.fromkeys(("GIT_TRACE", "GIT_TRACE_CURL", "GIT_CURL_VERBOSE", "GIT_TRACE_PACKET", "GIT_TRACE_SETUP"), "1"),
    **{"GIT_TRACE_REDACT": "0", "GIT_SSH_COMMAND": "ssh -vvv", "PYTHONASYNCIODEBUG": "1"},
    **{"HTTPX_LOG_LEVEL": "trace", "GIT_CONFIG_PARAMETERS": "'http.proxyAuthMethod=basic'"},
}
EDIT = call("edit_file", path="src/sums.py", old="a - b", new="a + b")
BATCH = 9

Turn = Callable[[Asked], Says]


@dataclass
class Scene:
    """A command line with a secret in every place where one may be, and a model that looks for them."""

    journeyman: CommandLine
    receiver: Receiver
    coder: list[Turn] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    fails: int = 0
    taken_back: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        self.model = ProviderServer(self.answer)
        names = (*KEYS, "ELIXIR_WEBHOOK_SECRET", "AN_UNRELATED_VARIABLE")
        self.secrets |= {name: canary(name.split("_")[0].lower()) for name in names}
        self.journeyman.variables |= {
            **self.secrets,
            **TRACES,
            "ELIXIR_WEBHOOK_URL": self.receiver.url,
            "OPENAI_BASE_URL": self.model.openai_url,
            "ANTHROPIC_BASE_URL": self.model.anthropic_url,
            "OPENROUTER_BASE_URL": self.model.openai_url,
        }

    def answer(self, asked: Asked) -> Deed:
        """Answer each role; the coder says its next turn, by how many of its turns the request holds."""
        if self.fails:
            words = "; ".join(f"{name}: {text}" for name, text in spelt(asked.key).items())
            return Fails(self.fails, f"{VISIBLE} {asked.headers} {words}")
        system = json.dumps(asked.body.get("system") or asked.body["messages"][0])
        if "planner of Journeyman" in system:
            return Says(json.dumps(PLAN))
        if "tester of Journeyman" in system or "reviewer of Journeyman" in system:
            return Says(json.dumps(CONTENT))
        if self.taken_back and b"secret.known" in asked.raw:
            last = asked.body["messages"][-1]["role"]
            return Says("taken back") if last == "tool" else Says(calls=(self.taken_back,))
        said = sum(message["role"] == "assistant" for message in asked.body["messages"])
        return self.coder[said](asked) if said < len(self.coder) else Says("done")

    def try_commands(self, ways: dict[str, str]) -> None:
        """Let the coder run each command; its name is printed, so that one sees that it was tried."""
        self.ways += ways
        commands = [f"echo {shlex.quote(f'WAY {name}')}; {command}" for name, command in ways.items()]
        for start in range(0, len(commands), BATCH):
            calls = tuple(
                call("run_shell_command", command=command, timeout_seconds=20)
                for command in commands[start : start + BATCH]
            )
            self.coder.append(lambda _, calls=calls: Says(calls=calls))

    def try_echoes(self) -> None:
        """Let the model's server send its key back, in words, as arguments and as names, in every spelling."""
        self.ways += [f"the model's answer: {name}" for name in spelt("x-" + "y" * 24)]

        def words(asked: Asked) -> Says:
            texts = "\n".join(f"{name}: {text}" for name, text in spelt(asked.key).items())
            return Says(f"{VISIBLE}\n{texts}", calls=(call("list_directory", path="."),), pieces=400)

        def arguments(asked: Asked) -> Says:
            texts = json.dumps(spelt(asked.key))
            writes = call("write_file", path=f"notes/{VISIBLE}.md", content=f"{VISIBLE} {asked.key}\n{texts}")
            named = call("write_file", path=f"notes/{asked.key}.md", content=VISIBLE)
            shell = call(
                "run_shell_command", command=f"echo {VISIBLE} {asked.key} > notes/from-shell.txt; cat notes/*"
            )
            return Says(calls=(writes, named, shell, (asked.key, "{}"), ("read_file", f'{{"path": "{asked.key}')))

        self.ways += ["the model's answer: as a file's content", "the model's answer: as a file's name"]
        self.ways += ["the model's answer: in a command", "the model's answer: as a tool's name"]
        self.ways += ["the model's answer: in broken arguments"]
        self.coder += [words, arguments]

    def request(self, url: str, model: str, credentials: dict[str, str], title: str = "Mend the sum") -> str:
        """Return a request in which somebody has written every secret, in every spelling."""
        told = {name: spelt(secret) for name, secret in self.secrets.items() if name != "AN_UNRELATED_VARIABLE"}
        text = "\n".join(f"{name}, {form}: {text}" for name, forms in told.items() for form, text in forms.items())
        any_secret = credentials[
            next(name for name in ("password", "key_password", "access_token") if name in credentials)
        ]
        self.ways += [f"the task's description: {form}" for form in spelt("x-" + "y" * 24)]
        places = (
            "title",
            "requirements",
            "tags",
            "context",
            "instructions",
            "the branch's name",
            "a check's command",
        )
        self.ways += [f"the task: {place}" for place in places]
        task = {
            "description": f"{VISIBLE}\n{text}",
            "title": f"{title} {VISIBLE} {any_secret}",
            "requirements": [f"{VISIBLE} {any_secret}"],
            "tags": [any_secret],
            "context": {VISIBLE: spelt(any_secret), any_secret: VISIBLE},
        }
        agent = {"model": model, "instructions": f"{VISIBLE}: {any_secret}"}
        repository = {"remote_url": url, "branch": "main", "credentials": credentials}
        return json.dumps({"agent": agent, "repository": repository, "task": task})

    def places(self, *told: Done) -> Places:
        """Return everything that left, and everything that was kept."""
        home = self.journeyman.home
        words = {f"output {n}": (done.out + "\n" + done.err).encode() for n, done in enumerate(told)}
        requests = {f"model request {n}": asked.raw for n, asked in enumerate(self.model.asked)}
        hooks = {f"webhook {n}": body for n, (_, body) in enumerate(self.receiver.received)}
        database = home / "journeyman.sqlite"
        rows = {"database": rows_of_sqlite(database)} if database.exists() else {}
        return words | requests | hooks | rows | files(home)

    def tried(self) -> None:
        """See that every way was really gone, and print them."""
        said = b"".join(asked.raw for asked in self.model.asked)
        printed = {way: json.dumps(f"WAY {way}\n")[1:-1].encode() for way in self.ways}
        missing = [way for way in self.ways if way.split(":")[0] not in TEXTS and printed[way] not in said]
        assert missing == []
        for way in self.ways:
            print(f"  tried  {way}")


TEXTS = ("the task", "the task's description", "the model's answer", "words to the run", "the remote")


@pytest.fixture
def scene(journeyman: CommandLine, receiver: Receiver) -> Iterator[Scene]:
    made = Scene(journeyman, receiver)
    with made.model:
        yield made


def see_nothing(secrets: dict[str, str], places: Places, *visible_in: str) -> None:
    """Fail if a secret stands anywhere, or if the search is blind."""
    assert found(secrets.values(), places) == []
    for kind in visible_in:
        text = b"".join(data for place, data in places.items() if place.startswith(kind))
        assert VISIBLE.encode() in text, kind


def exported(journeyman: CommandLine, run_id: str, folder: Path) -> Places:
    """Return the parts of an exported run, unpacked."""
    done = journeyman("export", run_id, "-o", str(folder / "run.record"))
    assert done.code == 0, done.err
    with ZipFile(folder / "run.record") as archive:
        return {f"export {name}": archive.read(name) for name in archive.namelist()}


def not_typed(seen: Places) -> Places:
    """Leave out what a person typed: whoever may list that person's processes sees it."""
    typed = (b"--validate", b"--comment", b"tell")
    return {place: data for place, data in seen.items() if not any(word in data for word in typed)}


def logs_of(journeyman: CommandLine, run_id: str) -> tuple[Done, ...]:
    """Return what the commands that look say about a run."""
    shown = [journeyman("show", run_id, "--json"), journeyman("logs", run_id, "--json"), journeyman("diff", run_id)]
    return (*shown, journeyman("tasks", "--json"), journeyman("cost", run_id))


@pytest.mark.long
def test_a_password_and_every_way_out(scene: Scene, tmp_path: Path) -> None:
    journeyman, password = scene.journeyman, canary("password")
    scene.secrets["password"] = password
    scene.coder.append(lambda _: Says(f"{VISIBLE}", calls=(EDIT,)))
    scene.try_commands(sandbox_ways(scene.receiver.server_port, str(journeyman.home)))
    scene.try_echoes()
    credentials = {"credential_type": "username_password", "username": "ada", "password": password}
    words = ("--mode", "bugfix", "--validate", "python3 -m pytest -q", "--validate", f"echo {password}", "--json")
    with (
        GitOverHttp(tmp_path / "http", login=f"ada:{password}", files=BROKEN).running() as server,
        Onlooker().looking() as onlooker,
    ):
        request = scene.request(server.url(), "openai:great-1", credentials)
        done = journeyman("run", "--request", "-", "--approve", "always", *words, stdin=request)
        assert done.code == 3, done.err
        run_id = done.json["run_id"]
        comment = " ".join(spelt(password).values())
        scene.ways += ["words to the run: tell", "words to the run: a rejection's comment"]
        steered = [journeyman("tell", run_id, f"{VISIBLE} {comment}")]
        steered += [journeyman("reject", run_id, "--comment", f"{VISIBLE} {comment}")]
        again = journeyman("resume", run_id, "--json")
        assert again.code == 3, again.err
        steered += [again, journeyman("approve", run_id)]
        last = journeyman("show", run_id, "--json")
        assert last.json["status"] == "complete", last.err
        remote = tmp_path / "http" / "private" / "project.git"
        assert last.json["result"]["branch_name"] in git(remote, "branch", "--format=%(refname:short)")
    places = scene.places(done, *steered, last, *logs_of(journeyman, run_id))
    places |= {"remote": objects(remote)} | not_typed(onlooker.seen) | exported(journeyman, run_id, tmp_path)
    see_nothing(scene.secrets, places, "output", "model request", "database", "remote", "home", "webhook", "export")
    scene.tried()
    print(f"{len(scene.ways)} ways, {len(scene.secrets)} secrets, {len(places)} places: 0 found")
    assert len(scene.ways) >= 60
    assert journeyman("audit", "verify").code == 0


@pytest.mark.long
def test_a_key_with_a_passphrase_and_a_database_with_a_password(scene: Scene, tmp_path: Path) -> None:
    """SSH, Anthropic's protocol and PostgreSQL: the key, its passphrase and the database's password."""
    (tmp_path / "ssh").mkdir()
    journeyman, remote, ssh = (
        scene.journeyman,
        make_bare(tmp_path / "remote.git", BROKEN),
        GitOverSsh(tmp_path / "ssh"),
    )
    key = ssh.locked.read_text()
    secret_lines = {f"line {number} of the key": line for number, line in enumerate(key.splitlines()[3:-2])}
    scene.secrets |= {"passphrase": ssh.PASSPHRASE, "database": canary("database")}
    ssh.known_hosts(journeyman.home / "known_hosts")
    scene.coder.append(lambda _: Says(VISIBLE, calls=(EDIT,)))
    ways = sandbox_ways(scene.receiver.server_port, str(journeyman.home))
    scene.try_commands(
        {way: command for way, command in ways.items() if way.startswith(("/proc", "ssh", "git", "Jou"))}
    )
    scene.try_echoes()
    credentials = {"credential_type": "key_cert", "private_key": key, "key_password": ssh.PASSPHRASE}
    with ssh.running(), own_server() as postgres, Onlooker().looking() as onlooker:
        address = postgres.new_database().replace("postgres@", f"postgres:{scene.secrets['database']}@")
        journeyman.variables["DATABASE_URL"] = address
        request = scene.request(ssh.url(remote), "anthropic:great-1", credentials)
        done = journeyman("run", "--request", "-", "--mode", "bugfix", "--json", stdin=request)
        assert done.code == 0, done.err
        told = logs_of(journeyman, done.json["run_id"])
        postgres.stop()
        broken = journeyman("tasks")
        assert broken.code != 0
        postgres.start()
        rows = rows_of_postgres(address)
    places = scene.places(done, *told, broken) | {"database": rows, "remote": objects(remote)} | onlooker.seen
    see_nothing(scene.secrets | secret_lines, places, "output", "model request", "database", "remote", "webhook")
    scene.tried()
    print(f"{len(scene.ways)} ways, {len(scene.secrets | secret_lines)} secrets, {len(places)} places: 0 found")


def test_a_secret_that_the_repository_holds_already(scene: Scene, tmp_path: Path) -> None:
    """The token stands in a file and in a test's output: no model, log or message sees it, no commit repeats it."""
    journeyman, token = scene.journeyman, canary("token")
    scene.secrets["token"] = token
    repository = {
        **BROKEN,
        "config/leaked.env": f"{VISIBLE}={token}\n",
        "tests/test_print.py": "def test_print():\n    print(open('config/leaked.env').read())\n",
        "AGENTS.md": f"{VISIBLE}: deploy with {token}\n",
    }
    path, copies = "config/leaked.env", ("copy.txt", "copy.b64", "copy.gz", "split.txt")
    scene.coder.append(lambda _: Says(VISIBLE, calls=(EDIT, call("read_file", path=path))))
    scene.try_commands(readers_of(path))
    copying = f"cp {path} copy.txt; base64 {path} > copy.b64; gzip -c {path} > copy.gz; fold -w5 {path} > split.txt"
    named = f"touch copy-$(tr -dc A-Za-z0-9 < {path}).txt; echo x | tee copy-*.txt"
    scene.try_commands({"the change: copies in four spellings": copying, "the change: a file's name": named})
    remove = f"rm -f {' '.join(copies)} copy-*.txt; echo files taken back"
    scene.taken_back = call("run_shell_command", command=remove)
    credentials = {"credential_type": "access_token", "access_token": token}
    login = f"x-access-token:{token}"
    with GitOverHttp(tmp_path / "http", login=login, files=repository).running() as server:
        request = scene.request(server.url(), "openrouter:we/great-1", credentials)
        words = ("--mode", "bugfix", "--validate", "python3 -m pytest -q -s", "--json")
        done = journeyman("run", "--request", "-", *words, stdin=request)
        assert done.code == 0, done.err
        remote = tmp_path / "http" / "private" / "project.git"
    told = logs_of(journeyman, done.json["run_id"])
    assert told[1].out.count("secret.known") >= len(copies)
    places = scene.places(done, *told) | {"what was pushed": pushed(remote, done.json["branch_name"])}
    # The clone, the work tree and its snapshots hold what the repository holds.
    clone = ("home/mirrors", "home/runs", "objects of", "names/runs", "names/mirrors")
    places = {place: data for place, data in places.items() if not place.startswith(clone)}
    see_nothing(scene.secrets, places, "output", "model request", "database", "what was pushed", "webhook")
    scene.tried()
    print(f"{len(scene.ways)} ways, {len(scene.secrets)} secrets, {len(places)} places: 0 found")


def pushed(remote: Path, branch: str) -> bytes:
    """Return the new commit and every object that came with it."""
    new = git(remote, "rev-list", "--objects", f"main..{branch}").split("\n")
    texts = [git(remote, "cat-file", "-p", line.split()[0]) for line in new]
    return "\n".join((branch, *new, *texts)).encode()


def rows_of_postgres(address: str) -> bytes:
    """Return every value of a database."""
    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return "\n".join(
            repr(row) for (name,) in found for row in connection.execute(f"SELECT * FROM {name}")
        ).encode()


class Echoing(GitOverHttp):
    """Refuses every push with words that hold what it was sent."""

    def refuse_pushes(self, login: str) -> None:
        words = "; ".join(f"{name}: {text}" for name, text in spelt(login).items() if "\n" not in text)
        hook = self.folder / "private" / "project.git" / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ncat <<'END'\n{VISIBLE} {words}\nEND\nexit 1\n")
        hook.chmod(0o755)


def test_servers_that_say_what_they_were_sent(scene: Scene, tmp_path: Path) -> None:
    """Git over HTTP, a push's hook, and model servers: in errors, in headers, in redirections, in a refusal."""
    journeyman, password = scene.journeyman, canary("password")
    scene.secrets["password"] = password
    credentials = {"credential_type": "username_password", "username": "ada", "password": password}
    task = {"description": f"{VISIBLE}: mend the sum"}

    def run(url: str, model: str) -> Done:
        repository = {"remote_url": url, "credentials": credentials}
        request = json.dumps({"agent": {"model": model}, "repository": repository, "task": task})
        return journeyman("run", "--request", "-", "--mode", "bugfix", "--json", stdin=request)

    told: list[Done] = []
    with Echoing(tmp_path / "http", login=f"ada:{password}", files=BROKEN).running() as server:
        told.append(run(server.url("echo"), "none"))
        assert told[-1].code == 2
        server.refuse_pushes(f"ada:{password}")
        told.append(run(server.url(), "none"))
        assert told[-1].code == 1
        assert VISIBLE in told[-1].err
        told += logs_of(journeyman, told[-1].json["run_id"])
        for status, model in ((401, "openai:a"), (307, "anthropic:a")):
            scene.coder, scene.fails = [], status
            told.append(run(server.url(), model))
            assert told[-1].code in (1, 2), told[-1].err
    see_nothing(scene.secrets, scene.places(*told), "output", "model request")


def in_a_process(program: str, journeyman: CommandLine) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=journeyman.environment(), capture_output=True, text=True, check=True).stdout


def test_no_core_is_dumped(journeyman: CommandLine) -> None:
    program = (
        "import atexit, resource, sys\n"
        "hard = resource.getrlimit(resource.RLIMIT_CORE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))\n"
        "atexit.register(lambda: print('core', resource.getrlimit(resource.RLIMIT_CORE)[0]))\n"
        "from journeyman.cli.main import main\n"
        "sys.argv = ['journeyman', '--help']\n"
        "main()\n"
    )
    assert in_a_process(program, journeyman).splitlines()[-1] == "core 0"


def test_a_traceback_that_people_are_asked_to_send_holds_no_secret(journeyman: CommandLine, tmp_path: Path) -> None:
    secret = canary("openai")
    journeyman.variables |= {"OPENAI_API_KEY": secret, "TMPDIR": str(tmp_path)}
    program = (
        "from journeyman.cli.ending import keep_traceback\n"
        f"print(keep_traceback(ValueError('{VISIBLE} {secret} {secret[::-1]}')))\n"
    )
    kept = Path(in_a_process(program, journeyman).strip())
    see_nothing({"key": secret}, {"traceback": kept.read_bytes()}, "traceback")
    assert kept.stat().st_mode & 0o077 == 0
