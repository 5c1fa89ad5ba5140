"""Removed and deprecated names become what took their place; the checks that failed prove it."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import Deprecations
from journeyman.repair.fixers.modernising import modernised
from journeyman.repair.protected import same_meaning

from .shell import PYTEST, Folder

STRICT = Check("pytest", f"{PYTEST.command} -W error::DeprecationWarning", CheckKind.TEST, "pytest")

CASES = {
    "abstract classes": (
        "import collections\n\n\ndef f(x):\n    return isinstance(x, collections.Mapping)\n",
        "import collections.abc\n\n\ndef f(x):\n    return isinstance(x, collections.abc.Mapping)\n",
    ),
    "from import": (
        "from collections import Mapping, OrderedDict\n\n\ndef f(x):\n    return bool(OrderedDict(x)), Mapping\n",
        "from collections import OrderedDict\nfrom collections.abc import Mapping\n\n\n"
        "def f(x):\n    return bool(OrderedDict(x)), Mapping\n",
    ),
    "a gone module": (
        "import imp\nimport json\n\n\ndef f(x):\n    return imp.reload(json)  # again\n",
        "import importlib\nimport json\n\n\ndef f(x):\n    return importlib.reload(json)  # again\n",
    ),
    "a clock": (
        "import time\n\n\ndef f(x):\n    return time.clock()\n",
        "import time\n\n\ndef f(x):\n    return time.perf_counter()\n",
    ),
    "escaping": (
        "import cgi\n\n\ndef f(x):\n    return cgi.escape('<' + str(x))\n",
        "import html\n\n\ndef f(x):\n    return html.escape('<' + str(x), quote=False)\n",
    ),
    "a coroutine by its decorator": (
        "import asyncio\n\n\n@asyncio.coroutine\ndef g(x):\n    y = yield from asyncio.sleep(0, x)\n"
        "    return y\n\n\n"
        "def f(x):\n    return asyncio.run(g(x))\n",
        "import asyncio\n\n\nasync def g(x):\n    y = await asyncio.sleep(0, x)\n    return y\n\n\n"
        "def f(x):\n    return asyncio.run(g(x))\n",
    ),
    "a module of Python 2": (
        "import Queue\n\n\ndef f(x):\n    q = Queue.Queue()\n    q.put(x)\n    return q.get()\n",
        "import queue\n\n\ndef f(x):\n    q = queue.Queue()\n    q.put(x)\n    return q.get()\n",
    ),
    "an iterator that is built in now": (
        "from itertools import count, izip\n\n\ndef f(x):\n    return list(izip(x, count()))\n",
        "from itertools import count\n\n\ndef f(x):\n    return list(zip(x, count()))\n",
    ),
    "children": (
        "from xml.etree import ElementTree\n\n\n"
        "def f(x):\n    return ElementTree.fromstring('<a><b/></a>').getchildren()\n",
        "from xml.etree import ElementTree\n\n\ndef f(x):\n    return list(ElementTree.fromstring('<a><b/></a>'))\n",
    ),
    "unescaping": (
        "from html.parser import HTMLParser\n\n\ndef f(x):\n    return HTMLParser().unescape('&lt;')\n",
        "import html\n\n\ndef f(x):\n    return html.unescape('&lt;')\n",
    ),
    "letters": (
        "from string import letters\n\n\ndef f(x):\n    return letters[0]\n",
        "from string import ascii_letters\n\n\ndef f(x):\n    return ascii_letters[0]\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_removed_name_is_replaced(tmp_path: Path, name: str) -> None:
    old, new = CASES[name]
    test = "from a import f\n\n\ndef test_f():\n    assert f({1: 2})\n"
    folder = Folder(tmp_path, {"a.py": old, "test_a.py": test})
    if name == "a gone module" or name == "escaping":
        module = "imp" if name == "a gone module" else "cgi"  # as in a Python that has it no more
        (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError(\"No module named '{module}'\")\n")
    mended = await folder.mend(PYTEST, fixers=[Deprecations()])
    assert mended.leftovers == ()
    assert folder.texts()["a.py"] == new
    assert modernised(new) == new


@pytest.mark.parametrize(
    ("head", "call", "became"),
    [
        ("from datetime import datetime", "datetime.utcnow()", "datetime.now(timezone.utc).replace(tzinfo=None)"),
        ("import datetime", "datetime.datetime.utcnow()",
         "datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)"),
        ("import datetime as dt", "dt.datetime.utcfromtimestamp(3)",
         "dt.datetime.fromtimestamp(3, dt.timezone.utc).replace(tzinfo=None)"),
    ],
)  # fmt: skip
def test_times_stay_without_a_zone(head: str, call: str, became: str) -> None:
    new = modernised(f"{head}\n\nx = {call}\n")
    assert new.endswith(f"x = {became}\n")
    names: dict[str, object] = {}
    exec(compile(new, "a.py", "exec"), names)
    assert names["x"].tzinfo is None  # type: ignore[attr-defined]


async def test_warnings_as_errors(tmp_path: Path) -> None:
    source = "import logging\n\n\ndef f():\n    logging.warn('x')\n    return 1\n"
    test = "from a import f\n\n\ndef test_f():\n    assert f() == 1\n"
    folder = Folder(tmp_path, {"a.py": source, "test_a.py": test})
    mended = await folder.mend(STRICT, fixers=[Deprecations()])
    assert mended.leftovers == ()
    assert "logging.warning('x')" in folder.texts()["a.py"]
    assert (await folder.mend(STRICT, fixers=[Deprecations()])).mends == ()


async def test_second_names_of_unittest_in_tests_and_nothing_else_there(tmp_path: Path) -> None:
    test = (
        "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_a(self):\n"
        "        self.assertEquals(1, 1)  # one\n        self.assertItemsEqual([1, 2], [2, 1])\n"
    )
    folder = Folder(tmp_path, {"test_a.py": test})
    mended = await folder.mend(STRICT, fixers=[Deprecations()])
    assert mended.leftovers == ()
    expected = test.replace("assertEquals", "assertEqual").replace("assertItemsEqual", "assertCountEqual")
    assert folder.texts()["test_a.py"] == expected


def test_a_second_name_means_the_same_and_another_method_does_not() -> None:
    assert same_meaning("test_a.py", "self.assertEquals(1, 2)\n", "self.assertEqual(1, 2)\n")
    assert not same_meaning("test_a.py", "self.assertEquals(1, 2)\n", "self.assertNotEqual(1, 2)\n")
    assert same_meaning("test_a.py", "from collections import Mapping\n", "from collections.abc import Mapping\n")
    assert not same_meaning("test_a.py", "from a import Mapping\n", "from b import Mapping\n")


def test_what_only_looks_old_is_left_alone() -> None:
    for text in (
        "class Mapping: ...\n\n\nx = Mapping()\n",
        "time = object()\n\nx = time.clock\n",
        "import numpy as np\n\n\ndef f(np):\n    return np.float(3)\n",
        "def assertEquals(a, b): ...\n\n\nassertEquals(1, 2)\n",
        "print 'not of this Python'\n",
        "import asyncio\n\n\n@asyncio.coroutine\ndef f():\n    yield\n    yield from g()\n",
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\n\nx = pickle.dumps(1)\n",
    ):
        assert modernised(text) == text


def test_every_replacement_is_there() -> None:
    """Names of the standard library are not taken from memory alone: each can be imported here."""
    import importlib

    from journeyman.repair.replaced import MOVED

    for new in MOVED.values():
        module, _, name = new.rpartition(".")
        if module.split(".")[0] in ("numpy", "setuptools") or not module or module == "importlib.resources.abc":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            owner = importlib.import_module(module)
            assert hasattr(owner, name) or importlib.import_module(new), new
    assert isinstance(ast.parse(""), ast.Module)
