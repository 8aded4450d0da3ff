# Copse: the commands of a newcomer's first hour. `make` lists them.

# The newest Python that is there and at least 3.11; `environment.py` says so plainly when none is.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
RUN := .copse/venv/bin
UV := $(RUN)/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help demo demo-check demo-reset environment development test chaos bench lint format catalogue requirements clean

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##[ ]*/\t/' | awk -F '\t' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: environment  ## start everything on this machine with example data; Ctrl-C stops it
	@$(RUN)/python -m deploy.demo.run

demo-check: environment  ## start everything, play the whole story against it, stop; fails when a step fails
	@$(RUN)/python -m deploy.demo.run --check

demo-reset:  ## forget the demo's data (events, mails, accounts' password); the installed parts stay
	@$(PYTHON) -I deploy/demo/reset.py

test: development  ## run every test that this machine can run
	@$(RUN)/python -m deploy.embedded.assets
	@$(RUN)/python -m pytest

bench: development  ## measure every figure of the design; BENCH="--only relay --ten-million" chooses
	@$(PYTHON) -I deploy/embedded/environment.py benchmarks
	@$(RUN)/python -m deploy.embedded.assets
	@$(RUN)/python -m tests.benchmarks $(BENCH)

chaos: development  ## kill everything while people work, then look for what was lost: KILLS=20 SEED=...
	@$(RUN)/python -m tests.chaos.run --kills $(or $(KILLS),20) $(SEED:%=--seed %) $(SABOTAGE:%=--sabotage %)

lint: development  ## check style, formatting, types and who imports whom
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

format: development  ## put the code into its usual form
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

catalogue: development  ## remake the catalogue of events, the metrics and the permissions in docs/reference
	$(RUN)/python -m shared.testing.catalogue
	$(RUN)/python -m shared.testing.metrics_page
	$(RUN)/python -m shared.testing.permissions_page

requirements: development  ## remake the hashed requirement files from the *.in files
	cd deploy/requirements && ../../$(COMPILE) --upgrade development.in -o development.txt
	cd deploy/requirements && for part in benchmarks embedded portal service companions uv java node; do \
		../../$(COMPILE) --upgrade -c development.txt $$part.in -o $$part.txt || exit 1; done

clean:  ## remove everything that these commands made, the demo's data too
	@$(PYTHON) -I deploy/demo/reset.py --everything

environment:
	@$(PYTHON) -I deploy/embedded/environment.py embedded

development:
	@$(PYTHON) -I deploy/embedded/environment.py development
