"""Secrets in the lines that a change adds: known formats, private keys, and values that look drawn by lot."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import Any

from journeyman.domain.changes import ChangeKind, Finding, Severity
from journeyman.gates.comparison import Comparison, Edit
from journeyman.gates.places import is_lock, is_test

DETECTORS = (
    *("artifactory:ArtifactoryDetector", "aws:AWSKeyDetector", "azure_storage_key:AzureStorageKeyDetector"),
    *("basic_auth:BasicAuthDetector", "discord:DiscordBotTokenDetector", "github_token:GitHubTokenDetector"),
    *("gitlab_token:GitLabTokenDetector", "jwt:JwtTokenDetector", "mailchimp:MailchimpDetector"),
    *("npm:NpmDetector", "openai:OpenAIDetector", "private_key:PrivateKeyDetector", "pypi_token:PypiTokenDetector"),
    *("sendgrid:SendGridDetector", "slack:SlackDetector", "square_oauth:SquareOAuthDetector"),
    *("stripe:StripeDetector", "telegram_token:TelegramBotTokenDetector", "twilio:TwilioKeyDetector"),
)
"""Detectors of detect-secrets for formats that hardly anything else has."""

FORMATS: tuple[tuple[str, str], ...] = (
    ("Anthropic key", r"\bsk-ant-[\w-]{20,}"),
    ("model key", r"\bsk-(?:or-v1-|proj-)[\w-]{20,}"),
    ("Google key", r"\bAIza[\w-]{35}\b"),
    ("Google client secret", r"\bGOCSPX-[\w-]{28}\b"),
    ("GitHub token", r"\bgithub_pat_\w{22,}"),
    ("Hugging Face token", r"\bhf_[A-Za-z]{34}\b"),
    ("DigitalOcean token", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    ("Shopify token", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    ("Vault token", r"\bhv[sb]\.[\w-]{24,}"),
    (
        "webhook address",
        r"hooks\.slack\.com/services/T\w+/B\w+/\w{16,}|discord(?:app)?\.com/api/webhooks/\d+/[\w-]{30,}",
    ),
    ("private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|AGE-SECRET-KEY-1\w{50,}"),
)
NAMED = re.compile(
    r"(?i)(?P<name>[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key"
    r"|private[_-]?key|credential|auth[_-]?key"
    r"|client[_-]?secret|signing[_-]?key|encryption[_-]?key)[\w.-]*)['\"]?\s*(?::\s*\w+\s*)?(?:=|:|=>|:=)\s*"
    r"(?:[rbf]?(?P<quote>['\"`])(?P<quoted>[^'\"`\s]{8,200})(?P=quote)"
    r"|(?P<bare>[A-Za-z0-9+/_=.~!@#$%^&*-]{12,200})\s*$)"
)
LONE = re.compile(r"['\"`]([A-Za-z0-9+/_=-]{32,200})['\"`]")
STAND_IN = re.compile(
    r"(?i)example|placeholder|changeme|change[_-]me|dummy|fake|sample|your[_-]|my[_-]?secret|xxxx|\*\*\*"
    r"|\.\.\.|<|\$\{|\{\{|%\(|redacted|insert|replace|abcdefg|0123456"
    r"|todo|not[_-]?a[_-]?secret|localhost|^(?:test|none|null|true|false|password|secret|token|admin|hunter2"
    r"|string|undefined)\w*$"
)
CODE = re.compile(
    r"^(?:[a-z_][\w]*[.(\[]|self\.|os\.|env\.|process\.|config|settings|get|\w+\(|[A-Z][A-Z0-9_]+$"
    r"|[a-z]+(?:[_-][a-z]+)+$|/|\./|https?:)"
)
HASH = re.compile(
    r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}|sha\d+[-:].*"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
)
KEY_FILE = re.compile(
    r"(?:^|/)(?:\.env(?:\.(?:local|prod\w*|dev\w*|stag\w*))?|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass"
    r"|\.npmrc|\.pypirc|\.git-credentials"
    r"|credentials\.json|service[_-]account\.json|[\w.-]+\.(?:p12|pfx|jks|keystore|kdbx))$"
)
LONGEST_LINE = 4000


def secrets(comparison: Comparison) -> Iterable[Finding]:
    """Return a finding for each secret; it names place and kind, never the secret."""
    return [finding for edit in comparison.edits for finding in (*_file(edit), *_lines(edit))]


def _file(edit: Edit) -> Iterator[Finding]:
    if edit.file.kind is ChangeKind.ADDED and KEY_FILE.search(edit.path) and not is_test(edit.path):
        yield Finding("secret.file", Severity.BLOCKS, "files of this name hold secrets", edit.path)


def _lines(edit: Edit) -> Iterator[Finding]:
    if edit.after is None or is_lock(edit.path) or edit.path.endswith((".svg", ".map", ".snap", ".min.js", ".sum")):
        return
    for number, line in edit.added():
        kind, sure = _kind(line[:LONGEST_LINE], tests=is_test(edit.path))
        if kind:
            severity = Severity.BLOCKS if sure and not _usual_place(edit.path) else Severity.WARNS
            rule = "secret." + re.sub(r"\W+", "-", kind.lower())
            yield Finding(rule, severity, f"this looks like a {kind}", edit.path, number)


def _usual_place(path: str) -> bool:
    """Whether a find stands where made-up secrets are usual: then a person should look, no more."""
    return is_test(path) or path.endswith((".md", ".rst"))


def _kind(line: str, *, tests: bool) -> tuple[str, bool]:
    """Return what a line seems to hold, and whether that is sure; empty for nothing."""
    if len(line) < 12 or "pragma: allowlist secret" in line:
        return "", False
    for kind, pattern in FORMATS:
        found = re.search(pattern, line)
        if found and not STAND_IN.search(found.group(0)):
            return kind, True
    for detector in _detectors():
        if any(not STAND_IN.search(str(value)) for value in detector.analyze_string(line)):
            return str(detector.secret_type).lower(), True
    return ("", False) if tests else _looks_random(line)


def _looks_random(line: str) -> tuple[str, bool]:
    for found in NAMED.finditer(line):
        value = found.group("quoted") or found.group("bare") or ""
        quoted = found.group("quoted") is not None
        if not STAND_IN.search(value) and not CODE.search(value) and _drawn(value, 3.0 if quoted else 3.5):
            return "password or key", True
    for value in LONE.findall(line):
        if not HASH.match(value) and not STAND_IN.search(value) and not CODE.search(value) and _drawn(value, 4.5):
            return "random value", False
    return "", False


def _drawn(value: str, least: float) -> bool:
    """Whether a value looks drawn by lot: many different characters of at least two kinds, digits among them."""
    kinds = sum(bool(re.search(kind, value)) for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^\w]"))
    return kinds >= 2 and bool(re.search(r"\d", value)) and entropy(value) >= least


def entropy(text: str) -> float:
    """Return Shannon's entropy of a text in bits per character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


@cache
def _detectors() -> tuple[Any, ...]:
    """Return the detectors; imported late, since only a finished change needs them."""
    names = (name.split(":") for name in DETECTORS)
    return tuple(getattr(import_module(f"detect_secrets.plugins.{module}"), name)() for module, name in names)
