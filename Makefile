# Every command sets up what it needs. `make help` lists them.

SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# CI lacks nothing: with KAMERTON_REQUIRE_ALL=1 a test that would skip for want of a tool fails.
REQUIREMENTS := $(if $(filter 1,$(KAMERTON_REQUIRE_ALL)),requirements-spark.txt,requirements-dev.txt)
UV := VIRTUAL_ENV=.venv $(BIN)/uv
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal \
	--python-version 3.11 pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format fast bench docs lock clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# The stamp holds the name of the lock, so that a fuller environment is made when CI asks for one.
STAMP := .venv/.$(REQUIREMENTS).ok
$(STAMP): $(REQUIREMENTS) requirements-bootstrap.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Kamerton needs Python 3.11 or newer; set PYTHON=/path/to/python.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment here. On Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.txt
	$(UV) pip sync --quiet --require-hashes $(REQUIREMENTS)
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@rm -f .venv/.requirements*.ok; touch $@

setup: $(STAMP)  ## Build the environment in .venv

demo: setup  ## The main job from nothing: demo company, ledger, analysis, report in the browser
	$(BIN)/kamerton demo-company --out demo/company --seed 7 --accounts 400
	rm -rf demo/ledger
	$(BIN)/kamerton ledger load demo demo/company/sales.csv --ledger demo/ledger \
		--accounts demo/company/accounts.csv --products demo/company/products.csv --groups demo/company/groups.csv
	$(BIN)/kamerton analyze --ledger demo/ledger --out demo/report
	$(BIN)/kamerton serve-report demo/report

lint: setup  ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## Put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: lint  ## Everything: lint, unit, property, kill, real data, Spark and browser tests, with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest src tests
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

fast: setup  ## The tests that need no browser, no Spark and no killing
	$(BIN)/pytest src tests -q -x -m "not browser and not spark and not kill"

bench: setup  ## Speed and memory as ratios to named peers (BIG=1 adds 100 million lines)
	$(BIN)/python -m benchmarks

docs: setup  ## Check that the examples in the documentation run
	$(BIN)/pytest -q tests/docs

lock: setup  ## Resolve the dependencies anew
	$(COMPILE) --upgrade --output-file requirements.txt
	$(COMPILE) --upgrade requirements-dev.in --output-file requirements-dev.txt
	$(COMPILE) --upgrade requirements-dev.in requirements-spark.in -c requirements-dev.txt --output-file requirements-spark.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal \
		--python-version 3.11 requirements-bootstrap.in --output-file requirements-bootstrap.txt

clean:  ## Remove what the commands above have made
	rm -rf .venv demo build dist .coverage* .mypy_cache .ruff_cache .hypothesis
