.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
READY := $(VENV)/.ready

.PHONY: help run test check lint types layers security licences fuzz torture soak bench-log bench-scale bench-second bench-scrape bench-dispatch bench-sites bench-dashboard screenshots dist constraints clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(RUNS): setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(READY): $(RUNS)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/pip install --quiet --disable-pip-version-check --only-binary pyasic-rs --editable '.[crosscheck]' \
		|| echo "No wheel of pyasic-rs for this Python: its check of the simulated devices is skipped." >&2
	@touch $@

run: $(RUNS)  ## watch a simulated fleet follow an EMS, on loopback
	$(BIN)/netstab demo $(ARGS)

test: $(READY)  ## run all tests
	$(BIN)/pytest -q -n 4 --dist worksteal $(ARGS)

bench-log: $(READY)  ## measure history, past and proof over a log of a million events
	$(BIN)/python benchmarks/log.py $(ARGS)

torture: $(READY)  ## kill the server 200 times under load: nothing lost, nothing twice, nobody woken
	PYTHONPATH=tests/support $(BIN)/python -m torture $(ARGS)

fuzz: $(READY)  ## send 10,000 requests of all kinds to a server with simulated miners
	PYTHONPATH=tests/support $(BIN)/python -m fuzz $(ARGS)

soak: $(READY)  ## run a server through a day in 25 minutes, with faults and restarts: nothing grows
	PYTHONPATH=tests/support $(BIN)/python -m soak $(ARGS)

check: lint types layers security licences  ## run all checks of the code itself

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

security: $(READY)
	$(BIN)/bandit --quiet --recursive netstab actors events api

licences: $(READY)  # of what is released; those that are allowed stand in pyproject.toml
	$(BIN)/pip-licenses --packages $$(sed -n 's/^\([a-z0-9][a-z0-9._-]*\)==.*/\1/p' constraints.txt)

bench-scale: $(READY)  ## measure the server with 100 to 20,000 simulated miners (ARGS="100 1000": these sizes)
	$(BIN)/python -m benchmarks.scale $(ARGS)

bench-second: $(READY)  ## measure what the control loop's second costs with 1,000 to 20,000 miners
	PYTHONPATH=tests/support:. $(BIN)/python benchmarks/second.py $(ARGS)

bench-scrape: $(READY)  ## measure what a scrape of /metrics and the counters cost with 100 to 10,000 miners
	PYTHONPATH=tests/support:. $(BIN)/python benchmarks/scrape.py $(ARGS)

bench-dispatch: $(READY)  ## measure how dispatch follows, beside other controllers (ARGS=--quick: two minutes; --help: a part)
	$(BIN)/python -m benchmarks.dispatch $(ARGS)

bench-sites: $(READY)  ## measure how a tree of 20 sites holds its target and replaces a lost one
	PYTHONPATH=. $(BIN)/python benchmarks/sites.py $(ARGS)
	PYTHONPATH=tests/support:. $(BIN)/python benchmarks/sites_sockets.py

bench-dashboard: $(READY)  ## measure the page and its server with 10,000 miners, in Chromium
	PYTHONPATH=tests/support $(BIN)/python benchmarks/dashboard.py $(ARGS)

screenshots: $(READY)  ## take the pictures of the dashboard that the README shows
	PYTHONPATH=tests/support $(BIN)/python tests/system/browser/screenshots.py $(ARGS)

dist: $(RUNS)  ## build the sdist, and from it the wheel, into dist/
	rm -rf dist
	$(BIN)/pip install --quiet --disable-pip-version-check build
	$(BIN)/python -m build --outdir dist .

constraints: $(READY)  ## write constraints.txt anew: the newest releases that setup.cfg allows, with their hashes
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra postgres --generate-hashes \
		--custom-compile-command "make constraints" --output-file constraints.txt setup.cfg

clean:  ## remove what was built, the environment included
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
