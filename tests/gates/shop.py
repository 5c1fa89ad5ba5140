"""A small shop in several languages: what the changes of test_weakened.py start from."""

from __future__ import annotations

PY_SOURCE = '''"""Prices."""

RATES = {"de": 19, "fr": 20}


def total(prices, discount=0):
    """Return the sum less the discount in percent."""
    result = sum(prices)
    return result - result * discount / 100


def tax(country):
    return RATES[country]


def slug(text):
    return text.lower().replace(" ", "-")


def legacy_total(prices):
    return sum(prices)


def parse(text):
    if not text:
        raise ValueError("empty price")
    return float(text)
'''

PY_TESTS = """import pytest

from shop import prices
from shop.prices import legacy_total, parse, slug, tax, total

CASES = [("A b", "a-b"), ("C", "c"), ("D e f", "d-e-f")]


@pytest.fixture
def cart():
    return [10, 20, 30]


def check_total(prices, expected):
    assert total(prices) == expected


def test_total(cart):
    result = total(cart)
    assert result == 60
    assert result > 0


def test_discount(cart):
    assert total(cart, 10) == pytest.approx(54.0, abs=1e-6)


@pytest.mark.parametrize(("country", "expected"), [("de", 19), ("fr", 20)])
def test_tax(country, expected):
    assert tax(country) == expected


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_slug(text, expected):
    assert slug(text) == expected


def test_empty_price():
    with pytest.raises(ValueError, match="empty price"):
        parse("")


def test_legacy():
    assert legacy_total([1, 2]) == 3


def test_helper():
    check_total([1, 2], 3)


class TestParse:
    def test_whole(self):
        assert parse("3") == 3.0

    def test_names(self):
        names = sorted(name for name in dir(prices) if not name.startswith("_"))
        assert names == ["RATES", "legacy_total", "parse", "slug", "tax", "total"]
"""

PY_UNITTEST = """import unittest

from shop.prices import parse, total


class TotalTest(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(total([1, 2]), 3)

    def test_close(self):
        self.assertAlmostEqual(total([0.1, 0.2]), 0.3, places=7)

    def test_error(self):
        with self.assertRaises(ValueError):
            parse("")

    def test_many(self):
        for prices, expected in [([1], 1), ([2, 2], 4)]:
            with self.subTest(prices=prices):
                self.assertEqual(total(prices), expected)
"""

JS_TESTS = """import { describe, it, expect } from 'vitest';
import { total, slug } from './prices';

describe('prices', () => {
  it('adds', () => {
    expect(total([1, 2])).toBe(3);
  });

  it('makes slugs', () => {
    expect(slug('A b')).toEqual('a-b');
    expect(slug('C')).toEqual('c');
  });

  it.each([
    [[1], 1],
    [[2, 2], 4],
  ])('adds %s', (prices, expected) => {
    expect(total(prices)).toBe(expected);
  });
});
"""

GO_TESTS = """package prices

import "testing"

func TestTotal(t *testing.T) {
\tif got := Total([]int{1, 2}); got != 3 {
\t\tt.Errorf("Total() = %d, want 3", got)
\t}
}

func TestSlug(t *testing.T) {
\tassert.Equal(t, "a-b", Slug("A b"))
}
"""

RUST_SOURCE = """pub fn total(prices: &[i32]) -> i32 {
    prices.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        assert_eq!(total(&[1, 2]), 3);
    }

    #[test]
    fn adds_nothing() {
        assert_eq!(total(&[]), 0);
    }
}
"""

PYPROJECT = """[project]
name = "shop"
version = "1.0"
dependencies = ["httpx"]

[tool.pytest.ini_options]
testpaths = ["tests", "more_tests"]
addopts = "-q --strict-markers"
filterwarnings = ["error"]

[tool.coverage.report]
fail_under = 90

[tool.ruff]
line-length = 100

[tool.ruff.lint]
select = ["E", "F", "I"]
ignore = ["E501"]

[tool.mypy]
strict = true
"""

PACKAGE = """{
  "name": "shop",
  "scripts": {
    "test": "vitest run",
    "lint": "eslint . && prettier --check ."
  },
  "jest": {
    "testPathIgnorePatterns": ["/node_modules/"],
    "coverageThreshold": { "global": { "lines": 80 } }
  }
}
"""

WORKFLOW = """name: checks
on:
  push:
  pull_request:
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pip install -e .[dev]
      - run: ruff check .
      - run: mypy src
      - name: Test
        run: pytest
"""

MAKEFILE = """test:
\tpytest -q

lint:
\truff check .
"""

SHOP = {
    "src/shop/prices.py": PY_SOURCE,
    "src/shop/lib.rs": RUST_SOURCE,
    "tests/test_prices.py": PY_TESTS,
    "tests/test_old.py": PY_UNITTEST,
    "tests/conftest.py": '"""Fixtures."""\n\nimport pytest\n\n\n@pytest.fixture\ndef shelf():\n    return ["tea"]\n',
    "tests/data/expected_invoice.txt": "Tea 3.00\nSum 3.00\n",
    "web/prices.test.ts": JS_TESTS,
    "web/__snapshots__/page.snap": "exports[`page 1`] = `<p>3</p>`;\n",
    "pkg/prices_test.go": GO_TESTS,
    "pyproject.toml": PYPROJECT,
    "package.json": PACKAGE,
    ".github/workflows/checks.yml": WORKFLOW,
    "Makefile": MAKEFILE,
    "tsconfig.json": '{"compilerOptions": {"strict": true}, "exclude": ["dist"]}\n',
    ".flake8": "[flake8]\nextend-ignore = E203\n",
}
