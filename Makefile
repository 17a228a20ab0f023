# Every command of this project is written here and nowhere else. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
# Without compiled modules every start compiles a thousand files again.
unexport PYTHONDONTWRITEBYTECODE
export CONTEXT QUICK JSON PAGE
REQUIREMENTS := uv base local dev prod node
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help up measure dashboard budgets pictures test lint types check integration topologies carved audit bench docs clean requirements proof

help: ## List the commands
	@sed -n 's/^\([a-z.]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

up: $(VENV)/.local ## Open the bank at http://localhost:8000 (TOPOLOGY=, PORT=, VORTEX_HOME=, DEMO=0, DEV=1)
	@$(BIN)/python -m $(if $(TOPOLOGY),extraction,config).up

measure: $(VENV)/.local ## Open the bank, print start-up time and memory per process, close it
	@$(BIN)/python -m $(if $(TOPOLOGY),extraction,config).up --measure

dashboard: $(VENV)/.local ## Build the dashboard and check its types against the API
	@$(BIN)/python -m config.up.dashboard
	@$(BIN)/python -m config.up.dashboard check

test: lint types ## Check everything, cheapest first; the only test command
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

lint: $(VENV)/.dev ## Check formatting, style and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

check: lint types ## Check what needs no server: lint, types, walls
	$(BIN)/python -m pytest -n 0 -q tests/architecture

.env: ## Write secrets for docker compose, once
	@umask 077 && $(PYTHON) -m config.up.dotenv > $@.new && mv $@.new $@ && echo "Wrote $@; now: docker compose up"

integration: $(VENV)/.dev ## Journeys over HTTP and faults under load, against banks of their own
	$(BIN)/python -m pytest -n 0 tests/journeys tests/chaos

topologies: $(VENV)/.dev ## Run the journeys of money with each context out, and with all of them
	@for topology in split:auth split:accounts split:transactions all; do \
	  echo "TOPOLOGY=$$topology" && TOPOLOGY=$$topology \
	    $(BIN)/python -m pytest -n 0 -q tests/journeys/test_money.py || exit 1; \
	done

carved: $(VENV)/.dev ## Carve every built context out, run its tests in an environment of its own, open it
	CARVED=auth,accounts,transactions $(BIN)/python -m pytest -n 0 -q tests/extraction/test_carve.py

proof: $(VENV)/.dev ## Move contexts out and back under load, with faults (CONTEXT=, QUICK=1, JSON=1, PAGE=)
	@test -n "$(QUICK)" || $(BIN)/python -m tests.topologies.matrix
	@test -n "$(QUICK)" || $(BIN)/python -m tests.topologies.retirement
	@test -n "$(QUICK)" || $(BIN)/python -m tests.topologies.apart
	@test -n "$(QUICK)" || $(BIN)/python -m tests.topologies.staff
	@test -n "$(QUICK)" || $(BIN)/python -m tests.topologies.journeys
	@test -n "$(QUICK)" || $(BIN)/python -m tests.topologies.idle
	@$(BIN)/python -m tests.topologies.proof

audit: $(VENV)/.dev ## Look for known weaknesses in dependencies and in our code
	$(BIN)/pip-audit --require-hashes --disable-pip -r requirements/prod.txt
	$(BIN)/bandit --quiet --recursive vortex apps config extraction -ll -ii --exclude '*/tests/*'

bench: $(VENV)/.dev ## Measure throughput and latency (ONLY=, SECONDS=, SOAK=, JSON=1, PGLEDGER_SQL=)
	@$(BIN)/python -m tests.load

pictures: $(VENV)/.dev ## Take the pictures of docs/pictures anew, in Chromium
	PICTURES=1 $(BIN)/python -m pytest -n 0 -q apps/dashboard/tests/test_pictures.py

budgets: $(VENV)/.dev ## Measure the dashboard's weight, speed and barriers in Chromium (JSON=1)
	@$(BIN)/python -m apps.dashboard.tests.budgets

docs: $(VENV)/.dev ## Generate docs/reference from the code
	$(BIN)/python manage.py reference
	$(BIN)/python -m extraction survey --write docs/reference/seams.md

requirements: $(VENV)/.dev ## Compile requirements/*.in to *.txt with hashes
	@for name in $(REQUIREMENTS); do \
	  echo "requirements/$$name.txt"; \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" \
	    requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

clean: ## Remove caches and the environment; the bank's data in .vortex stay
	rm -rf apps/dashboard/dist apps/dashboard/web/node_modules
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# --- the environment: made by the first command that needs it, renewed when requirements change ----

$(VENV)/.uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "VortexCore needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { \
	  echo "VortexCore needs pip, and '$(PYTHON) -m pip' does not work."; \
	  echo "On Debian and Ubuntu: apt install python3-pip"; exit 1; }
	@echo "Making the environment in $(VENV)"
	@$(PYTHON) -m venv --clear --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check \
	  --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.local: $(VENV)/.uv requirements/local.txt
	@test $(VENV)/.dev -nt requirements/dev.txt || { echo "Installing what the bank runs on" && \
	  $(BIN)/uv pip install --require-hashes -r requirements/local.txt; }
	@touch $@

$(VENV)/.dev: $(VENV)/.uv requirements/dev.txt
	@echo "Installing what the bank is checked with"
	@$(BIN)/uv pip sync --quiet --require-hashes requirements/dev.txt
	@touch $@
