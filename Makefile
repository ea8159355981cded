# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_FOLDER ?= demo

.PHONY: demo test check lint format types floors unit browser-ready postgres-ready simulate kills lock clean fuzz mutants audit licences

demo: $(READY)
	@$(BIN)/activator demo --folder $(DEMO_FOLDER)

test: $(READY) browser-ready postgres-ready
	@$(BIN)/python -m tests.everything

# Set-up happens once, and again only when the lock or the project definition changes.
$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "activator needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# The page tests open a real Chromium: Debian's package where we are root, else a plain word on what to install.
browser-ready:
	@sh .ci/browser

# The database tests start a real PostgreSQL server: Debian's package likewise.
postgres-ready:
	@sh .ci/postgres

LOCKED := pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
  --no-annotate --custom-compile-command "make lock"

# Seeds FIRST … FIRST + SEEDS - 1 of the simulated world, on all cores (docs/explanation/trust.md).
SEEDS ?= 2000
FIRST ?= 0
simulate: $(READY)
	@$(BIN)/python -m tests.simulation.farm $(SEEDS) $(FIRST)

# kill -9 of real commands at random moments, against the sandbox.
KILLS ?= 50
kills: $(READY)
	@$(BIN)/python -m tests.e2e.kills $(KILLS)

lock:
	$(BIN)/uv $(LOCKED) --output-file requirements.lock --upgrade
	$(BIN)/uv $(LOCKED) --group fuzz --group mutants --group audit --constraint requirements.lock \
	  --output-file requirements-tools.lock --upgrade

# What `make test` does not need lives apart: fuzzer, mutation tester, auditors.
TOOLS := .venv-tools
$(TOOLS)/.ready: $(READY) requirements-tools.lock
	@$(PYTHON) -m venv $(TOOLS)
	@$(BIN)/uv pip sync --quiet --python $(TOOLS)/bin/python --require-hashes requirements-tools.lock
	@$(BIN)/uv pip install --quiet --python $(TOOLS)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

# What we depend on: known weaknesses (an unanswered question is a failure), licences, and the list of parts.
audit: $(TOOLS)/.ready licences
	@$(BIN)/python .ci/licences.py --locked build/runtime.txt
	@$(TOOLS)/bin/cyclonedx-py requirements build/runtime.txt --pyproject pyproject.toml --output-reproducible \
	  --output-file build/sbom.cdx.json 2>/dev/null && echo "List of parts: build/sbom.cdx.json"
	@$(TOOLS)/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock \
	  || { echo "Weaknesses were found, or nobody answered (see above): an audit without an answer has failed."; exit 1; }

licences: $(READY)
	@mkdir -p build && $(BIN)/python .ci/licences.py

# Changes one thing at a time in planner, guards, apply and ledger: a test must notice (.ci/mutants.py says which are asked).
# `make mutants MUTANTS='activator.plan.guards*'` takes a part; SAMPLE=60 that many at random, by SEED.
MUTANTS ?= *
SAMPLE ?= 0
SEED ?= 1
mutants: $(TOOLS)/.ready
	@nice -n 15 $(TOOLS)/bin/python .ci/mutants.py '$(MUTANTS)' $(SAMPLE) $(SEED)

# Each target in turn, MINUTES long; `make fuzz MINUTES=10 TARGETS=export` takes one.
MINUTES ?= 1
TARGETS ?= export mapping project plan meta google
fuzz: $(TOOLS)/.ready
	@mkdir -p build
	@for target in $(TARGETS); do \
	  nice -n 15 $(TOOLS)/bin/python -m tests.fuzz.run $$target $(MINUTES) 2>build/fuzz-$$target.log \
	    && tail -n 6 build/fuzz-$$target.log || { tail -n 40 build/fuzz-$$target.log; exit 1; }; \
	done

format: $(READY)
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(DEMO_FOLDER) dist build
