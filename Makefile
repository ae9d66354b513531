# What needs installing is installed once, into .venv of this checkout; `make help` lists the commands.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install run test lint bench soak certify-demo matrix docs package lock clean
.DEFAULT_GOAL := help

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

install: $(STAMP) ## Create .venv and install the suite with its pinned dependencies

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "dds-conformance needs Python 3.11 to 3.13; name one with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

run: install ## Judge the embedded DDS: a verdict on the screen and a report folder
	$(BIN)/dds-conformance run --embedded --report-dir dds-report

test: install ## Run the suite's own tests; many of them wait, so there are more workers than two cores
	$(BIN)/python -m pytest -n 6 --dist loadgroup

lint: install ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy reports scenarios schemas examples conftest.py

bench: install ## Benchmarks: they print ratios and never fail
	set -e; for bench in benchmarks/bench_*.py; do echo "== $$bench"; $(BIN)/python $$bench; done

soak: install ## Long soaks: the judge on legal chaos, the scenarios on a correct server, a bad network
	set -e; for soak in benchmarks/soak_*.py; do echo "== $$soak"; $(BIN)/python $$soak; done

matrix: install ## The kill matrix: every fault and variant; goes on where it was stopped
	$(BIN)/dds-conformance selftest --effort standard --jobs 3 --seed 1 --state .matrix-rows.jsonl --write docs/kill-matrix.md

certify-demo: install ## Challenge, run, certify and verify, on the embedded server
	PATH="$(CURDIR)/$(BIN):$$PATH" docs/certify-demo.sh

docs: install ## Build the site of the documentation into site/, strictly: a dead link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

package: install ## Build the wheel and the sdist into dist/ and check them
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/python -m twine check --strict dist/*

LOCK := .venv-lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --quiet

lock: ## Pin the newest allowed versions, with hashes: all for a checkout, and what a run needs for an image
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	rm -f requirements.lock requirements-run.lock
	$(LOCK) --all-extras --group dev --group docs --output-file requirements.lock
	$(LOCK) --extra certify --constraint requirements.lock --output-file requirements-run.lock
	rm -rf .venv-lock

clean: ## Remove what install and run created
	rm -rf $(VENV) dds-report dist site
