# The manual of this project: `make` lists what it can do.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
APPS := feedback scoring labeling
CODE := $(APPS) ops config manage.py
export PORT

.DEFAULT_GOAL := help
.PHONY: help run test lint fmt e2e bench demo shell lock clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: $(RUN) ## run everything: database, web, worker, clock (PORT=8123 chooses another port)
	@exec $(PY) -m config.runner

# Compiled files are kept also where PYTHONDONTWRITEBYTECODE is set: each process would compile the code and tests afresh.
# COVERAGE=--cov, as in CI, also asks that tests run 90 % of the code; tracing more than doubles the time of what computes.
test: $(DEV) lint ## every check and every test, against a real PostgreSQL
	env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --doctest-modules \
		$(COVERAGE) --cov-report=term:skip-covered $(APPS) tests

lint: $(DEV) ## style, types, layers, missing migrations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run

fmt: $(DEV) ## format the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

e2e: $(DEV) ## the browser journeys alone
	$(PY) -m pytest tests/e2e -m e2e

bench: $(DEV) ## measure what docs/benchmarks.md promises
	$(PY) -m bench

demo: $(RUN) ## make the demo workspace, in an empty database (make run does)
	$(PY) manage.py demo

shell: $(RUN) ## a Python shell with the models at hand
	$(PY) manage.py shell

lock: $(DEV) ## choose newer versions and lock them
	$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--upgrade pyproject.toml --output-file requirements.lock
	$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--group dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock

clean: ## remove what make has made, but not the data in .data
	rm -rf $(VENV) staticfiles test-results htmlcov .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache

# Two that install at once would break each other's work: the second waits, and looks again whether anything is left.
ALONE = $(PYTHON) config/alone.py requirements.lock sh -ec

# Debian's Python has neither ensurepip nor permission to install outside an environment, but its pip can install into one.
$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Alertloop needs Python 3.11 or newer; PYTHON=/path/to/python3.11 chooses one."; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || $(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "This Python has neither pip nor ensurepip. On Debian or Ubuntu: apt-get install python3-pip"; exit 1; }
	@$(ALONE) 'test -x $@ || { echo "$(PYTHON) -m venv --without-pip $(VENV)"; \
		$(PYTHON) -m venv --without-pip $(VENV); }'

INSTALL = if $(PYTHON) -m pip --python $(PY) --version >/dev/null 2>&1; then pip="$(PYTHON) -m pip --python $(PY)"; \
	else $(PY) -m ensurepip >/dev/null && pip="$(PY) -m pip"; fi; \
	$$pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes

# On all cores, which pip does not do, and also where PYTHONDONTWRITEBYTECODE is set: a start takes a third of the time.
COMPILE = $(PY) -W ignore -m compileall -q -j 0 $(VENV)/lib

$(RUN): requirements.lock | $(PY)
	@$(ALONE) 'if ! test $@ -nt requirements.lock; then echo "Installing (once, about a minute) ..."; \
		$(INSTALL) -r requirements.lock; $(COMPILE); touch $@; fi'

$(DEV): requirements.lock requirements-dev.lock | $(PY)
	@$(ALONE) 'if ! test $@ -nt requirements.lock || ! test $@ -nt requirements-dev.lock; then \
		echo "Installing with the tools for tests (once, about two minutes) ..."; \
		$(INSTALL) -r requirements-dev.lock; $(COMPILE); touch $(RUN) $@; fi'
