"""Secrets are found in added lines only, and what merely looks busy is left alone."""

from __future__ import annotations

import base64
import random
import string

import pytest

from journeyman.domain.changes import Finding
from journeyman.gates.judging import ChangeJudge
from tests.gates.trees import change, tree

CHANCE = random.Random(7)


def drawn(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    """Return characters drawn by lot, so that no real-looking secret stands in this file."""
    return "".join(CHANCE.choice(letters) for _ in range(length))


SECRETS = {
    "aws": f'AWS_ACCESS_KEY_ID = "AKIA{drawn(16, string.ascii_uppercase + string.digits)}"',
    "github": f'token = "ghp_{drawn(36)}"',
    "github pat": f"GH=github_pat_{drawn(22)}_{drawn(59)}",
    "gitlab": f'T = "glpat-{drawn(20)}"',
    "anthropic": f'client = Client("sk-ant-api03-{drawn(40)}")',
    "openai": f'key = "sk-proj-{drawn(48)}"',
    "openrouter": f"key: sk-or-v1-{drawn(64, string.hexdigits[:16])}",
    "google": f'"AIza{drawn(35)}"',
    "slack": f'SLACK = "xoxb-{drawn(12, string.digits)}-{drawn(12, string.digits)}-{drawn(24)}"',
    "stripe": f'stripe.key = "sk_live_{drawn(24)}"',
    "npm": f"//registry.npmjs.org/:_authToken=npm_{drawn(36)}",
    "pypi": f"password = pypi-AgEIcHlwaS5vcmc{drawn(80)}",
    "sendgrid": f'"SG.{drawn(22)}.{drawn(43)}"',
    "jwt": "jwt = '"
    + ".".join(
        base64.urlsafe_b64encode(part).decode().strip("=")
        for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"12345"}', drawn(32).encode())
    )
    + "'",
    "private key": "-----BEGIN RSA PRIVATE KEY-----",
    "openssh key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "url": f"db = 'postgres://app:{drawn(14)}@db.company.io/app'",
    "password": 'password = "tR8!kq2Lw9zP"',
    "named key": f'SIGNING_KEY = "{drawn(40)}"',
    "yaml secret": f"client_secret: {drawn(32)}",
    "json": f'  "apiKey": "{drawn(28)}",',
    "typescript": f'const apiToken: string = "{drawn(30)}";',
    "env": f"DB_PASSWORD={drawn(20)}",
}

ORDINARY = [
    'password = os.environ["DB_PASSWORD"]',
    "password = getpass.getpass()",
    'password: str = Field(default="")',
    'parser.add_argument("--token", help="the access token to use")',
    "token = response.json()['token']",
    'api_key = "your-api-key-here"',
    'api_key = "${API_KEY}"',
    "password: {{ db_password }}",
    'secret = "changeme"',
    "def refresh_token(self, token: str) -> str:",
    "const token = getToken(request.headers.authorization);",
    'key = "AKIAIOSFODNN7EXAMPLE"',
    'COMMIT = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"',
    'sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
    'id = "123e4567-e89b-12d3-a456-426614174000"',
    'ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"',
    'integrity = "sha512-abcdefghijklmnopqrstuvwxyz"',
    "# The password is read from the keyring, never from the file",
    'url = "https://user@example.com/path/to/something/long/enough/to/look/busy"',
    'raise ValueError("token must have at least 12 characters")',
    'SECRET_NAME = "projects/shop/secrets/database"',
    'token_url = "https://login.example.com/oauth2/v1/token"',
    'css = "M12 2C6.48 2 2 6.48 2 12s4.48 10 10 10 10-4.48 10-10S17.52 2 12 2z"',
    "from journeyman.gates.security.secrets import secrets",
    'PASSWORD_FIELD = "user_password_field"',
]


async def found(path: str, line: str, before: str = "x = 1\n") -> list[Finding]:
    old, new = {path: before}, {path: before + line + "\n"}
    judged = await ChangeJudge().judge(change(old, new), tree(old), tree(new), tests_are_the_task=False)
    return [finding for finding in judged if finding.rule.startswith("secret.")]


@pytest.mark.parametrize("name", SECRETS)
async def test_secret_blocks_and_is_not_repeated(name: str):
    findings = await found("src/settings.py", SECRETS[name])
    assert [finding.severity for finding in findings] == ["blocks"]
    assert findings[0].line == 2
    words = SECRETS[name].replace('"', " ").replace("'", " ").split()
    assert not any(word in findings[0].line_text() + findings[0].evidence for word in words if len(word) > 16)


@pytest.mark.parametrize("line", ORDINARY)
async def test_ordinary_line_is_silent(line: str):
    assert await found("src/settings.py", line) == []


async def test_a_secret_that_was_there_before_is_not_this_changes():
    line = SECRETS["github"] + "\n"
    assert await found("src/settings.py", "y = 2", before=line) == []


@pytest.mark.parametrize(("path", "severities"), [("tests/test_auth.py", ["warns"]), ("uv.lock", [])])
async def test_tests_warn_and_lock_files_are_left_alone(path: str, severities: list[str]):
    assert [finding.severity.value for finding in await found(path, SECRETS["github"])] == severities


async def test_test_passwords_are_no_news():
    assert await found("tests/test_auth.py", 'login(password="tR8!kq2Lw9zP")') == []


async def test_a_file_of_secrets_is_named():
    new = {".env": "A=1\n", ".env.example": "A=\n"}
    judged = await ChangeJudge().judge(change({}, new), tree({}), tree(new), tests_are_the_task=False)
    assert [(f.rule, f.path) for f in judged] == [("secret.file", ".env")]
