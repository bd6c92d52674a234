# `make` lists what there is. `make run` and `make test` are all a newcomer needs.

.DEFAULT_GOAL := help
.PHONY: help run test test-services lint types format translate bench pins hooks check-deploy clean environment

PORT ?= 8000
ARGS ?=
export PORT

# The first of these that is new enough; `make run PYTHON=/path/to/python` says otherwise.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; done; echo python3)
VENV_PYTHON := .venv/bin/python
CODE := manage.py myaccount profile security sessions_app consent linked_accounts approvals tests scripts bench docs examples

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-15s %s\n", $$1, $$2}'

run: environment  ## start the portal with demo people on http://localhost:8000/myaccount/ (PORT=8001 for another port)
	@$(VENV_PYTHON) -m scripts.run

test: environment  ## run all tests, browser journeys included, on SQLite (ARGS="-k name" for some)
	@$(VENV_PYTHON) -m scripts.run_tests $(ARGS)

test-services: environment  ## run all tests on PostgreSQL and Redis, which are started for it when needed
	@$(VENV_PYTHON) -m scripts.run_tests --services $(ARGS)

lint: environment  ## check style and layout of code and templates
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	find templates -name '*.html' -print0 | xargs -0 .venv/bin/djade --target-version 5.2 --check

types: environment  ## check types
	.venv/bin/mypy

format: environment  ## lay code and templates out, and mend what can be mended by itself
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .
	find templates -name '*.html' -print0 | xargs -0 .venv/bin/djade --target-version 5.2

translate: environment  ## collect the texts, check and compile the catalogues (needs GNU gettext)
	@$(VENV_PYTHON) manage.py translate $(ARGS)

bench: environment  ## measure the pages beside a minimal Django page (needs PostgreSQL)
	@$(VENV_PYTHON) -m bench $(ARGS)

check-deploy: environment  ## check production's settings, and that no migration is missing
	@$(VENV_PYTHON) -m scripts.check_deploy

pins: environment  ## write requirements/*.txt anew from pyproject.toml (ARGS="--upgrade" for newer versions)
	@$(VENV_PYTHON) -m scripts.pins $(ARGS)

hooks: environment  ## run the quick checks before each commit
	.venv/bin/pre-commit install

clean:  ## remove the virtual environment, the demo data and everything generated
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	find locale -name '*.mo' -delete

environment:
	@$(PYTHON) -m scripts.environment || { [ -n "$$(command -v $(PYTHON))" ] || echo "Python 3.11 or newer is needed."; exit 1; }
