# Two commands for everybody: `make demo` and `make test`. Each makes .venv if it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Every install is held to the exact versions in constraints.txt, the CPU build of torch among them.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint format bench clean

demo: $(READY)  ## the tour: real pictures, a few minutes, one contact sheet
	$(BIN)/impasto demo --out demo

test: $(READY)  ## the whole test suite
	$(BIN)/python -m pytest -n 2 --dist worksteal  # neighbours share what their fixtures make

lint: $(READY)  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## the speed figures of docs/results/, side by side on this machine
	$(BIN)/python benchmarks/speed.py iteration
	$(BIN)/python benchmarks/speed.py descent

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Impasto needs Python 3.11 or newer; try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable ".[dev,vgg,lite,video,export,data,tensorboard,cluster]"
	@touch $(READY)

clean:  ## remove what the commands above made
	rm -rf $(VENV) demo runs experiments .mypy_cache .ruff_cache .pytest_cache
