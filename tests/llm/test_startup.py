"""What is not needed is not imported: starting up is quick."""

from __future__ import annotations

import subprocess
import sys

PROBE = """
import sys
{code}
heavy = ("httpx", "httpx_sse", "genai_prices", "pydantic", "yaml", "rich", "click", "anyio", "jsonschema")
print([name for name in heavy if name in sys.modules])
"""

CHECKED = """
import random
from datetime import datetime, UTC
from pathlib import Path
from journeyman.domain.redaction import Redactor
from journeyman.llm.memory_ledger import MemoryLedger
from journeyman.llm.models import LedgeredModels
from journeyman.llm.settings import Price, Providers
providers = Providers(keys={"openai": "k"}, prices={"openai:gpt-5": Price(1, 2)})
models = LedgeredModels(providers, MemoryLedger(), lambda _: Redactor(()), lambda: datetime.now(UTC), random.random)
models.check("openai:gpt-5", 5.0)
"""

ASKED = """
from journeyman.llm.providers import _import_without_command_line
_import_without_command_line()
import httpx
httpx.AsyncClient
assert "httpx._main" not in sys.modules
"""
EXPECTED = (
    CHECKED
    + """
import threading
models.expect("local:small")
for thread in threading.enumerate():
    if thread is not threading.current_thread():
        thread.join()
"""
)


def loaded(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", PROBE.format(code=code)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_checking_a_model_imports_no_http_and_no_price_table() -> None:
    assert loaded("import journeyman.llm") == "[]"
    assert loaded(CHECKED) == "[]"


def test_http_comes_without_its_command_line() -> None:
    assert loaded(ASKED) == "['httpx', 'anyio']" or loaded(ASKED) == "['httpx']"


def test_http_is_imported_while_a_first_question_is_expected() -> None:
    assert "httpx" in loaded(EXPECTED)
    assert loaded(EXPECTED.replace("local:small", "none")) == "[]"
