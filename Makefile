# Livepark. `make` lists what it can do. Recipes use relative paths only: the folder's own path may hold spaces.
# HOST is taken from the command line alone: shells set a variable of that name.
# `exec` lets Ctrl-C reach the site alone, and no shell that would complain.

.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PORT ?= 8000
HOST = 127.0.0.1
PYTHON3 := sh scripts/python.sh
VENV := .venv/bin/python

.PHONY: help run test setup assets demo lint format bench sabotage messages lock services clean

help: ## list these commands
	@echo "Livepark: make <command>"
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  %-10s %s\n", $$1, $$2 }'

run: ## start the site with its demo; PORT=8001 takes another port, HOST=0.0.0.0 lets the network in
	@exec $(PYTHON3) scripts/run.py --host "$(HOST)" --port "$(PORT)"

test: ## run every test that this machine can; ARGS="-k booking" narrows, REQUIRE_ALL=1 fails on a skip
	@$(PYTHON3) scripts/setup.py --dev --assets
	@$(VENV) scripts/test.py $(ARGS)

setup: ## make .venv with the pinned requirements and compile the message catalogues
	@$(PYTHON3) scripts/setup.py

assets: ## copy the front-end libraries to static/vendor
	@$(PYTHON3) scripts/setup.py --assets

demo: ## load the demo parks into the database; ARGS=--tiny for a small one
	@$(PYTHON3) scripts/setup.py
	@$(VENV) manage.py migrate --verbosity 0
	@$(VENV) manage.py demo $(ARGS)

lint: ## ruff, mypy, import contracts, djlint, messages, migrations, deployment checks
	@$(PYTHON3) scripts/setup.py --dev
	@$(VENV) scripts/lint.py

format: ## let ruff put imports and code in order
	@$(PYTHON3) scripts/setup.py --dev
	@$(VENV) -m ruff check --fix --exit-zero --quiet .
	@$(VENV) -m ruff format --quiet .

bench: ## measure beside the physical limit and the usual way; ARGS=name for one
	@$(PYTHON3) scripts/setup.py --dev
	@$(VENV) -m bench $(ARGS)

sabotage: ## take each guard away and see its tests fail; ARGS=words narrows
	@$(PYTHON3) scripts/setup.py --dev --assets
	@$(VENV) scripts/sabotage.py $(ARGS)

messages: ## bring the message catalogues up to date with the code
	@$(PYTHON3) scripts/setup.py
	@$(VENV) scripts/messages.py update

lock: ## pin requirements and front-end libraries; UPGRADE=1 takes newer versions
	@$(PYTHON3) scripts/setup.py --assets
	@UPGRADE="$(UPGRADE)" sh scripts/lock.sh

services: ## install PostgreSQL, Redis, Chromium and media tools from Debian, for all tests and scaled use
	@bash scripts/services.sh

clean: ## remove everything that make made, and keep the data in var/
	@rm -rf .venv .tools node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name var -prune -o \( -name __pycache__ -o -name '*.mo' \) -print0 | xargs -0 rm -rf
