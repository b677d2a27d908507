PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench mutations unguarded nightly nojit clean requirements pages

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## Build .venv with the pinned dependencies and the command .venv/bin/nfolab

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which with PYTHON=…"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: setup ## Run the whole way on a small synthetic market: raw files, lake, run, report
	$(BIN)/nfolab demo

test: setup ## Run the tests
	@tools/system-packages
	$(BIN)/python -m pytest -n 2 $(ARGS)

lint: setup ## Check format, style, types, the directions of imports and the market facts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m nfolab.market.check

bench: setup ## Measure speed against limits taken in the same run (ONLY=lake for one group)
	$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

pages: setup ## Make the pages that follow from the code anew: docs/strategies.md, docs/recipe.schema.json
	$(BIN)/nfolab strategies --markdown > docs/strategies.md
	$(BIN)/nfolab check --schema > docs/recipe.schema.json

mutations: setup ## Break the engine in 200 drawn ways and list those that no test notices (ARGS="--count 60 --seed 7")
	cd tests && ../$(BIN)/python -m engine.mutations $(ARGS)

unguarded: setup ## Take the guard against each fault of earlier work away in turn: its test must fail
	cd tests && ../$(BIN)/python -m engine.mutations.unguarded $(ARGS)

nightly: setup ## Put 20,000 random cases to the fast engine and to the slow one; taken up where it was left
	cd tests && ../$(BIN)/python -m night $(ARGS)

nojit: setup ## Run the engine's tests with Numba off; fails where they leave more than 5 % of a module's kernel lines out
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -k "not real" tests/engine/test_parity.py tests/engine/test_positions_parity.py
	cd tests && ../$(BIN)/python -m engine.mutations --lines $(ARGS)

requirements: ## Compile requirements.txt anew from pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --group dev pyproject.toml --output-file requirements.txt

clean: ## Remove the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
