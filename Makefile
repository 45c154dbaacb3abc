# One verb each. `make demo` and `make test` set up everything they need by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests
ARGS ?=
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench bench-reading fuzz nightly screens lock clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/.runtime  ## the whole journey on sample mails, then the web queue (ONCE=1: stop after the table)
	$(BIN)/passerelle demo $(if $(ONCE),--once)

test: $(VENV)/.dev  ## every test (TESTS=path narrows, ARGS=options of pytest, WORKERS=processes)
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(TESTS) $(ARGS)

lint: $(VENV)/.dev  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## rewrite in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev  ## measure, and write docs/performance.md
	$(BIN)/python -m tests.bench

bench-reading: $(VENV)/.dev  ## measure what is read right, and write docs/accuracy.md (some minutes)
	$(BIN)/python -m tests.bench.bench_reading

fuzz: $(VENV)/.dev  ## 100,000 hostile inputs a parser, and write docs/fuzzing.md (hours)
	$(BIN)/python -m tests.fuzz --on $$(date +%F) $(ARGS)

nightly: $(VENV)/.dev  ## what CI runs smaller, at its whole size (some minutes), then the fuzzing (hours)
	$(BIN)/python -m pytest -m nightly tests $(ARGS)
	$(MAKE) fuzz

screens: $(VENV)/.dev  ## the main pages on the demo's data, as pictures in docs/screens (look at them)
	$(BIN)/python -m tests.screens $(ARGS)

lock: $(VENV)/.dev  ## renew the locked dependencies
	$(BIN)/pip-compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --strip-extras --allow-unsafe \
		-o requirements/runtime.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --strip-extras --allow-unsafe --extra dev \
		-c requirements/runtime.lock -o requirements/dev.lock pyproject.toml

clean:  ## remove what was made (never var/, which holds mail)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "The venv module is missing: apt-get install python3-venv, then try again."; exit 1; }

$(VENV)/.runtime: requirements/build.lock requirements/runtime.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	touch $@
