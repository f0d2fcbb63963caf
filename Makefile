# Everything a checkout needs, from an empty machine on: Python 3.11 or newer and make; `make` alone lists the targets.
# Packages come from the package index that pip is set up for, pinned with hashes in constraints.txt.

SEEDS ?= seeds
OUTPUT ?= output
BENCH ?= build annotate paths page reason
# The first of these that runs (a name alone says nothing: it may be a launcher for a version that is not installed).
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

VENV := .venv
BIN := $(VENV)/bin
APT := DEBIAN_FRONTEND=noninteractive apt-get -qq
QUIET := $(if $(MAKE_TERMOUT),,--quiet)

# The environment belongs to one place and one set of pins; its stamp says which. A checkout that was moved or copied,
# a Python that is gone and changed pins are all seen without asking the network.
PINS := $(CURDIR) $(shell cat constraints.txt pyproject.toml | cksum)
READY := $(shell test "$$(cat $(VENV)/ready 2>/dev/null)" = "$(PINS)" && test -x $(BIN)/kg && $(BIN)/python -c '' 2>/dev/null && echo yes)
HERE = $(shell test "$$(cat $(VENV)/home 2>/dev/null)" = "$(CURDIR)" && $(BIN)/python -m pip --version >/dev/null 2>&1 && echo yes)

.DEFAULT_GOAL := help
.PHONY: help build page test check lint bench score w3c dist lock install browser virtuoso clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "Variables: SEEDS=$(SEEDS) (documents), OUTPUT=$(OUTPUT) (the graph), PYTHON=$(PYTHON)"

build: install ## install kg into .venv and build the graph of SEEDS, with its page
	$(BIN)/kg build $(SEEDS) -o $(OUTPUT)
	$(BIN)/kg viz -g $(OUTPUT) -o $(OUTPUT)/graph.html
	@echo
	@echo "graph  $(OUTPUT)/graph.ttl, $(OUTPUT)/graph.nq"
	@echo "page   $(OUTPUT)/graph.html (open it in a browser; it needs no network)"
	@echo "next   $(BIN)/kg --help"

test: install browser virtuoso ## run all tests (installs Chromium and Virtuoso with apt-get where it may)
	$(BIN)/python -m pytest

check: lint test ## lint, types and tests: what has to pass before a commit

lint: install ## ruff, its formatter and mypy, changing nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install ## measure speed: builds, paths, pages, reasoning (one of them: make bench BENCH=build)
	@for name in $(BENCH); do echo "benchmarks/$$name.py"; $(BIN)/python benchmarks/$$name.py || exit 1; done

score: install ## build ../shared/seeds and score it against ../shared/gold/dev.json, where they are
	@test -f ../shared/gold/score.py || { echo "score: there is no ../shared/gold beside this checkout"; exit 2; }
	$(BIN)/kg build ../shared/seeds -o $(OUTPUT)/score
	$(BIN)/python benchmarks/score.py $(OUTPUT)/score/graph.ttl ../shared/gold/dev.json

w3c: install ## run the W3C's SPARQL tests: W3C=DIR, a checkout of w3c/rdf-tests; W3CFLAGS='--category update'
	@test -n "$(W3C)" || { echo "w3c: name a checkout of w3c/rdf-tests with W3C=DIR; it is no part of this project"; exit 2; }
	@$(BIN)/python -m tests.w3c '$(W3C)' $(W3CFLAGS)

dist: install ## build the sdist and, from it, the wheel into dist/
	$(BIN)/python -m build --no-isolation

lock: install ## resolve constraints.txt anew; pins stay unless they must move, or with UPGRADE=--upgrade
	$(BIN)/python -m pip install $(QUIET) uv
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile pyproject.toml --group dev --universal \
		--python-version 3.11 --generate-hashes --no-config --no-emit-index-url --no-emit-find-links --quiet \
		$(UPGRADE) --output-file constraints.txt

# ------------------------------------------------------------------------------------------------- what they stand on

install: ## make .venv and install what is pinned; does nothing when that is done
ifneq ($(READY),yes)
	@test -n "$(PYTHON)" || { echo "kg needs Python 3.11 or newer; name one with PYTHON=..."; exit 2; }
ifneq ($(HERE),yes)
	@echo "making $(VENV) with $(PYTHON)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
		|| { test "$$(id -u)" = 0 && $(APT) update && $(APT) install -y python3-venv >/dev/null \
			&& $(PYTHON) -m venv --clear $(VENV); } \
		|| $(PYTHON) -m virtualenv --quiet $(VENV) 2>/dev/null \
		|| { rm -rf $(VENV); echo "$(PYTHON) cannot make virtual environments: install python3-venv (Debian) or virtualenv"; exit 2; }
	@echo "$(CURDIR)" > $(VENV)/home
endif
	@echo "installing the packages of constraints.txt into $(VENV) (once; a minute or two)"
	@$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check --retries 5 --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@echo "$(PINS)" > $(VENV)/ready
endif
	@:

browser:
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 \
		|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "installing Chromium for the tests of the page" \
			&& $(APT) update && $(APT) install -y --no-install-recommends chromium >/dev/null; } \
		|| echo "there is no Chromium and no right to install it: the tests of the page in a browser will be skipped"

virtuoso:
	@command -v virtuoso-t >/dev/null 2>&1 \
		|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "installing Virtuoso for the tests of endpoints" \
			&& $(APT) update && $(APT) install -y --no-install-recommends virtuoso-opensource-7-bin >/dev/null; } \
		|| echo "there is no Virtuoso and no right to install it: the tests against it will be skipped"

clean: ## remove output/ and what dist and the tools left, but not .venv
	rm -rf dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find output -mindepth 1 ! -name .gitkeep -delete
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## remove .venv as well
	rm -rf $(VENV)
