from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price, data

from journeyman.domain.conversation import Usage
from journeyman.llm.accounting import cost
from journeyman.llm.pricelist import PriceList, looked_up
from journeyman.llm.settings import Price, Providers, model_name

KNOWN = [
    f"{provider.id}:{model.id}"
    for provider in data.providers
    if provider.id in ("openai", "anthropic")
    for model in provider.models
]


@pytest.mark.parametrize("usage", [(1_000, 100, 0, 0), (150_000, 5_000, 90_000, 20_000), (350_000, 9, 1, 300_000)])
def test_costs_are_those_of_the_table(usage: tuple[int, int, int, int]) -> None:
    tokens, output, read, write = usage
    compared = 0
    for model in KNOWN:
        name = model_name(model)
        rates = looked_up(name).rates
        if rates is None or rates.at(tokens).cache_write_per_million is None:
            continue
        theirs = calc_price(
            TheirUsage(input_tokens=tokens, output_tokens=output, cache_read_tokens=read, cache_write_tokens=write),
            name.name,
            provider_id=name.provider,
        )
        assert cost(rates, Usage(tokens, output, read, write)) == pytest.approx(float(theirs.total_price)), model
        compared += 1
    assert compared > 10


def test_what_anthropic_writes_to_its_cache_is_never_taken_for_cheaper_than_it_is() -> None:
    prices = {"anthropic:a": Price(4, 8), "anthropic:b": Price(4, 8, 0.4, 9), "openai:a": Price(4, 8)}
    own = PriceList(Providers(prices=prices))
    written = {}
    for model in prices:
        rates = own.rates(model)
        assert rates is not None
        written[model] = cost(rates, Usage(1_000_000, 0, 0, 1_000_000))
    assert written == {"anthropic:a": 5.0, "anthropic:b": 9.0, "openai:a": 4.0}


def test_settings_come_first() -> None:
    own = PriceList(Providers(prices={"openai:gpt-5": Price(7, 8)}, windows={"local:q": 99}))
    rates = own.rates("openai:gpt-5")
    assert rates is not None
    assert rates.at(10).input_per_million == 7
    assert own.window("local:q") == 99


def test_local_and_scripted_models_are_free() -> None:
    for model in ("local:qwen", "scripted:x.yaml"):
        rates = PriceList(Providers()).rates(model)
        assert rates is not None
        assert cost(rates, Usage(10**6, 10**6)) == 0
    assert PriceList(Providers()).window("local:qwen") == 32_768


def test_an_unknown_model_has_no_price_and_an_ordinary_window() -> None:
    prices = PriceList(Providers())
    assert prices.rates("openai:nobody-knows") is None
    assert prices.window("openai:nobody-knows") == 128_000
    assert prices.window("openai:gpt-5") == 400_000


PROBE = """
import sys
from pathlib import Path
from journeyman.llm.pricelist import PriceList
from journeyman.llm.settings import Providers
prices = PriceList(Providers(price_cache=Path(sys.argv[1])))
known, unknown = prices.rates("openai:gpt-5"), prices.rates("openai:nobody-knows")
print(known.at(1).output_per_million, unknown, prices.window("openai:gpt-5"))
print("genai_prices" in sys.modules)
"""


def probe(path: Path) -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROBE, str(path)], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:2]


def test_what_was_found_is_kept_so_that_the_table_is_not_imported_again(tmp_path: Path) -> None:
    path = tmp_path / "home" / "prices.json"
    assert probe(path) == ["10.0 None 400000", "True"]
    assert probe(path) == ["10.0 None 400000", "False"]
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, "version": "0.0.1"}))
    assert probe(path) == ["10.0 None 400000", "True"], "another version of the table is looked into"
    path.write_text("{broken")
    assert probe(path) == ["10.0 None 400000", "True"]


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert PriceList(Providers(price_cache=blocked / "prices.json")).rates("openai:gpt-5") is not None
