# What needs installing is installed once, into .venv of this checkout; `make help` lists the commands.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install run test lint types bench soak certify-demo lock clean
.DEFAULT_GOAL := help

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

install: $(STAMP) ## Create .venv and install the suite with its pinned dependencies

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "dds-conformance needs Python 3.11 to 3.13; name one with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

run: install ## Judge the embedded DDS: a verdict on the screen and a report folder
	$(BIN)/dds-conformance run --embedded --report-dir dds-report

test: install ## Run the suite's own tests; many of them wait, so there are more workers than two cores
	$(BIN)/python -m pytest -n 4 --dist loadgroup

lint: install ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy reports scenarios schemas examples conftest.py

bench: install ## Benchmarks: they print ratios and never fail
	set -e; for bench in benchmarks/bench_*.py; do echo "== $$bench"; $(BIN)/python $$bench; done

soak: install ## Long soaks: the judge on legal chaos, the scenarios on a correct server, a bad network
	set -e; for soak in benchmarks/soak_*.py; do echo "== $$soak"; $(BIN)/python $$soak; done

certify-demo: install ## Challenge, run, certify and verify, on the embedded server
	PATH="$(CURDIR)/$(BIN):$$PATH" docs/certify-demo.sh

lock: ## Pin the newest allowed versions into requirements.lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet --upgrade pip
	.venv-lock/bin/pip install --quiet --group dev '.[columnar,certify]'
	.venv-lock/bin/pip freeze --exclude dds-conformance > requirements.lock
	rm -rf .venv-lock

clean: ## Remove what install and run created
	rm -rf $(VENV) dds-report
