# make demo   restore the photos in demo/ and write a before/after sheet
# make test   run the tests
# make check  lint, formatting, types
# make fuzz   read thousands of damaged files; SEED=1 COUNT=500 choose which and how many
# make bench  measure quality, speed and memory

PYTHON ?= python3
SEED ?= 0
COUNT ?= 10000
BIN := .venv/bin
SOURCES := pyproject.toml constraints.txt $(shell find restore plugins models -type f -not -name '*.pyc')

.PHONY: demo test check format fuzz bench clean

demo: .venv/.installed
	$(BIN)/python demo/run.py

test: .venv/.tested
	$(BIN)/python -m pytest $(TESTS)

check: .venv/.checked
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.checked
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: .venv/.tested
	$(BIN)/python -m tests.fuzz --seed $(SEED) --count $(COUNT)

bench: .venv/.benched
	$(BIN)/python -m benchmarks $(BENCH)

clean:
	rm -rf .venv build dist out

$(BIN)/python:
	$(PYTHON) -m venv .venv

.venv/.installed: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt .
	@touch $@

.venv/.tested: .venv/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt '.[test]'
	-$(BIN)/python -m tests.samples .venv/samples
	@touch $@

.venv/.checked: .venv/.tested
	$(BIN)/python -m pip install --quiet --constraint constraints.txt '.[test,check]'
	@touch $@

.venv/.benched: .venv/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt '.[bench]'
	@touch $@
