PYTHON ?= python3
BIN := .venv/bin
QUIET := --quiet --disable-pip-version-check --no-input

.PHONY: run test lint check lock bench clean help

help: ## What can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: .venv/installed ## Set everything up and run Almoner
	$(BIN)/almoner up

test: .venv/installed-dev ## Set everything up and run the tests
	$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

lint: .venv/installed-dev ## Style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## Everything that must hold before a change lands

bench: .venv/installed ## Speed of the store at 10,000 donors, as JSON
	$(BIN)/python -m evals.bench.store --donors 10000

lock: ## Pin every dependency with its hashes
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --group dev pyproject.toml -o requirements-dev.lock

clean: ## Remove the environment and caches, not the data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Almoner needs Python 3.11 or later." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/installed: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install $(QUIET) --require-hashes -r requirements.lock
	$(BIN)/python -m pip install $(QUIET) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	$(BIN)/python -m pip install $(QUIET) --require-hashes -r requirements-dev.lock
	@touch $@
