# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_FOLDER ?= demo

.PHONY: demo test check lint format types floors unit browser-ready postgres-ready simulate lock clean

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

lock:
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --custom-compile-command "make lock" --output-file requirements.lock --upgrade

format: $(READY)
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(DEMO_FOLDER) dist build
