# `make run` and `make test` do all set-up by themselves; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SIZE ?= small
ONLY ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types bench bench-growth screenshots docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.runtime: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which with PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.develop: $(VENV)/.runtime requirements-dev.txt requirements-spark.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.develop ## make .venv with everything that running, testing and developing needs

run: $(VENV)/.runtime ## install, build the sample company at the first start, open the dashboard
	$(BIN)/mvpod serve

test: $(VENV)/.develop $(VENV)-s3/bin/moto_server lint types ## install and run every test
	$(BIN)/pytest

lint: $(VENV)/.develop ## ruff: style and likely mistakes
	$(BIN)/ruff check .

types: $(VENV)/.develop ## mypy
	$(BIN)/mypy

bench: $(VENV)/.develop ## measure: SIZE=small (sample company) | medium (100 k opportunities) | large (1.3 M), ONLY=step,step
	$(BIN)/python -m benchmarks.bench --size $(SIZE) $(if $(ONLY),--only $(ONLY))

bench-growth: $(VENV)/.develop ## how cost grows with opportunities, weeks, snapshots and sessions: table and curves (docs/scale.md)
	$(BIN)/python -m benchmarks.growth

screenshots: $(VENV)/.develop ## picture every page: language x light/dark x 1280/390 px, and one contact sheet
	$(BIN)/python -m docs.screenshots

$(VENV)-s3/bin/moto_server: requirements-s3.txt
	$(PYTHON) -m venv $(VENV)-s3
	$(VENV)-s3/bin/pip install --quiet --disable-pip-version-check -r requirements-s3.txt

.PHONY: storage
storage: $(VENV)/.develop $(VENV)-s3/bin/moto_server ## test stores on object storage, against an S3 server of this machine
	$(BIN)/pytest tests/storage_s3

docs: $(VENV)/.develop ## write docs/metrics.md anew from the registry
	$(BIN)/mvpod docs

clean: ## remove what was built, not the store
	rm -rf build screenshots .pytest_cache .ruff_cache .mypy_cache *.egg-info
