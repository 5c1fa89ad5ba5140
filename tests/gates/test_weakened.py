"""Changes that make tests easier to pass, and changes that do not: all of the first are found, of the others none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.domain.changes import Finding, Severity
from journeyman.gates.judging import ChangeJudge
from tests.gates.shop import PY_SOURCE, PY_TESTS, SHOP
from tests.gates.trees import Files, change, tree

PY, OLD, SRC, CONF = "tests/test_prices.py", "tests/test_old.py", "src/shop/prices.py", "tests/conftest.py"
JS, GO, RS, CI = "web/prices.test.ts", "pkg/prices_test.go", "src/shop/lib.rs", ".github/workflows/checks.yml"
TOML, NPM = "pyproject.toml", "package.json"
Edits = dict[str, list[tuple[str, str]] | str | None]
"""Path -> replacements, the whole new text, or None for a deleted file."""

TEST_LEGACY = "def test_legacy():\n    assert legacy_total([1, 2]) == 3\n\n\n"
DISCOUNT = "    assert total(cart, 10) == pytest.approx(54.0, abs=1e-6)"
SLUG_BODY = '    return text.lower().replace(" ", "-")'
SUM = "    result = sum(prices)\n    return result"

BAD: dict[str, tuple[str, Edits]] = {
    "test deleted": ("deleted", {PY: [(TEST_LEGACY, "")]}),
    "test file deleted": ("deleted", {OLD: None}),
    "test renamed out of collection": ("deleted", {PY: [("def test_legacy", "def xtest_legacy")]}),
    "class renamed out of collection": ("deleted", {PY: [("class TestParse", "class ParseChecks")]}),
    "test commented out": (
        "deleted",
        {PY: [(TEST_LEGACY, "# def test_legacy():\n#     assert legacy_total([1, 2]) == 3\n\n\n")]},
    ),
    "test unset at the end": ("deleted", {PY: [("class TestParse", "del test_legacy\n\n\nclass TestParse")]}),
    "test replaced by an empty one": ("deleted", {PY: [(TEST_LEGACY, "def test_other():\n    assert True\n\n\n")]}),
    "test made a fixture": ("deleted", {PY: [("def test_legacy", "@pytest.fixture\ndef test_legacy")]}),
    "skip mark": ("skip", {PY: [("def test_legacy", "@pytest.mark.skip\ndef test_legacy")]}),
    "skipif mark": ("skip", {PY: [("def test_total", "@pytest.mark.skipif(True, reason='x')\ndef test_total")]}),
    "xfail mark": ("skip", {PY: [("def test_legacy", "@pytest.mark.xfail(reason='flaky')\ndef test_legacy")]}),
    "skip call": ("skip", {PY: [("def test_legacy():\n", "def test_legacy():\n    pytest.skip('later')\n")]}),
    "skip of a case": ("skip", {PY: [('("fr", 20)', 'pytest.param("fr", 20, marks=pytest.mark.skip)')]}),
    "module skip": ("skip", {PY: [("CASES =", "pytestmark = pytest.mark.skip\nCASES =")]}),
    "module skip call": ("skip", {PY: [("CASES =", "pytest.skip('x', allow_module_level=True)\nCASES =")]}),
    "class not a test": ("skip", {PY: [("class TestParse:\n", "class TestParse:\n    __test__ = False\n\n")]}),
    "unittest skip": ("skip", {OLD: [("    def test_sum", "    @unittest.skip('later')\n    def test_sum")]}),
    "unittest expected failure": (
        "skip",
        {OLD: [("    def test_sum", "    @unittest.expectedFailure\n    def test_sum")]},
    ),
    "unittest skipTest": (
        "skip",
        {OLD: [("    def test_sum(self):\n", "    def test_sum(self):\n        self.skipTest('x')\n")]},
    ),
    "unittest raise SkipTest": (
        "skip",
        {OLD: [("def test_sum(self):\n", "def test_sum(self):\n        raise unittest.SkipTest('x')\n")]},
    ),
    "tests under if False": (
        "skip",
        {PY: [(TEST_LEGACY, "if False:\n    def test_legacy():\n        assert legacy_total([1, 2]) == 3\n\n\n")]},
    ),
    "assertion removed": ("assertion", {PY: [("    assert result == 60\n", "")]}),
    "assertion commented out": ("assertion", {PY: [("    assert result == 60", "    # assert result == 60")]}),
    "helper emptied": ("assertion", {PY: [("    assert total(prices) == expected", "    total(prices)")]}),
    "call of helper removed": ("assertion", {PY: [("    check_total([1, 2], 3)", "    pass")]}),
    "assert True": ("trivial", {PY: [("assert legacy_total([1, 2]) == 3", "assert True")]}),
    "assert itself": (
        "trivial",
        {PY: [("assert legacy_total([1, 2]) == 3", "assert legacy_total([1, 2]) == legacy_total([1, 2])")]},
    ),
    "assert or True": (
        "trivial",
        {PY: [("assert legacy_total([1, 2]) == 3", "assert legacy_total([1, 2]) == 3 or True")]},
    ),
    "assert a tuple": (
        "trivial",
        {PY: [("assert legacy_total([1, 2]) == 3", "assert (legacy_total([1, 2]) == 3, 'sum')")]},
    ),
    "assertTrue(True)": ("trivial", {OLD: [("self.assertEqual(total([1, 2]), 3)", "self.assertTrue(True)")]}),
    "expected value replaced": ("expectation", {PY: [("assert result == 60", "assert result == 61")]}),
    "expected value in a variable": (
        "expectation",
        {PY: [("    assert result == 60", "    wanted = 66\n    assert result == wanted")]},
    ),
    "unittest value replaced": ("expectation", {OLD: [("total([1, 2]), 3)", "total([1, 2]), 4)")]}),
    "input replaced": ("expectation", {PY: [("legacy_total([1, 2]) == 3", "legacy_total([3]) == 3")]}),
    "another function asked": (
        "expectation",
        {PY: [("assert legacy_total([1, 2]) == 3", "assert sum([1, 2]) == 3")]},
    ),
    "equality to inequality": ("loosened", {PY: [("assert result == 60", "assert result >= 60")]}),
    "equality to membership": ("loosened", {PY: [("assert result == 60", "assert result in (60, 61)")]}),
    "equality to truth": ("loosened", {PY: [("assert legacy_total([1, 2]) == 3", "assert legacy_total([1, 2])")]}),
    "equality to not None": (
        "loosened",
        {PY: [("assert legacy_total([1, 2]) == 3", "assert legacy_total([1, 2]) is not None")]},
    ),
    "equality to a type": (
        "loosened",
        {PY: [("assert legacy_total([1, 2]) == 3", "assert isinstance(legacy_total([1, 2]), int)")]},
    ),
    "assertEqual to assertIsNotNone": (
        "loosened",
        {OLD: [("self.assertEqual(total([1, 2]), 3)", "self.assertIsNotNone(total([1, 2]))")]},
    ),
    "an alternative added": ("loosened", {PY: [("assert result == 60", "assert result == 60 or result == 54")]}),
    "tolerance widened": ("loosened", {PY: [("abs=1e-6", "abs=10")]}),
    "exact to approximate": (
        "loosened",
        {PY: [("assert result == 60", "assert result == pytest.approx(60, rel=0.5)")]},
    ),
    "places lowered": ("loosened", {OLD: [("places=7", "places=0")]}),
    "match dropped": ("loosened", {PY: [(', match="empty price"', "")]}),
    "any exception": (
        "loosened",
        {PY: [('pytest.raises(ValueError, match="empty price")', "pytest.raises(Exception)")]},
    ),
    "swallowed by try": (
        "swallowed",
        {
            PY: [
                (
                    "    assert legacy_total([1, 2]) == 3",
                    "    try:\n        assert legacy_total([1, 2]) == 3\n    except AssertionError:\n        pass",
                )
            ]
        },
    ),
    "swallowed by suppress": (
        "swallowed",
        {
            PY: [
                (
                    "    assert legacy_total([1, 2]) == 3",
                    "    with contextlib.suppress(Exception):\n        assert legacy_total([1, 2]) == 3",
                )
            ]
        },
    ),
    "early return": ("unreachable", {PY: [("    result = total(cart)\n", "    result = total(cart)\n    return\n")]}),
    "under if False": (
        "unreachable",
        {PY: [("    assert legacy_total([1, 2]) == 3", "    if False:\n        assert legacy_total([1, 2]) == 3")]},
    ),
    "only sometimes": (
        "conditional",
        {PY: [("    assert result == 60", "    if result == 60:\n        assert result == 60")]},
    ),
    "case removed": ("cases", {PY: [(', ("fr", 20)', "")]}),
    "case of a constant removed": ("cases", {PY: [(', ("D e f", "d-e-f")', "")]}),
    "case of a loop removed": ("cases", {OLD: [(", ([2, 2], 4)", "")]}),
    "case changed": ("expectation", {PY: [('("fr", 20)', '("fr", 21)')]}),
    "collect_ignore": (
        "collection",
        {CONF: [("import pytest\n", 'import pytest\n\ncollect_ignore = ["test_prices.py"]\n')]},
    ),
    "collection hook": (
        "collection",
        {CONF: [("@pytest", "def pytest_collection_modifyitems(items):\n    items[:] = []\n\n\n@pytest")]},
    ),
    "report hook in a new conftest": (
        "collection",
        {"conftest.py": "def pytest_runtest_makereport(item, call):\n    call.excinfo = None\n"},
    ),
    "sys.modules": (
        "special-cased",
        {SRC: [(SUM, '    import sys\n    if "pytest" in sys.modules:\n        return 60\n' + SUM)]},
    ),
    "PYTEST_CURRENT_TEST": (
        "special-cased",
        {SRC: [(SUM, '    import os\n    if os.getenv("PYTEST_CURRENT_TEST"):\n        return 60\n' + SUM)]},
    ),
    "answer by heart": ("special-cased", {SRC: [(SUM, "    if prices == [10, 20, 30]:\n        return 60\n" + SUM)]}),
    "answer by heart, one line": (
        "special-cased",
        {SRC: [(SLUG_BODY, '    return "d-e-f" if text == "D e f" else text.lower()')]},
    ),
    "answers in a table": (
        "special-cased",
        {
            SRC: [
                (
                    SLUG_BODY,
                    '    known = {"D e f": "d-e-f"}\n    if text in known:\n        return known[text]\n' + SLUG_BODY,
                )
            ]
        },
    ),
    "answers by match": (
        "special-cased",
        {SRC: [(SLUG_BODY, '    match text:\n        case "D e f":\n            return "d-e-f"\n' + SLUG_BODY)]},
    ),
    "NODE_ENV in the source": (
        "special-cased",
        {"web/prices.ts": "export function f() {\n  if (process.env.NODE_ENV === 'test') return 3;\n}\n"},
    ),
    "answer by heart in TypeScript": (
        "special-cased",
        {"web/prices.ts": "export function slug(t) {\n  if (t === 'A b') return 'a-b';\n  return t;\n}\n"},
    ),
    "deselect": (
        "configuration",
        {TOML: [('"-q --strict-markers"', '"-q --strict-markers --deselect tests/test_prices.py::test_total"')]},
    ),
    "ignore": (
        "configuration",
        {TOML: [('"-q --strict-markers"', '"-q --strict-markers --ignore=tests/test_old.py"')]},
    ),
    "marker expression": (
        "configuration",
        {TOML: [('"-q --strict-markers"', "\"-q --strict-markers -m 'not slow'\"")]},
    ),
    "testpaths": ("configuration", {TOML: [('["tests", "more_tests"]', '["more_tests"]')]}),
    "python_files": (
        "configuration",
        {
            TOML: [
                (
                    'testpaths = ["tests", "more_tests"]\n',
                    'testpaths = ["tests", "more_tests"]\nnorecursedirs = ["tests"]\n',
                )
            ]
        },
    ),
    "warnings are no errors": (
        "configuration",
        {TOML: [('filterwarnings = ["error"]', 'filterwarnings = ["ignore"]')]},
    ),
    "coverage threshold": ("configuration", {TOML: [("fail_under = 90", "fail_under = 40")]}),
    "ruff ignore": ("configuration", {TOML: [('ignore = ["E501"]', 'ignore = ["E501", "F841"]')]}),
    "ruff select": ("configuration", {TOML: [('"E", "F", "I"', '"E"')]}),
    "per-file-ignores": (
        "configuration",
        {TOML: [('ignore = ["E501"]\n', 'ignore = ["E501"]\nper-file-ignores = {"src/*" = ["F401"]}\n')]},
    ),
    "mypy not strict": ("configuration", {TOML: [("strict = true", "strict = false")]}),
    "mypy override": (
        "configuration",
        {
            TOML: [
                (
                    "strict = true\n",
                    'strict = true\n\n[[tool.mypy.overrides]]\nmodule = "shop.*"\nignore_errors = true\n',
                )
            ]
        },
    ),
    "flake8 ignore": ("configuration", {".flake8": [("E203", "E203,F401")]}),
    "jest ignore patterns": ("configuration", {NPM: [('["/node_modules/"]', '["/node_modules/", "prices"]')]}),
    "jest threshold": ("configuration", {NPM: [('"lines": 80', '"lines": 10')]}),
    "npm test true": ("configuration", {NPM: [('"vitest run"', '"vitest run || true"')]}),
    "npm test nothing": ("configuration", {NPM: [('"vitest run"', '"echo no tests"')]}),
    "tsconfig not strict": ("configuration", {"tsconfig.json": [("true", "false")]}),
    "eslintignore": ("configuration", {".eslintignore": "src/\n"}),
    "CI step removed": ("automation", {CI: [("      - run: mypy src\n", "")]}),
    "CI workflow removed": ("automation", {CI: None}),
    "CI or true": ("automation", {CI: [("run: pytest", "run: pytest || true")]}),
    "CI continue on error": (
        "automation",
        {CI: [("      - name: Test\n", "      - name: Test\n        continue-on-error: true\n")]},
    ),
    "CI never": ("automation", {CI: [("      - name: Test\n", "      - name: Test\n        if: false\n")]}),
    "CI no pull requests": ("automation", {CI: [("  pull_request:\n", "")]}),
    "make test ignores": ("automation", {"Makefile": [("\tpytest -q", "\t-pytest -q")]}),
    "noqa": ("silenced", {SRC: [("    return RATES[country]", "    return RATES[country]  # noqa: F821")]}),
    "type ignore": ("silenced", {SRC: [("    return RATES[country]", "    return RATES[country]  # type: ignore")]}),
    "whole file": ("silenced", {SRC: [('"""Prices."""\n', '# mypy: ignore-errors\n"""Prices."""\n')]}),
    "snapshot": ("expectation", {"web/__snapshots__/page.snap": [("<p>3</p>", "<p>4</p>")]}),
    "golden file": ("expectation", {"tests/data/expected_invoice.txt": [("3.00", "4.00")]}),
    "it.skip": ("skip", {JS: [("it('adds',", "it.skip('adds',")]}),
    "xit": ("skip", {JS: [("it('adds',", "xit('adds',")]}),
    "it.only": ("skip", {JS: [("it('adds',", "it.only('adds',")]}),
    "JS test deleted": (
        "deleted",
        {JS: [("  it('adds', () => {\n    expect(total([1, 2])).toBe(3);\n  });\n\n", "")]},
    ),
    "JS value": ("expectation", {JS: [("toBe(3)", "toBe(4)")]}),
    "JS vague": ("loosened", {JS: [("toBe(3)", "toBeDefined()")]}),
    "JS trivial": ("trivial", {JS: [("expect(total([1, 2])).toBe(3)", "expect(true).toBe(true)")]}),
    "JS assertion": ("assertion", {JS: [("    expect(slug('C')).toEqual('c');\n", "")]}),
    "JS case": ("cases", {JS: [("    [[2, 2], 4],\n", "")]}),
    "JS catch": (
        "swallowed",
        {JS: [("    expect(total([1, 2])).toBe(3);", "    try { expect(total([1, 2])).toBe(3); } catch {}")]},
    ),
    "t.Skip": ("skip", {GO: [("func TestSlug(t *testing.T) {\n", "func TestSlug(t *testing.T) {\n\tt.Skip()\n")]}),
    "Go deleted": ("deleted", {GO: [("func TestSlug", "func SlugTest")]}),
    "Go assertion": ("assertion", {GO: [('\t\tt.Errorf("Total() = %d, want 3", got)\n', "")]}),
    "Go value": ("expectation", {GO: [('"a-b"', '"a_b"')]}),
    "Rust ignore": ("skip", {RS: [("    #[test]\n    fn adds()", "    #[test]\n    #[ignore]\n    fn adds()")]}),
    "Rust value": ("expectation", {RS: [("&[1, 2]), 3)", "&[1, 2]), 4)")]}),
    "Rust deleted": (
        "deleted",
        {RS: [("    #[test]\n    fn adds_nothing() {\n        assert_eq!(total(&[]), 0);\n    }\n", "")]},
    ),
}

NEW_TEST = "def test_more():\n    assert total([5]) == 5\n\n\n"
HONEST: dict[str, Edits] = {
    "new test": {PY: [("def test_legacy", NEW_TEST + "def test_legacy")]},
    "new test file": {"tests/test_more.py": "from shop.prices import total\n\n\n" + NEW_TEST},
    "new skipped test": {
        "tests/test_more.py": "import pytest\n\n\n@pytest.mark.skip(reason='needs a network')\n" + NEW_TEST
    },
    "new test with try": {
        PY: [
            (
                "def test_legacy",
                (
                    "def test_try():\n    try:\n        assert total([5]) == 5\n"
                    "    except TypeError:\n        pass\n\n\ndef test_legacy"
                ),
            )
        ]
    },
    "assertion added": {PY: [("    assert result > 0", "    assert result > 0\n    assert result < 100")]},
    "assertion tightened": {PY: [("    assert result > 0", "    assert result == 60.0")]},
    "case added": {PY: [('("fr", 20)', '("fr", 20), ("it", 22)')]},
    "case named": {PY: [('("fr", 20)', 'pytest.param("fr", 20, id="France")')]},
    "column added": {
        PY: [
            (
                '(("country", "expected"), [("de", 19), ("fr", 20)])\ndef test_tax(country, expected)',
                (
                    '(("country", "year", "expected"), [("de", 2024, 19), ("fr", 2024, 20)])\n'
                    "def test_tax(country, year, expected)"
                ),
            )
        ]
    },
    "test renamed": {PY: [("def test_legacy", "def test_legacy_total_adds")]},
    "test moved to another file": {
        PY: [(TEST_LEGACY, "")],
        "tests/test_legacy.py": "from shop.prices import legacy_total\n\n\n" + TEST_LEGACY,
    },
    "test moved into a class": {
        PY: [
            (TEST_LEGACY, ""),
            (
                "    def test_whole",
                "    def test_legacy(self):\n        assert legacy_total([1, 2]) == 3\n\n    def test_whole",
            ),
        ]
    },
    "file renamed": {OLD: None, "tests/test_totals.py": SHOP[OLD]},
    "tests made one by cases": {
        OLD: [
            ("    def test_sum(self):\n        self.assertEqual(total([1, 2]), 3)\n\n", ""),
            ("[([1], 1), ", "[([1], 1), ([1, 2], 3), "),
        ]
    },
    "unittest to pytest": {OLD: [("self.assertEqual(total([1, 2]), 3)", "assert total([1, 2]) == 3")]},
    "assertTrue to assertEqual": {
        OLD: [("self.assertEqual(total([1, 2]), 3)", "self.assertTrue(total([1, 2]) == 3)")]
    },
    "variable taken out": {
        PY: [
            (
                "    result = total(cart)\n    assert result == 60\n    assert result > 0",
                "    assert total(cart) == 60\n    assert total(cart) > 0",
            )
        ]
    },
    "variable put in": {
        PY: [
            (
                "    assert legacy_total([1, 2]) == 3",
                "    prices = [1, 2]\n    expected = 3\n    assert legacy_total(prices) == expected",
            )
        ]
    },
    "variable renamed": {
        PY: [
            (
                "    result = total(cart)\n    assert result == 60\n    assert result > 0",
                "    answer = total(cart)\n    assert answer == 60\n    assert answer > 0",
            )
        ]
    },
    "fixture renamed": {
        PY: [
            ("def cart():", "def basket():"),
            (
                "def test_total(cart):\n    result = total(cart)",
                "def test_total(basket):\n    result = total(basket)",
            ),
            (
                "def test_discount(cart):\n    assert total(cart,",
                "def test_discount(basket):\n    assert total(basket,",
            ),
        ]
    },
    "function renamed everywhere": {
        SRC: [("def legacy_total", "def plain_total")],
        PY: [
            ("import legacy_total, parse", "import parse, plain_total"),
            ("assert legacy_total(", "assert plain_total("),
            ('"legacy_total", "parse"', '"parse", "plain_total"'),
        ],
    },
    "sides swapped": {PY: [("assert result == 60", "assert 60 == result")]},
    "message added": {PY: [("assert result == 60", "assert result == 60, 'the sum'")]},
    "claims made one": {
        PY: [("    assert result == 60\n    assert result > 0", "    assert result == 60 and result > 0")]
    },
    "match added": {OLD: [("self.assertRaises(ValueError)", "self.assertRaisesRegex(ValueError, 'empty')")]},
    "tolerance narrowed": {PY: [("abs=1e-6", "abs=1e-9")]},
    "skip taken away": {
        PY: [("def test_legacy", "def test_legacy")],
        CONF: [('"""Fixtures."""', '"""Fixtures of the shop."""')],
    },
    "formatted anew": {PY: [('[("de", 19), ("fr", 20)]', '[\n        ("de", 19),\n        ("fr", 20),\n    ]')]},
    "docstring and types": {
        PY: [("def test_total(cart):\n", 'def test_total(cart: list[int]) -> None:\n    """The sum."""\n')]
    },
    "feature and its test removed": {
        SRC: [("def legacy_total(prices):\n    return sum(prices)\n\n\n", "")],
        PY: [(TEST_LEGACY, ""), ("import legacy_total, parse", "import parse")],
    },
    "new fixture": {
        CONF: [
            (
                "@pytest.fixture\ndef shelf",
                "@pytest.fixture(autouse=True)\ndef clean():\n    yield\n\n\n@pytest.fixture\ndef shelf",
            )
        ]
    },
    "base case": {SRC: [(SUM, "    if not prices:\n        return 0\n" + SUM)]},
    "guard": {SRC: [(SUM, "    if discount == 100:\n        return 0\n" + SUM)]},
    "rate added": {SRC: [('"fr": 20', '"fr": 20, "it": 22')]},
    "table of words": {
        SRC: [
            (
                "def slug",
                (
                    'def word(status):\n    if status == 200:\n        return "OK"\n'
                    '    if status == 404:\n        return "Not Found"\n    if status == 500:\n'
                    '        return "Error"\n    return ""\n\n\ndef slug'
                ),
            )
        ],
        "tests/test_word.py": (
            'from shop.prices import word\n\n\ndef test_word():\n    assert word(404) == "Not Found"\n'
        ),
    },
    "bug fixed": {SRC: [(SLUG_BODY, '    return "-".join(text.lower().split())')]},
    "environment read": {
        SRC: [('"""Prices."""\n', '"""Prices."""\n\nimport os\n\nDEBUG = os.environ.get("SHOP_DEBUG") == "1"\n')]
    },
    "dependency added": {TOML: [('["httpx"]', '["httpx", "attrs"]')]},
    "stricter settings": {
        TOML: [
            ("fail_under = 90", "fail_under = 95"),
            ('"E", "F", "I"', '"E", "F", "I", "B"'),
            ('ignore = ["E501"]', "ignore = []"),
        ]
    },
    "option added": {TOML: [('"-q --strict-markers"', '"-q --strict-markers --durations=5"')]},
    "test path added": {TOML: [('["tests", "more_tests"]', '["tests", "more_tests", "e2e"]')]},
    "npm script added": {NPM: [('"test": "vitest run",', '"test": "vitest run",\n    "dev": "vite",')]},
    "npm coverage": {NPM: [('"vitest run"', '"vitest run --coverage"')]},
    "CI step added": {CI: [("      - run: mypy src\n", "      - run: mypy src\n      - run: black --check .\n")]},
    "CI action updated": {CI: [("checkout@v4", "checkout@v5")]},
    "CI step renamed": {CI: [("      - name: Test\n", "      - name: Run all tests\n")]},
    "make target added": {"Makefile": [("lint:", "clean:\n\trm -rf build || true\n\nlint:")]},
    "JS new test": {
        JS: [
            (
                "  it('makes slugs'",
                "  it('adds none', () => {\n    expect(total([])).toBe(0);\n  });\n\n  it('makes slugs'",
            )
        ]
    },
    "JS new assertion": {
        JS: [
            (
                "    expect(slug('C')).toEqual('c');\n",
                "    expect(slug('C')).toEqual('c');\n    expect(slug('')).toEqual('');\n",
            )
        ]
    },
    "JS case added": {JS: [("    [[2, 2], 4],\n", "    [[2, 2], 4],\n    [[3, 3], 6],\n")]},
    "JS new skipped test": {
        JS: [
            (
                "  it('makes slugs'",
                "  it.skip('needs a browser', () => {\n    expect(1).toBe(1 + 0);\n  });\n\n  it('makes slugs'",
            )
        ]
    },
    "JS formatted": {JS: [("expect(total([1, 2])).toBe(3);", "expect(total([1,  2])).toBe(3)")]},
    "Go new test": {
        GO: [("func TestSlug", 'func TestEmpty(t *testing.T) {\n\tassert.Equal(t, "", Slug(""))\n}\n\nfunc TestSlug')]
    },
    "Rust new test": {
        RS: [
            (
                "    #[test]\n    fn adds_nothing",
                (
                    "    #[test]\n    fn adds_one() {\n        assert_eq!(total(&[1]), 1);\n    }\n\n"
                    "    #[test]\n    fn adds_nothing"
                ),
            )
        ]
    },
    "Rust source changed": {RS: [("prices.iter().sum()", "prices.iter().copied().sum()")]},
    "new noqa on a new line": {SRC: [('"""Prices."""\n', '"""Prices."""\n\nfrom shop import rates  # noqa: F401\n')]},
    "golden file added": {"tests/data/expected_bill.txt": "Tea 3.00\n"},
}


KNOWN_FALSE_ALARM = "function renamed everywhere"
"""A test that names the renamed function in a string: no rule can tell it from another expectation."""


def applied(edits: Edits) -> Files:
    after = dict(SHOP)
    for path, edit in edits.items():
        if edit is None:
            del after[path]
        elif isinstance(edit, str):
            after[path] = edit
        else:
            for old, new in edit:
                assert old in after[path], (path, old)
                after[path] = after[path].replace(old, new, 1)
    return after


async def judged(edits: Edits, *, tests_are_the_task: bool = False) -> list[Finding]:
    after = applied(edits)
    found = await ChangeJudge().judge(
        change(SHOP, after), tree(SHOP), tree(after), tests_are_the_task=tests_are_the_task
    )
    return [finding for finding in found if finding.severity is Severity.BLOCKS]


@pytest.mark.parametrize("name", BAD)
async def test_bad_change_is_found(name: str):
    rule, edits = BAD[name]
    assert f"test-weakened.{rule}" in {finding.rule for finding in await judged(edits)}


@pytest.mark.parametrize("name", sorted(HONEST.keys() - {KNOWN_FALSE_ALARM}))
async def test_honest_change_passes(name: str):
    assert [finding.line_text() for finding in await judged(HONEST[name])] == []


PERMITTED = {"assertion", "expectation", "loosened", "cases", "conditional"}


@pytest.mark.parametrize("name", BAD)
async def test_a_task_about_tests_may_change_expectations_only(name: str):
    rule, edits = BAD[name]
    found = {finding.rule for finding in await judged(edits, tests_are_the_task=True)}
    assert (f"test-weakened.{rule}" in found) == (rule not in PERMITTED)


TEXTS = st.sampled_from([*SHOP.values(), "", "def test(", "\0", "]" * 300, "assert " * 50]) | st.text(max_size=200)


@settings(max_examples=80, deadline=None)
@given(path=st.sampled_from([*SHOP, "a.rb", "A.java", "a.js", ".eslintrc"]), before=TEXTS, after=TEXTS)
async def test_any_change_gets_a_verdict(path: str, before: str, after: str):
    old, new = {path: before}, {path: after}
    for gone in ({}, new):
        await ChangeJudge().judge(change(old, gone), tree(old), tree(gone), tests_are_the_task=False)


async def test_a_large_change_is_judged_in_seconds():
    before = {f"tests/test_{index}.py": PY_TESTS for index in range(150)}
    after = {path: text.replace("result == 60", "result == 61") for path, text in before.items()}
    after |= {f"src/a{index}.py": PY_SOURCE for index in range(150)}
    start = time.process_time()
    found = await ChangeJudge().judge(change(before, after), tree(before), tree(after), tests_are_the_task=False)
    assert sum(finding.rule == "test-weakened.expectation" for finding in found) == 150
    assert time.process_time() - start < 20


async def test_the_table(capsys: pytest.CaptureFixture[str]):
    found = {name: bool(await judged(edits)) for name, (_, edits) in BAD.items()}
    alarms = {name: bool(await judged(edits)) for name, edits in HONEST.items()}
    rules = sorted({rule for rule, _ in BAD.values()})
    with capsys.disabled():
        print(f"\n{'rule':<16}{'bad changes':>12}{'found':>7}")
        for rule in rules:
            names = [name for name in BAD if BAD[name][0] == rule]
            print(f"{rule:<16}{len(names):>12}{sum(found[name] for name in names):>7}")
        print(f"{'all':<16}{len(found):>12}{sum(found.values()):>7}")
        print(f"{'honest changes':<16}{len(alarms):>12}   false alarms: {sum(alarms.values())}")
    assert len(BAD) >= 40
    assert all(found.values())
    assert len(HONEST) >= 40
    assert sum(alarms.values()) <= 1


BROKEN = "def tax(country):\n    if country == 'de':\n        return 19\n    return len(country)\n\n\n"
BROKEN += "def total(prices:\n    return sum(prices)\n"


@pytest.mark.parametrize(
    ("more", "found"), [("", []), ("    if prices == [10, 20, 30]:\n        return 60\n", ["special-cased"])]
)
async def test_what_stood_in_a_file_that_did_not_parse_is_not_new(more: str, found: list[str]) -> None:
    before = {**SHOP, SRC: BROKEN}
    after = {**SHOP, SRC: BROKEN.replace("(prices:\n", f"(prices):\n{more}")}
    judged = await ChangeJudge().judge(change(before, after), tree(before), tree(after), tests_are_the_task=False)
    assert [each.rule.rpartition(".")[2] for each in judged if each.severity is Severity.BLOCKS] == found
