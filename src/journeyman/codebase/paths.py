"""What a path tells: whether it is a test, documentation, or made by a machine."""

from __future__ import annotations

import re
from functools import lru_cache

_TEST = re.compile(
    r"^(?:test|testing)/|(?:^|/)src/test/|(?:^|/)(?:tests|specs?|__tests__|__mocks__|testdata|fixtures|e2e)/"
    r"|(?:^|/)(?:test_[^/]*|conftest\.py|tests\.py)$|[^/](?:_tests?|_spec|\.test|\.spec|Tests?|Spec)\.\w+$"
)
_ASIDE = re.compile(
    r"^(?:docs?|documentation|examples?|samples?|demos?|benchmarks?|bench|asv_bench|scripts?|tools?|ci)/"
    r"|(?:^|/)(?:vendor|vendored|_vendor|third_party|node_modules|extern|externals|locale|examples)/"
    r"|/migrations/\d{4}_|(?:^|/)(?:setup\.py|conf\.py)$"
)


@lru_cache(100_000)
def is_test(path: str) -> bool:
    """Tell whether a file holds tests or serves them."""
    return _TEST.search(path) is not None


@lru_cache(100_000)
def is_aside(path: str) -> bool:
    """Tell whether a file stands beside the program: documentation, examples, scripts, other people's code."""
    return _ASIDE.search(path) is not None
