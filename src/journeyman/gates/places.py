"""What a file is for, told by its path alone."""

from __future__ import annotations

import re

TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|spec|specs|e2e|testdata|__snapshots__)/"
    r"|(?:^|/)(?:test_[^/]+|[^/]+_tests?|conftest|tests)\.py$"
    r"|(?:^|/)[^/]+\.(?:test|spec)\.[cm]?[jt]sx?$|(?:^|/)test[\w-]*\.[cm]?[jt]s$"
    r"|_test\.go$|_(?:test|spec)\.(?:rb|exs|dart)$|(?:^|/)(?:\w*Tests?|\w+Spec|\w+IT)\.(?:java|kt|scala|cs|php|swift)$"
    r"|\.(?:snap|ambr)$"
)
CI = re.compile(
    r"^\.github/(?:workflows|actions)/|^\.gitlab-ci\.yml$|^\.circleci/|^azure-pipelines\.ya?ml$|^Jenkinsfile$"
    r"|^\.travis\.yml$|^\.buildkite/|^bitbucket-pipelines\.yml$|^\.drone\.yml$|^appveyor\.yml$|^\.ci/"
)
VENDORED = re.compile(r"(?:^|/)(?:vendor|vendored|_vendor|third_party|node_modules|site-packages|bower_components)/")
BUILT = re.compile(
    r"(?:^|/)(?:__pycache__|\.mypy_cache|\.pytest_cache|\.ruff_cache|\.tox|\.venv|venv|htmlcov|\.next|\.gradle)/"
    r"|\.(?:pyc|pyo|class|o|obj|so|dylib|dll|exe|min\.js|min\.css|js\.map|egg-info/.+)$|(?:^|/)\.coverage$|\.egg-info/"
)
GENERATED_NAME = re.compile(r"(?:_pb2(?:_grpc)?\.pyi?|\.pb\.(?:go|cc|h)|\.g\.dart|_generated\.\w+|\.generated\.\w+)$")
GENERATED_MARK = re.compile(
    r"(?im)^.{0,20}(?:code generated .{0,80}do not edit|@generated\b|auto-?generated .{0,60}do not)"
)

LOCKS: dict[str, tuple[str, ...]] = {
    "package-lock.json": ("package.json",),
    "npm-shrinkwrap.json": ("package.json",),
    "yarn.lock": ("package.json",),
    "pnpm-lock.yaml": ("package.json", "pnpm-workspace.yaml"),
    "bun.lock": ("package.json",),
    "poetry.lock": ("pyproject.toml",),
    "uv.lock": ("pyproject.toml",),
    "pdm.lock": ("pyproject.toml",),
    "Pipfile.lock": ("Pipfile",),
    "Cargo.lock": ("Cargo.toml",),
    "go.sum": ("go.mod",),
    "Gemfile.lock": ("Gemfile",),
    "composer.lock": ("composer.json",),
}
"""Lock files and the manifests they follow from."""

SETTINGS_FILE = ".journeyman.yaml"


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests: a test, a fixture, a snapshot, test data."""
    return bool(TEST.search(path))


def is_ci(path: str) -> bool:
    """Whether a file tells a CI system what to do."""
    return bool(CI.search(path))


def is_lock(path: str) -> bool:
    """Whether a file is written by a package manager."""
    return path.rpartition("/")[2] in LOCKS
