# Needs python3 (3.11 or later), pip, make and git; everything else is set up in .venv by the first target that runs.
#
#   make demo          bring up a fleet of real services and watch it (make demo ONCE=1 ends after the summary)
#   make test          the tests, without those marked slow, chaos or bench
#   make check         everything CI runs: lint, types, arch, and all tests, chaos and bench in their short form
#   make bench         the measurements in full
#   make lint types arch coverage docs fmt lock clean

PYTHON ?= python3
VENV := .venv/bin/python
QUICK := not (slow or chaos or bench)

.PHONY: demo test check lint types arch coverage bench docs fmt lock clean setup-runtime setup-dev
.DEFAULT_GOAL := test

demo: setup-runtime
	@$(VENV) -m chittyops demo $(if $(ONCE),--once)

test: setup-dev
	@$(VENV) -m pytest -m "$(QUICK)" $(ARGS)

check: lint types arch
	@$(VENV) -m pytest --ignore=tests/architecture $(ARGS)

lint: setup-dev
	@$(VENV) -m ruff check
	@$(VENV) -m ruff format --check

types: setup-dev
	@$(VENV) -m mypy

arch: setup-dev
	@.venv/bin/lint-imports
	@$(VENV) -m pytest -q tests/architecture

coverage: setup-dev
	@$(VENV) -m pytest -m "$(QUICK)" --cov --cov-report=term $(ARGS)

bench: setup-dev
	@$(VENV) -m pytest -m bench --long -s $(ARGS)

docs: setup-dev
	@$(VENV) tools/build_docs.py

fmt: setup-dev
	@$(VENV) -m ruff check --fix
	@$(VENV) -m ruff format

lock: setup-dev
	@$(VENV) tools/lock.py $(ARGS)

clean:
	@$(PYTHON) tools/clean.py

setup-runtime:
	@$(PYTHON) tools/setup_venv.py runtime

setup-dev:
	@$(PYTHON) tools/setup_venv.py dev
