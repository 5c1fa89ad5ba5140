PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install servers check test test-long bench bench-repair demo lock format clean

install: $(STAMP)  ## set up everything: virtual environment, locked dependencies, bubblewrap

$(STAMP): requirements/locked.txt pyproject.toml requirements/setup.sh
	@PYTHON="$(PYTHON)" sh requirements/setup.sh
	@touch $(STAMP)

check: install  ## format, lint, strict types, import law, architecture limits
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/architecture

servers:  ## the servers that tests start
	@sh requirements/test-servers.sh

test: install servers  ## every test but the long batteries
	$(BIN)/pytest -n 2 --dist worksteal -m "not long"

test-long: install servers  ## the long batteries
	$(BIN)/pytest -n 2 --dist worksteal -m long

bench: install  ## the table of figures, beside rivals; JSON under bench/results/
	$(BIN)/python -m bench

bench-repair: install  ## how much is mended without a model (SAMPLE=N: that many faults; QUIXBUGS=DIR: a checkout)
	$(BIN)/python -m bench.repair --diagnosis --faults --localisation --seeded \
		$(if $(SAMPLE),--sample $(SAMPLE)) $(if $(QUIXBUGS),--quixbugs $(QUIXBUGS))

demo: install  ## the main job, for real, without any key (MODEL=anthropic:NAME with one)
	$(BIN)/python examples/demo.py $(if $(MODEL),--model $(MODEL))

lock:  ## resolve the dependencies again, with hashes
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-emit-index-url --python-version 3.11 \
		--all-extras --group dev pyproject.toml -o requirements/locked.txt

format: install
	$(BIN)/ruff format src tests bench
	$(BIN)/ruff check --fix -q src tests bench

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
