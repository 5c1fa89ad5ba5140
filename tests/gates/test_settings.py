"""A repository's own settings."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.errors import BadSettings
from journeyman.gates import RepositorySettings, read_repository_settings

WHOLE = """
checks:
  unit: pytest -q
  lint: ruff check .
setup:
  - pip install -e .[dev]
protected: ["infra/**"]
allow_large: ["*.parquet"]
"""


def test_all_fields_are_read():
    settings = read_repository_settings(WHOLE)
    assert settings.checks == {"unit": "pytest -q", "lint": "ruff check ."}
    assert settings.setup == ("pip install -e .[dev]",)
    assert settings.protected == ("infra/**",)
    assert settings.allow_large == ("*.parquet",)


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}"])
def test_an_empty_file_gives_the_defaults(text: str):
    assert read_repository_settings(text) == RepositorySettings()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("checks: [pytest]", "checks"),
        ("checks: {unit: 3}", "checks"),
        ("checks: {unit: ' '}", "unit"),
        ("setup: make", "setup"),
        ("setup: [1]", "setup"),
        ("chekcs: {}", "chekcs"),
        ("protected: {a: b}", "protected"),
        ("- a", "object"),
        ("a: [", "line"),
        ("a: !!python/object:os.system x", "YAML"),
    ],
)
def test_what_is_wrong_is_named(text: str, named: str):
    with pytest.raises(BadSettings) as error:
        read_repository_settings(text)
    assert named in error.value.line()
    assert ".journeyman.yaml" in error.value.line()
    assert error.value.advice


@given(st.text(max_size=80))
def test_any_text_is_settings_or_an_error_of_ours(text: str):
    with suppress(BadSettings):
        assert isinstance(read_repository_settings(text), RepositorySettings)
