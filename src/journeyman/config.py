"""The only reader of the environment and of settings files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from platformdirs import user_data_path

from journeyman.domain.conversation import Role
from journeyman.domain.errors import BadSettings
from journeyman.domain.spending import Allowance, SharedLimits

PLACEHOLDER = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")

NOT_YAML = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What the YAML package raises besides its own errors, for a tag such as `!!int` on a value that is none."""

KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "openrouter": "OPENROUTER_API_KEY"}
ADDRESSES = {
    "openai": "OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
    "openrouter": "OPENROUTER_BASE_URL",
    "local": "JOURNEYMAN_LOCAL_URL",
}

NETWORK = ("https_proxy", "http_proxy", "no_proxy", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "GIT_SSL_CAINFO")
"""What git needs to know of the way out; never shown to the sandbox."""

PACKAGE_CLIENT = re.compile(
    r"(?i)^(PATH|HOME|XDG_CONFIG_\w+|PIP_\w+|UV_\w+|NPM_CONFIG_\w+|GO\w+|CARGO_\w+|SSL_CERT_\w+)$"
)
"""What tells from where packages are installed."""

SECRET_NAME = re.compile(
    r"(?i)(?:^|_|-)(?:(?:api|access|private)?key|(?:auth)?token|secret|pass(?:word|wd|phrase)?|credentials?)(?:_|-|$)"
    r"|_auth$"
)
"""What the name of a secret looks like."""

LONG = 16
"""Characters from which on a word of an address counts as one that was drawn by lot."""


Dollars = Annotated[float, msgspec.Meta(ge=0, lt=1_000_000)]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Price(_Strict, frozen=True):
    """Dollars for a million tokens. A cache price that is left out is taken to be the provider's usual one."""

    input_per_million: Dollars
    output_per_million: Dollars
    cache_read_per_million: Dollars | None = None
    cache_write_per_million: Dollars | None = None


class LimitSettings(SharedLimits, frozen=True, forbid_unknown_fields=True):
    """What may be spent: by each run that says nothing else, by all runs of a project, by all runs of a UTC day."""

    run: Allowance = Allowance()


class McpServer(_Strict, frozen=True):
    """A server of further tools: a command that speaks over its standard streams, or an address."""

    command: tuple[str, ...] = ()
    url: str = ""


class AuthorSettings(_Strict, frozen=True):
    """Who commits are by."""

    name: str = "Journeyman"
    email: str = "journeyman@localhost"


Amount = Annotated[int, msgspec.Meta(gt=0)]


class SandboxSettings(_Strict, frozen=True):
    """What isolates commands, and what one sandbox may use; what is left out is the back end's own choice.

    `image` and `runtime` are Docker's. `disk_mb` and `files` bound what commands add to the work tree. Installs may
    reach `install_hosts` and read `install_folders` besides the registries. Environments that nobody used for
    `keep_days` are removed, and the longest unused while all of them take more than `keep_gb`.
    """

    backend: Literal["bubblewrap", "docker"] = "bubblewrap"
    image: str = ""
    runtime: str = ""
    memory_mb: Amount | None = None
    processes: Amount | None = None
    cpus: Annotated[float, msgspec.Meta(gt=0)] | None = None
    disk_mb: Amount | None = None
    files: Amount | None = None
    install_hosts: tuple[str, ...] = ()
    install_folders: tuple[str, ...] = ()
    keep_days: float = 30.0
    keep_gb: float = 20.0

    def __post_init__(self) -> None:
        if self.backend != "docker" and (self.image or self.runtime):
            raise ValueError("`image` and `runtime` are Docker's: add `backend: docker`")


class WorkerSettings(_Strict, frozen=True):
    """What one worker does at once."""

    at_once: Annotated[int, msgspec.Meta(ge=1)] = 4


class MemorySettings(_Strict, frozen=True):
    """What is remembered of projects. `share`: a question of one project also finds what others have learnt."""

    share: bool = False
    show: bool = True
    """Whether runs are shown what is remembered, and how they end counts for it."""


class CommandSettings(_Strict, frozen=True):
    """The policy for commands: `allow` names rules that do not hold, `refuse` adds patterns by their rules' names."""

    allow: tuple[str, ...] = ()
    refuse: dict[str, str] = {}


class EmbedderSettings(_Strict, frozen=True):
    """What turns texts into vectors: an endpoint with OpenAI's protocol, or `module:function` of a package."""

    url: str = ""
    model: str = ""
    key: str = ""
    package: str = ""

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.package) or bool(self.url) != bool(self.model):
            raise ValueError("embedder takes `url` and `model`, or `package`")
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError("embedder.url is no http or https URL")

    def __repr__(self) -> str:
        return f"EmbedderSettings(url={self.url}, …)"


class Settings(_Strict, frozen=True):
    """The settings file. Every field has a default, so no file is needed."""

    model: str = ""
    models: dict[Role, str] = {}
    fallbacks: tuple[str, ...] = ()
    prices: dict[str, Price] = {}
    windows: dict[str, int] = {}
    budget_usd: Annotated[float, msgspec.Meta(gt=0, lt=1_000_000)] | None = None
    limits: LimitSettings = LimitSettings()
    author: AuthorSettings = AuthorSettings()
    sandbox: SandboxSettings = SandboxSettings()
    commands: CommandSettings = CommandSettings()
    mcp_servers: dict[str, McpServer] = {}
    webhook_url: str = ""
    webhook_secret: str = ""
    engine: Literal["", "embedded", "temporal"] = ""
    localise: bool = True
    code_tokens: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 4000
    mend_first: bool = True
    tests_first_seconds: float = 10.0
    worker: WorkerSettings = WorkerSettings()
    memory: MemorySettings = MemorySettings()
    embedder: EmbedderSettings | None = None

    def __repr__(self) -> str:
        return f"Settings(model={self.model}, …)"


class TemporalPlace(msgspec.Struct, frozen=True):
    """Where Temporal is, and the names to use there."""

    host: str
    namespace: str
    task_queue: str


class Config(msgspec.Struct, frozen=True):
    """Everything from outside: the settings, and what the environment says. `secrets` may be seen nowhere.

    `engine` is that of new runs.
    """

    settings: Settings
    home: Path
    database_url: str
    database_is_shared: bool
    model: str
    keys: dict[str, str]
    addresses: dict[str, str]
    webhook_url: str
    webhook_secret: str
    github_token: str
    known_hosts: tuple[Path, ...]
    user_home: Path
    search_path: str
    docker_host: str
    network: dict[str, str]
    package_clients: dict[str, str]
    engine: str
    temporal: TemporalPlace
    further_secrets: tuple[str, ...] = ()
    mcp_token: str = ""

    def __repr__(self) -> str:
        return f"Config(home={self.home}, model={self.model}, …)"

    @property
    def run_limits(self) -> Allowance:
        """What a run may spend that says nothing else; `budget_usd` is a short way to say `limits.run.usd`."""
        run = self.settings.limits.run
        return Allowance(self.settings.budget_usd if run.usd is None else run.usd, run.tokens)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must not be seen."""
        embedder = self.settings.embedder.key if self.settings.embedder else ""
        own = (*self.keys.values(), self.webhook_secret, self.github_token, embedder, *self.further_secrets)
        return tuple(dict.fromkeys(value for value in own if value))


def load(environment: Mapping[str, str] | None = None) -> Config:
    """Read the environment and the settings file that it names. BadSettings tells what is wrong with either."""
    env = os.environ if environment is None else environment
    settings = read_settings(env)
    home = _path(env, "JOURNEYMAN_HOME") or user_data_path("journeyman")
    return Config(
        settings=settings,
        home=home,
        database_is_shared=bool(env.get("DATABASE_URL")),
        database_url=env.get("DATABASE_URL") or f"sqlite:///{home / 'journeyman.sqlite'}",
        model=env.get("JOURNEYMAN_MODEL") or settings.model or "none",
        keys={provider: env[name].strip() for provider, name in KEYS.items() if env.get(name, "").strip()},
        addresses={provider: env[name] for provider, name in ADDRESSES.items() if env.get(name)},
        webhook_url=env.get("ELIXIR_WEBHOOK_URL") or settings.webhook_url,
        webhook_secret=env.get("ELIXIR_WEBHOOK_SECRET") or settings.webhook_secret,
        github_token=env.get("GITHUB_TOKEN", ""),
        known_hosts=(home / "known_hosts", Path(env.get("HOME") or "/nonexistent") / ".ssh" / "known_hosts"),
        user_home=Path(env.get("HOME") or "/nonexistent"),
        search_path=env.get("PATH") or "/usr/local/bin:/usr/bin:/bin",
        docker_host=env.get("DOCKER_HOST", ""),
        network={name: env[name] for name in NETWORK if env.get(name)},
        package_clients={name: value for name, value in env.items() if PACKAGE_CLIENT.match(name)},
        further_secrets=(*secrets_in(env), *secrets_in({"": settings.webhook_url}, paths=True)),
        mcp_token=env.get("JOURNEYMAN_MCP_TOKEN", "").strip(),
        engine=settings.engine or ("temporal" if env.get("TEMPORAL_HOST") else "embedded"),
        temporal=TemporalPlace(
            host=env.get("TEMPORAL_HOST") or "localhost:7233",
            namespace=env.get("TEMPORAL_NAMESPACE") or "default",
            task_queue=env.get("TEMPORAL_TASK_QUEUE_CODING_AGENT") or "coding-agent",
        ),
    )


def wants_colour(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether a terminal is to be shown colours: not where NO_COLOR is set, or the terminal is dumb."""
    env = os.environ if environment is None else environment
    return not env.get("NO_COLOR") and env.get("TERM") != "dumb"


def secrets_in(named: Mapping[str, str], *, paths: bool = False) -> Iterator[str]:
    """Yield what is secret by its name, such as `DEPLOY_TOKEN`, and the passwords in addresses.

    `paths`: of an address, long words of the path and the query too, as webhooks have them.
    """
    for name, value in named.items():
        if "://" in value:
            yield from _secrets_of_address(value, paths)
        elif SECRET_NAME.search(name) and not value.startswith("/"):
            yield value


def _secrets_of_address(text: str, paths: bool) -> Iterator[str]:
    for address in text.split():
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        # A user without a password is a token, where it is long enough for one.
        login = parts.password or (parts.username if len(parts.username or "") >= LONG else None) or ""
        yield from dict.fromkeys((login, unquote(login)))
        query = parse_qsl(parts.query)
        yield from (value for name, value in query if SECRET_NAME.search(name) or (paths and len(value) >= LONG))
        yield from (word for word in parts.path.split("/") if paths and len(word) >= LONG)


def read_settings(env: Mapping[str, str]) -> Settings:
    """Return the settings of the file that JOURNEYMAN_CONFIG names, or the defaults."""
    path = _path(env, "JOURNEYMAN_CONFIG")
    if path is None:
        return Settings()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise BadSettings(f"JOURNEYMAN_CONFIG={path}: {problem}", "name a readable YAML file, or unset it") from None
    return parse_settings(text, env)


def parse_settings(text: str, env: Mapping[str, str]) -> Settings:
    """Return settings from YAML text, `${NAME}` and `${NAME:-default}` taken from the environment."""
    import yaml

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, *NOT_YAML) as error:
        raise BadSettings(f"the settings are not YAML: {_yaml_problem(error)}", "mend the file") from None
    try:
        return msgspec.convert(_filled_in(document or {}, env), Settings, strict=False)
    except (ValueError, RecursionError) as error:
        raise BadSettings(f"the settings: {_one_line(str(error))}", "mend that field") from None


def _filled_in(value: Any, env: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled_in(item, env) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled_in(item, env) for item in value]
    return PLACEHOLDER.sub(lambda match: _value(match, env), value) if isinstance(value, str) else value


def _value(match: re.Match[str], env: Mapping[str, str]) -> str:
    name, default = match["name"], match["default"]
    found = env.get(name) or default
    if found is None:
        raise BadSettings(
            f"the settings name ${{{name}}}, which is not set", f"set {name}, or write ${{{name}:-default}}"
        )
    return found


def _path(env: Mapping[str, str], name: str) -> Path | None:
    """Return the path that a variable names; None if it is not set or empty."""
    if not env.get(name):
        return None
    try:
        return Path(env[name]).expanduser().absolute()
    except RuntimeError:
        raise BadSettings(f"{name}={env[name]}: there is no such user", f"name a full path in {name}") from None


def _yaml_problem(error: Exception) -> str:
    """Return what is wrong and where, without the text around it: that may hold a secret."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
    return _one_line(f"{what} in line {mark.line + 1}" if mark else what)


def _one_line(text: str) -> str:
    return " ".join(text.split())
