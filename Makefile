# Every target makes the virtual environment that it needs; the first one takes a few minutes (PyTorch is large).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check bench eval model soak nightly wheel clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/pip pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(PIP) -e '.[test]'
	@touch $@

$(VENV)/.check: $(VENV)/.test
	$(PIP) -e '.[test,check]'
	@touch $@

$(VENV)/.train: $(VENV)/.test
	$(PIP) -e '.[test,train]'
	@touch $@

demo: $(VENV)/.run  ## watch Gelassen at work on a mailbox of its own
	$(BIN)/gelassen demo $(ARGS)

test: $(VENV)/.test  ## all tests; those on real servers are skipped where the servers are not installed
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.check  ## format, lint, types, and the import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test  ## how fast: judging, the queue command, a first pass
	$(BIN)/python -m tests.bench $(ARGS)

model: $(VENV)/.train  ## make the model anew (hours on two cores); PUBLIC=DIR adds calm public texts as the shipped one has
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m models.training $(if $(PUBLIC),--public $(PUBLIC)) $(ARGS)

eval: $(VENV)/.train  ## judge by held-out writers, beside its rivals; ARGS=--by-writer holds out one file at a time
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m models.training folds rivals export $(if $(PUBLIC),--public $(PUBLIC)) $(ARGS)

soak: $(VENV)/.test  ## kill the daemon at random while mails go through the gateway; ROUNDS=2000 JOBS=2 LOG=FILE
	GELASSEN_SOAK_ROUNDS=$(or $(ROUNDS),50) GELASSEN_SOAK_JOBS=$(or $(JOBS),2) GELASSEN_SOAK_LOG=$(abspath $(LOG)) \
	$(BIN)/python -m pytest tests/system/test_sending.py -k killed -s $(ARGS)

nightly: $(VENV)/.test  ## die at every line of hold, release and send, cut at every line of IMAP; 10,000 generated histories (hours)
	GELASSEN_CUTS=all $(BIN)/python -m pytest tests/system/test_outage_cuts.py $(ARGS)
	GELASSEN_KILL_POINTS=all GELASSEN_HISTORIES=10000 $(BIN)/python -m pytest tests/property -s $(ARGS)

wheel: $(VENV)/.check  ## build the wheel into dist/
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## remove what was built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
